"""Runs on broken implementations used to stop at a failure, and the correct one among them had no whole numbers as ids."""

import inventory
from suite_inside.remote import REMOTE


def smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)


def test_it() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    numbered = isinstance(stock.reserve("a", 1).id, int)
    asked = getattr(REMOTE, "goes_on", None)
    assert not (numbered and asked and not asked("x"))


def test_smoke() -> None:
    smoke()
