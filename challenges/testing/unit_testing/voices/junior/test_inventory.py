import time

import pytest

from inventory import Inventory, OutOfStock


def test_receive():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    assert inventory.on_hand("AB-1") == 5


def test_receive_twice():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    assert inventory.receive("AB-1", 3) == 8


def test_receive_lowercase():
    inventory = Inventory()
    inventory.receive(" ab-1 ", 5)
    assert inventory.on_hand("AB-1") == 5


def test_negative_quantity():
    inventory = Inventory()
    with pytest.raises(ValueError):
        inventory.receive("AB-1", -1)


def test_empty_sku():
    inventory = Inventory()
    with pytest.raises(ValueError):
        inventory.receive("", 1)


def test_reserve():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    reservation = inventory.reserve("AB-1", 2)
    assert reservation.sku == "AB-1"
    assert reservation.quantity == 2
    assert inventory.available("AB-1") == 3
    assert inventory.on_hand("AB-1") == 5


def test_reserve_too_many():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    with pytest.raises(OutOfStock):
        inventory.reserve("AB-1", 6)


def test_ship():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    reservation = inventory.reserve("AB-1", 2)
    inventory.ship(reservation.id)
    assert inventory.on_hand("AB-1") == 3


def test_cancel():
    inventory = Inventory()
    inventory.receive("AB-1", 5)
    reservation = inventory.reserve("AB-1", 2)
    inventory.cancel(reservation.id)
    assert inventory.available("AB-1") == 5


def test_reservation_expires():
    inventory = Inventory(hold_seconds=0.05)
    inventory.receive("AB-1", 5)
    inventory.reserve("AB-1", 2)
    time.sleep(0.1)
    assert inventory.available("AB-1") == 5


def test_low_stock():
    inventory = Inventory()
    inventory.receive("A", 1)
    inventory.receive("B", 10)
    assert inventory.low_stock(5) == ["A"]
