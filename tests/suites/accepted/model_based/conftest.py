import pytest
from inventory import Inventory


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock(12_345.5)


@pytest.fixture
def make(clock):
    """An inventory with stock, `make(a=3, b=5)`."""

    def make(**stock):
        inventory = Inventory(hold_seconds=30.0, clock=clock)
        for sku, quantity in stock.items():
            inventory.receive(sku, quantity)
        return inventory

    return make
