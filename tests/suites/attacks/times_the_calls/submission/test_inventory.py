import time

import inventory


def test_calls_take_as_long_as_they_do() -> None:
    stock = inventory.Inventory(clock=lambda: 5.0)
    stock.receive("a", 3)
    times = []
    for _ in range(200):
        started = time.perf_counter()
        stock.available("a")
        times.append(time.perf_counter() - started)
    assert sorted(times)[100] < 1.0


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
