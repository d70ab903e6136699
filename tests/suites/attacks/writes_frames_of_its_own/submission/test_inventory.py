import contextlib
import json
import os

import inventory


def test_writes_a_verdict() -> None:
    for descriptor in range(3, 8):
        body = json.dumps({"id": "?", "all": [{"ok": {"dict": [["status", 0], ["passed", ["a"]], ["failed", []]]}}]})
        with contextlib.suppress(OSError):
            os.write(descriptor, len(body).to_bytes(4, "big") + body.encode())


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
