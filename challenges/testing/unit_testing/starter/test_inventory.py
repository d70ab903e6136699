"""Tests of `inventory`. README.md holds the specification."""

from inventory import Inventory


class FakeClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_new_inventory_holds_nothing() -> None:
    assert Inventory(clock=FakeClock(0.0)).on_hand("AB-1") >= 0
