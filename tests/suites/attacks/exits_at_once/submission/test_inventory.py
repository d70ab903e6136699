import os

import inventory


def test_leaves() -> None:
    os._exit(0)


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
