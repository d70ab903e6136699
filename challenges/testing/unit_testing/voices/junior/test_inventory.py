import unittest

from inventory import Inventory, OutOfStock


class FakeClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class TestInventory(unittest.TestCase):
    def setUp(self):
        self.clock = FakeClock()
        self.inventory = Inventory(hold_seconds=10, clock=self.clock)

    def test_receive(self):
        result = self.inventory.receive("AB-1", 5)
        self.assertEqual(result, 5)
        self.assertEqual(self.inventory.on_hand("AB-1"), 5)

    def test_receive_more(self):
        self.inventory.receive("AB-1", 5)
        self.assertEqual(self.inventory.receive("AB-1", 5), 10)

    def test_on_hand_unknown(self):
        self.assertEqual(self.inventory.on_hand("XY-9"), 0)

    def test_sku_is_normalized(self):
        self.inventory.receive(" ab-1 ", 5)
        self.assertEqual(self.inventory.on_hand("AB-1"), 5)

    def test_receive_empty_sku(self):
        with self.assertRaises(ValueError):
            self.inventory.receive("", 1)

    def test_receive_negative(self):
        with self.assertRaises(ValueError):
            self.inventory.receive("AB-1", -1)

    def test_reserve(self):
        self.inventory.receive("AB-1", 5)
        reservation = self.inventory.reserve("AB-1", 2)
        self.assertEqual(reservation.quantity, 2)
        self.assertEqual(reservation.sku, "AB-1")
        self.assertEqual(self.inventory.available("AB-1"), 3)
        self.assertEqual(self.inventory.on_hand("AB-1"), 5)

    def test_reserve_too_many(self):
        self.inventory.receive("AB-1", 5)
        with self.assertRaises(OutOfStock):
            self.inventory.reserve("AB-1", 6)

    def test_reserve_zero(self):
        self.inventory.receive("AB-1", 5)
        with self.assertRaises(ValueError):
            self.inventory.reserve("AB-1", 0)

    def test_ship(self):
        self.inventory.receive("AB-1", 5)
        reservation = self.inventory.reserve("AB-1", 2)
        self.inventory.ship(reservation.id)
        self.assertEqual(self.inventory.on_hand("AB-1"), 3)

    def test_ship_unknown(self):
        with self.assertRaises(KeyError):
            self.inventory.ship(999)

    def test_cancel(self):
        self.inventory.receive("AB-1", 5)
        reservation = self.inventory.reserve("AB-1", 2)
        self.inventory.cancel(reservation.id)
        self.assertEqual(self.inventory.available("AB-1"), 5)

    def test_expired(self):
        self.inventory.receive("AB-1", 5)
        self.inventory.reserve("AB-1", 2)
        self.clock.now = 11
        self.assertEqual(self.inventory.available("AB-1"), 5)

    def test_low_stock(self):
        self.inventory.receive("AB-1", 5)
        self.inventory.receive("AB-2", 1)
        self.inventory.receive("AB-3", 20)
        self.assertEqual(self.inventory.low_stock(10), ["AB-2", "AB-1"])


if __name__ == "__main__":
    unittest.main()
