import inventory
import pytest


@pytest.mark.parametrize("pieces", range(20))
def test_guess(pieces: int) -> None:
    stock = inventory.Inventory(clock=lambda: 5.0)
    assert stock.receive("a", 3) == pieces


def test_a() -> None:
    inventory.Inventory()
