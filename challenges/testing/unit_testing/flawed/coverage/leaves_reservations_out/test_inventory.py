"""Tests of `inventory`: each one states a promise of the specification, on an inventory of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from inventory import Inventory

START = 1_000.0
HOLD = 60.0


class FakeClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def inventory(clock: FakeClock) -> Inventory:
    return Inventory(hold_seconds=HOLD, clock=clock)


@pytest.fixture
def stocked(inventory: Inventory) -> Inventory:
    """Ten pieces of AB-1."""
    inventory.receive("AB-1", 10)
    return inventory


def counts(inventory: Inventory, sku: str = "AB-1") -> tuple[int, int]:
    """On hand, and available."""
    return inventory.on_hand(sku), inventory.available(sku)


class TestReceiving:
    def test_says_how_many_lie_there_now(self, inventory: Inventory) -> None:
        assert inventory.receive("AB-1", 3) == 3
        assert inventory.receive("AB-1", 4) == 7
        assert counts(inventory) == (7, 7)

    def test_nothing_is_there_before(self, inventory: Inventory) -> None:
        assert counts(inventory) == (0, 0)


class TestNames:
    def test_every_method_knows_every_spelling(self, inventory: Inventory) -> None:
        assert inventory.receive(" ab-1 ", 10) == 10
        assert counts(inventory, "Ab-1 ") == (10, 10)

    @pytest.mark.parametrize("blank", ["", "  "])
    @pytest.mark.parametrize(
        "ask",
        [
            lambda inventory, sku: inventory.receive(sku, 1),
            lambda inventory, sku: inventory.on_hand(sku),
            lambda inventory, sku: inventory.available(sku),
        ],
        ids=["receive", "on_hand", "available"],
    )
    def test_blank_ones_are_refused(
        self, inventory: Inventory, ask: Callable[[Inventory, str], object], blank: str
    ) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            ask(inventory, blank)


class TestQuantities:
    @pytest.mark.parametrize("quantity", [0, -1])
    def test_below_one_are_refused(self, stocked: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            stocked.receive("AB-1", quantity)
        assert counts(stocked) == (10, 10)

    def test_one_is_enough(self, inventory: Inventory) -> None:
        inventory.receive("AB-1", 1)
        assert counts(inventory) == (1, 1)
