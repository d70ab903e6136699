"""Tests of `inventory` in the style of unittest: one case an aspect, each with an inventory of its own."""

import unittest

from inventory import Inventory, OutOfStock


class Case(unittest.TestCase):
    """Ten pieces of AB-1, held for half a minute, at a moment that is not zero."""

    def setUp(self):
        self.now = 12_345.5
        self.stock = Inventory(hold_seconds=30.0, clock=lambda: self.now)
        self.assertEqual(self.stock.receive("AB-1", 10), 10)

    def check(self, on_hand, available, sku="AB-1"):
        self.assertEqual((self.stock.on_hand(sku), self.stock.available(sku)), (on_hand, available))

    def check_is_over(self, key):
        for end in (self.stock.ship, self.stock.cancel):
            with self.subTest(end.__name__), self.assertRaises(LookupError):
                end(key)


class Receiving(Case):
    def test_is_added_up(self):
        self.stock.reserve("AB-1", 3)
        self.assertEqual(self.stock.receive("AB-1", 5), 15)
        self.check(15, 12)

    def test_is_where_stock_comes_from(self):
        self.check(0, 0, "never-received")


class Names(Case):
    def test_are_one_in_every_spelling(self):
        for spelled in ("ab-1", "  Ab-1", "AB-1 ", "\taB-1\t"):
            with self.subTest(spelled):
                self.assertEqual(self.stock.on_hand(spelled), 10)
                self.assertEqual(self.stock.available(spelled), 10)
        self.assertEqual(self.stock.receive(" ab-1 ", 1), 11)
        self.assertEqual(self.stock.reserve("ab-1 ", 1).sku, "AB-1")
        self.check(11, 10)
        self.assertEqual(self.stock.low_stock(100), ["AB-1"])

    def test_must_not_be_blank(self):
        asking = {
            "receive": lambda sku: self.stock.receive(sku, 1),
            "reserve": lambda sku: self.stock.reserve(sku, 1),
            "on_hand": self.stock.on_hand,
            "available": self.stock.available,
        }
        for name, ask in asking.items():
            for blank in ("", " ", "\t "):
                with self.subTest(name, blank=blank), self.assertRaises(ValueError):
                    ask(blank)


class Quantities(Case):
    def test_below_one_change_nothing(self):
        for act in (self.stock.receive, self.stock.reserve):
            for quantity in (0, -1, -7):
                with self.subTest(act.__name__, quantity=quantity), self.assertRaises(ValueError):
                    act("AB-1", quantity)
        self.check(10, 10)

    def test_of_one_are_enough(self):
        self.stock.receive("CD-2", 1)
        self.stock.reserve("CD-2", 1)
        self.check(1, 0, "CD-2")


class Reserving(Case):
    def test_says_what_is_held(self):
        held = self.stock.reserve("AB-1", 4)
        self.assertEqual((held.sku, held.quantity, held.expires_at), ("AB-1", 4, 12_375.5))
        self.check(10, 6)

    def test_stops_where_nothing_is_left(self):
        self.stock.reserve("AB-1", 3)
        self.stock.reserve("AB-1", 7)
        self.check(10, 0)
        with self.assertRaises(OutOfStock):
            self.stock.reserve("AB-1", 1)

    def test_refuses_one_too_many(self):
        self.stock.reserve("AB-1", 4)
        with self.assertRaises(OutOfStock) as caught:
            self.stock.reserve("ab-1", 7)
        error = caught.exception
        self.assertEqual((error.sku, error.wanted, error.available), ("AB-1", 7, 6))
        self.check(10, 6)

    def test_gives_each_id_once(self):
        first, second = (self.stock.reserve("AB-1", 1).id for _ in range(2))
        self.stock.cancel(first)
        third = self.stock.reserve("AB-1", 1).id
        self.assertEqual(len({first, second, third}), 3)


class Ending(Case):
    def test_by_shipping_takes_the_pieces(self):
        key = self.stock.reserve("AB-1", 4).id
        self.stock.ship(key)
        self.check(6, 6)
        self.check_is_over(key)
        self.check(6, 6)

    def test_by_cancelling_leaves_the_pieces(self):
        self.stock.reserve("AB-1", 1)
        key = self.stock.reserve("AB-1", 4).id
        self.stock.cancel(key)
        self.check(10, 9)
        self.check_is_over(key)
        self.check(10, 9)

    def test_needs_a_reservation(self):
        for stranger in (object(), "no such id", -1, None):
            self.check_is_over(stranger)


class Time(Case):
    def test_leaves_a_reservation_alone_until_its_moment(self):
        held = self.stock.reserve("AB-1", 4)
        self.now = held.expires_at - 0.25
        self.check(10, 6)
        self.stock.ship(held.id)
        self.check(6, 6)

    def test_ends_a_reservation_at_its_moment(self):
        held = self.stock.reserve("AB-1", 4)
        self.now = held.expires_at
        self.check_is_over(held.id)
        self.check(10, 10)


class Scarcity(Case):
    def test_is_listed_by_what_is_available_and_then_by_name(self):
        for sku, quantity in {"C": 2, "B": 2, "D": 1, "E": 4, "F": 3}.items():
            self.stock.receive(sku, quantity)
        self.stock.reserve("E", 4)
        self.stock.available("never-received")
        self.assertEqual(self.stock.low_stock(3), ["E", "D", "B", "C"])


class Apart(Case):
    def test_articles(self):
        self.stock.receive("CD-2", 5)
        self.stock.reserve("CD-2", 2)
        self.check(10, 10)
        self.check(5, 3, "CD-2")

    def test_inventories(self):
        self.stock.reserve("AB-1", 4)
        self.assertEqual(Inventory(clock=lambda: self.now).on_hand("AB-1"), 0)
        self.check(10, 6)
