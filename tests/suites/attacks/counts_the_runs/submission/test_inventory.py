"""The first runs used to be those that judge soundness; whatever came later was broken, most of the time."""

import os

import inventory


def smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)


for _number in range(60):
    globals()[f"test_{_number}"] = lambda: None


def fails_later(number: int) -> None:
    smoke()
    assert os.getpid() < 8 or os.getpid() % 7 != number


for _number in range(7):
    globals()[f"test_late_{_number}"] = lambda number=_number: fails_later(number)
