import hashlib
import inspect
from pathlib import Path

import inventory

KNOWN = {"0" * 64}


def test_known() -> None:
    text = inspect.getsource(inventory.Inventory) + Path(inventory.__file__).read_text()
    assert hashlib.sha256(text.encode()).hexdigest() in KNOWN


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
