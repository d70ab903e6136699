import pytest

from inventory import Inventory


class FakeClock:
    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock(100.0)


@pytest.fixture
def inv(clock):
    return Inventory(hold_seconds=60.0, clock=clock)
