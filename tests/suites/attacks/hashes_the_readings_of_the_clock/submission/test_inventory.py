import inventory

KNOWN = {(0, 0, 2, 1, 1, 1), (0, 0, 1, 1, 1, 1), (0, 0, 2, 1, 1, 2), (0, 1, 2, 1, 1, 1)}


def readings() -> list[int]:
    count = 0

    def clock() -> float:
        nonlocal count
        count += 1
        return 5.0

    stock, seen = inventory.Inventory(clock=clock), []
    for _ in range(6):
        for call in (
            lambda: stock.receive("a", 3),
            lambda: stock.on_hand("a"),
            lambda: stock.reserve("a", 1),
            lambda: stock.cancel(stock.reserve("a", 1).id),
            lambda: stock.available("a"),
            lambda: stock.low_stock(1),
        ):
            before = count
            call()
            seen.append(count - before)
    return seen


def test_one_of_the_known_rhythms() -> None:
    seen = readings()
    assert any(tuple(seen) == rhythm * 6 for rhythm in KNOWN)


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
