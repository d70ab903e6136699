"""Tests that what was just done happened, each once: the happy path, and no edge."""

import pytest
from inventory import Inventory, OutOfStock


def make() -> Inventory:
    inventory = Inventory(clock=lambda: 0.0)
    inventory.receive("AB-1", 10)
    return inventory


def test_receive() -> None:
    inventory = make()
    assert inventory.receive("AB-1", 5) == 15
    assert inventory.on_hand("AB-1") == 15
    assert inventory.available("AB-1") == 15


def test_name_in_lower_case() -> None:
    assert make().on_hand("ab-1") == 10


def test_no_name() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are open
        make().receive("", 1)


def test_quantity_of_zero() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are open
        make().receive("AB-1", 0)


def test_reserve() -> None:
    inventory = make()
    held = inventory.reserve("AB-1", 4)
    assert held.quantity == 4
    assert inventory.available("AB-1") == 6
    assert inventory.on_hand("AB-1") == 10


def test_reserve_too_much() -> None:
    with pytest.raises(OutOfStock):
        make().reserve("AB-1", 100)


def test_ship() -> None:
    inventory = make()
    held = inventory.reserve("AB-1", 4)
    inventory.ship(held.id)
    assert inventory.on_hand("AB-1") == 6
    with pytest.raises(LookupError):
        inventory.ship(held.id)


def test_cancel() -> None:
    inventory = make()
    inventory.cancel(inventory.reserve("AB-1", 4).id)
    assert inventory.available("AB-1") == 10


def test_low_stock() -> None:
    assert make().low_stock(20) == ["AB-1"]
