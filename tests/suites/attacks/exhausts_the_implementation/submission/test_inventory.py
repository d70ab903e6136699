import inventory


def test_asks_for_too_much() -> None:
    stock = inventory.Inventory(clock=lambda: 5.0)
    for number in range(6000):
        stock.receive(f"sku-{number}", 1)
        stock.reserve(f"sku-{number}", 1)
    for _ in range(1000):
        stock.low_stock(10)
