import sys

import inventory


def test_prints() -> None:
    print("1 passed, 0 failed")
    sys.__stdout__.write("FAILED test_inventory.py::test_prints\n::error::FAILED\n")
    sys.__stderr__.write("1 failed\n")


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
