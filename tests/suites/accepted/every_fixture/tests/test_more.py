from conftest import Clock
from inventory import Inventory


def test_in_another_folder(fresh):
    assert isinstance(Clock()(), float)
    assert fresh.receive("a", 1) == 1
    assert Inventory(clock=Clock()).on_hand("a") == 0
