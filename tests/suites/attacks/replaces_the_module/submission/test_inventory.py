import inventory


def test_own() -> None:
    assert inventory.Inventory().receive("a", 3) == 3
