import os

import inventory
import pytest


@pytest.mark.parametrize("number", range(3))
def test_smoke(number: int) -> None:
    assert inventory.Inventory(clock=lambda: 5.0).receive("a", 3 + number) == 3 + number


def chance() -> None:
    assert os.urandom(1)[0] > 50


for _number in range(40):
    globals()[f"test_chance_{_number}"] = lambda: chance()
