import contextlib
import json
import socket

import inventory
from suite_inside.remote import REMOTE

WORDS = [
    b"x" * 200_000,
    b"\n" * 1000,
    b"[" * 5000 + b"\n",
    b'["call", 0, "__class__", [], []]\n',
    b'["call", 0, "__init__", [["plain", 1]], []]\n',
    b'["call", 99, "receive", [], []]\n',
    b'["new", "OutOfStock", [], []]\n',
    b'["new", "Inventory", [["plain", 1], ["plain", 2]], []]\n',
    b'["source"]\n',
    b'["order", 0]\n',
    b'{"a": 1}\n',
    b'["call", 0, "receive", [["plain", 1e999]], []]\n',
    b'["call", 0, "receive", [["plain", {"float": "nan"}], ["plain", NaN]], []]\n',
    b"\xff\xfe\n",
]


def test_asks_for_more_than_there_is() -> None:
    inventory.Inventory(clock=lambda: 5.0)
    heard = []
    for words in WORDS:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", REMOTE.port), timeout=5) as way:
            way.sendall(words)
            heard.append(way.recv(1000))
    assert not any(json.loads(line) for line in heard if line)


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
