import json
import socket

import inventory
from suite_inside.remote import REMOTE


def test_does_not_answer() -> None:
    inventory.Inventory(clock=lambda: 5.0).receive("a", 1)
    with socket.create_connection(("127.0.0.1", REMOTE.port), timeout=5) as way:
        way.sendall(json.dumps(["call", 0, "available", [["plain", "a"]], []]).encode() + b"\n")
        assert json.loads(way.recv(1000))[0] in ("ask", "ok")
        way.sendall(json.dumps(["call", 0, "available", [["plain", "a"]], []]).encode() + b"\n")
        way.recv(1000)


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
