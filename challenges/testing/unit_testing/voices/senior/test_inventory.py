"""Tests of `inventory`. README.md holds the specification.

All times are sums of small powers of two, so that no implementation can be a rounding error away from the right
moment, and ids are only ever passed back: nothing is assumed about them except that they are hashable.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from inventory import Inventory, OutOfStock

HOLD = 64.0


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self, now: float = 1024.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inventory(clock: Clock) -> Inventory:
    return Inventory(hold_seconds=HOLD, clock=clock)


@pytest.fixture
def stocked(inventory: Inventory) -> Inventory:
    """Ten apples, five pears."""
    inventory.receive("APPLE", 10)
    inventory.receive("PEAR", 5)
    return inventory


def numbers(inventory: Inventory, sku: str = "APPLE") -> tuple[int, int]:
    return inventory.on_hand(sku), inventory.available(sku)


def assert_dead(inventory: Inventory, reservation_id: Any) -> None:
    """Neither shipping nor cancelling works, and neither changes anything."""
    before = [numbers(inventory, sku) for sku in ("APPLE", "PEAR")]
    with pytest.raises(LookupError):
        inventory.ship(reservation_id)
    with pytest.raises(LookupError):
        inventory.cancel(reservation_id)
    assert [numbers(inventory, sku) for sku in ("APPLE", "PEAR")] == before


class TestReceiving:
    def test_nothing_is_there_in_the_beginning(self, inventory: Inventory) -> None:
        assert numbers(inventory) == (0, 0)
        assert inventory.low_stock(100) == []

    def test_returns_what_lies_there_now(self, inventory: Inventory) -> None:
        assert inventory.receive("APPLE", 3) == 3
        assert inventory.receive("APPLE", 4) == 7
        assert inventory.receive("APPLE", 1) == 8
        assert numbers(inventory) == (8, 8)

    def test_takes_many_pieces(self, inventory: Inventory) -> None:
        assert inventory.receive("APPLE", 1_000_000) == 1_000_000
        assert inventory.receive("APPLE", 1_000_000) == 2_000_000
        assert numbers(inventory) == (2_000_000, 2_000_000)

    def test_counts_held_pieces(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 4)
        assert stocked.receive("APPLE", 2) == 12
        assert numbers(stocked) == (12, 8)

    def test_does_not_count_shipped_pieces(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("APPLE", 4).id)
        assert stocked.receive("APPLE", 2) == 8
        assert numbers(stocked) == (8, 8)

    def test_after_everything_was_shipped(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("APPLE", 10).id)
        assert numbers(stocked) == (0, 0)
        assert stocked.receive("APPLE", 3) == 3
        assert numbers(stocked) == (3, 3)

    def test_keeps_reservations(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 10)
        stocked.receive("APPLE", 1)
        stocked.ship(held.id)
        assert numbers(stocked) == (1, 1)

    def test_articles_are_apart(self, stocked: Inventory) -> None:
        assert stocked.receive("PEAR", 2) == 7
        assert numbers(stocked) == (10, 10)
        assert numbers(stocked, "PEAR") == (7, 7)
        assert numbers(stocked, "PLUM") == (0, 0)

    @pytest.mark.parametrize("quantity", [0, -1, -10])
    def test_refuses_less_than_one_piece(self, stocked: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):
            stocked.receive("APPLE", quantity)
        assert numbers(stocked) == (10, 10)

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_refused_pieces_do_not_make_an_article_known(self, inventory: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):
            inventory.receive("PLUM", quantity)
        assert inventory.low_stock(1000) == []
        assert numbers(inventory, "PLUM") == (0, 0)

    def test_takes_a_single_piece(self, inventory: Inventory) -> None:
        assert inventory.receive("APPLE", 1) == 1


SPELLINGS = ["ab-1", "Ab-1", " AB-1", "AB-1 ", "  aB-1  ", "\tAB-1", "AB-1\t", " \t ab-1\t \t"]
EMPTY = ["", " ", "   ", "\t", " \t "]


class TestNames:
    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_receive(self, inventory: Inventory, spelling: str) -> None:
        inventory.receive("AB-1", 2)
        assert inventory.receive(spelling, 3) == 5
        assert numbers(inventory, "AB-1") == (5, 5)
        assert inventory.low_stock(6) == ["AB-1"]

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_receive_first(self, inventory: Inventory, spelling: str) -> None:
        assert inventory.receive(spelling, 3) == 3
        assert numbers(inventory, "AB-1") == (3, 3)
        assert inventory.low_stock(4) == ["AB-1"]

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_questions(self, inventory: Inventory, spelling: str) -> None:
        inventory.receive("AB-1", 5)
        inventory.reserve("AB-1", 2)
        assert inventory.on_hand(spelling) == 5
        assert inventory.available(spelling) == 3

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_reserve(self, inventory: Inventory, spelling: str) -> None:
        inventory.receive("AB-1", 5)
        held = inventory.reserve(spelling, 2)
        assert held.sku == "AB-1"
        assert numbers(inventory, "AB-1") == (5, 3)
        inventory.ship(held.id)
        assert numbers(inventory, "AB-1") == (3, 3)

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_out_of_stock(self, inventory: Inventory, spelling: str) -> None:
        with pytest.raises(OutOfStock) as caught:
            inventory.reserve(spelling, 2)
        assert caught.value.sku == "AB-1"

    @pytest.mark.parametrize("name", EMPTY)
    def test_receive_refuses_an_empty_name(self, inventory: Inventory, name: str) -> None:
        with pytest.raises(ValueError):
            inventory.receive(name, 1)
        assert inventory.low_stock(1000) == []

    @pytest.mark.parametrize("name", EMPTY)
    def test_on_hand_refuses_an_empty_name(self, inventory: Inventory, name: str) -> None:
        with pytest.raises(ValueError):
            inventory.on_hand(name)

    @pytest.mark.parametrize("name", EMPTY)
    def test_available_refuses_an_empty_name(self, inventory: Inventory, name: str) -> None:
        with pytest.raises(ValueError):
            inventory.available(name)

    @pytest.mark.parametrize("name", EMPTY)
    def test_reserve_refuses_an_empty_name(self, inventory: Inventory, name: str) -> None:
        with pytest.raises(ValueError):
            inventory.reserve(name, 1)

    def test_what_is_inside_a_name_matters(self, inventory: Inventory) -> None:
        names = ["AB-1", "AB1", "A B-1", "A  B-1", "AB-11", "AB-", "AB_1", "B-1"]
        for quantity, name in enumerate(names, start=1):
            inventory.receive(name, quantity)
        assert [inventory.on_hand(name) for name in names] == list(range(1, 9))
        assert inventory.low_stock(100) == names


class TestReserving:
    def test_describes_the_reservation(self, stocked: Inventory, clock: Clock) -> None:
        held = stocked.reserve("APPLE", 4)
        assert (held.sku, held.quantity, held.expires_at) == ("APPLE", 4, clock.now + HOLD)
        hash(held.id)

    def test_holds_pieces_that_stay_on_the_shelf(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 4)
        assert numbers(stocked) == (10, 6)
        stocked.reserve("APPLE", 1)
        assert numbers(stocked) == (10, 5)
        assert numbers(stocked, "PEAR") == (5, 5)

    def test_may_take_all(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 10)
        assert held.quantity == 10
        assert numbers(stocked) == (10, 0)

    def test_may_take_the_rest(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 7)
        assert stocked.reserve("APPLE", 3).quantity == 3
        assert numbers(stocked) == (10, 0)

    def test_refuses_one_too_many(self, stocked: Inventory) -> None:
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 11)
        assert (caught.value.sku, caught.value.wanted, caught.value.available) == ("APPLE", 11, 10)
        assert numbers(stocked) == (10, 10)
        assert stocked.reserve("APPLE", 10).quantity == 10

    def test_refuses_what_others_hold(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 7)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 4)
        assert (caught.value.sku, caught.value.wanted, caught.value.available) == ("APPLE", 4, 3)
        assert numbers(stocked) == (10, 3)

    def test_refuses_when_all_is_held(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 10)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 1)
        assert (caught.value.wanted, caught.value.available) == (1, 0)

    def test_refuses_what_was_never_received(self, stocked: Inventory) -> None:
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("PLUM", 2)
        assert (caught.value.sku, caught.value.wanted, caught.value.available) == ("PLUM", 2, 0)
        assert stocked.low_stock(1000) == ["PEAR", "APPLE"]
        assert numbers(stocked, "PLUM") == (0, 0)

    def test_refuses_what_was_shipped(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("APPLE", 6).id)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 5)
        assert (caught.value.wanted, caught.value.available) == (5, 4)
        assert stocked.reserve("APPLE", 4).quantity == 4

    def test_a_refusal_keeps_other_reservations(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 7)
        with pytest.raises(OutOfStock):
            stocked.reserve("APPLE", 4)
        stocked.ship(held.id)
        assert numbers(stocked) == (3, 3)

    @pytest.mark.parametrize("quantity", [0, -1, -11])
    def test_refuses_less_than_one_piece(self, stocked: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):
            stocked.reserve("APPLE", quantity)
        assert numbers(stocked) == (10, 10)
        stocked.reserve("APPLE", 10)
        assert numbers(stocked) == (10, 0)

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_refuses_less_than_one_piece_of_nothing(self, inventory: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):
            inventory.reserve("PLUM", quantity)
        assert inventory.low_stock(1000) == []

    def test_takes_pieces_that_came_later(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 10)
        stocked.receive("APPLE", 2)
        stocked.reserve("APPLE", 2)
        assert numbers(stocked) == (12, 0)

    def test_one_article_does_not_lend_to_another(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 10)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("PEAR", 6)
        assert (caught.value.sku, caught.value.available) == ("PEAR", 5)
        assert stocked.reserve("PEAR", 5).sku == "PEAR"

    def test_ids_are_never_given_out_twice(self, stocked: Inventory, clock: Clock) -> None:
        ends: list[Callable[[Any], object]] = [stocked.ship, stocked.cancel, lambda _: clock.advance(HOLD)]
        ids = []
        for end in ends * 2:
            for sku in ("APPLE", "PEAR"):
                ids.append(stocked.reserve(sku, 1).id)
            kept = stocked.reserve("APPLE", 1).id
            ids.append(kept)
            end(ids[-2])
            ids.append(stocked.reserve("PEAR", 1).id)
            clock.advance(HOLD)
        assert len(set(ids)) == len(ids)


class TestShipping:
    def test_takes_the_pieces_off_the_shelf(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.ship(held.id)
        assert numbers(stocked) == (6, 6)
        assert numbers(stocked, "PEAR") == (5, 5)

    def test_returns_nothing_and_works_for_all_pieces(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("APPLE", 10).id)
        assert numbers(stocked) == (0, 0)
        assert stocked.low_stock(1) == ["APPLE"]

    def test_ends_only_that_reservation(self, stocked: Inventory) -> None:
        first, second, third = (stocked.reserve("APPLE", quantity) for quantity in (1, 2, 3))
        other = stocked.reserve("PEAR", 2)
        stocked.ship(second.id)
        assert numbers(stocked) == (8, 4)
        assert numbers(stocked, "PEAR") == (5, 3)
        assert_dead(stocked, second.id)
        stocked.ship(third.id)
        assert numbers(stocked) == (5, 4)
        stocked.ship(other.id)
        assert numbers(stocked, "PEAR") == (3, 3)
        stocked.ship(first.id)
        assert numbers(stocked) == (4, 4)

    def test_works_once(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.ship(held.id)
        assert_dead(stocked, held.id)
        assert numbers(stocked) == (6, 6)

    def test_the_same_article_and_quantity_is_another_reservation(self, stocked: Inventory) -> None:
        first, second = stocked.reserve("APPLE", 2), stocked.reserve("APPLE", 2)
        stocked.ship(first.id)
        assert_dead(stocked, first.id)
        assert numbers(stocked) == (8, 6)
        stocked.cancel(second.id)
        assert numbers(stocked) == (8, 8)

    def test_an_old_id_stays_dead_when_new_ones_come(self, stocked: Inventory) -> None:
        old = stocked.reserve("APPLE", 2)
        stocked.ship(old.id)
        new = stocked.reserve("APPLE", 2)
        assert_dead(stocked, old.id)
        stocked.ship(new.id)
        assert numbers(stocked) == (6, 6)

    def test_refuses_what_is_no_id(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 2)
        assert_dead(stocked, object())
        assert numbers(stocked) == (10, 8)
        stocked.ship(held.id)

    def test_refuses_what_is_no_id_in_a_new_inventory(self, inventory: Inventory) -> None:
        assert_dead(inventory, object())

    def test_shipped_pieces_do_not_come_back(self, stocked: Inventory, clock: Clock) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.ship(held.id)
        clock.advance(HOLD)
        assert numbers(stocked) == (6, 6)
        clock.advance(HOLD)
        assert numbers(stocked) == (6, 6)
        assert_dead(stocked, held.id)


class TestCancelling:
    def test_leaves_the_pieces_on_the_shelf(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.cancel(held.id)
        assert numbers(stocked) == (10, 10)
        assert stocked.reserve("APPLE", 10).quantity == 10

    def test_ends_only_that_reservation(self, stocked: Inventory) -> None:
        first, second, third = (stocked.reserve("APPLE", quantity) for quantity in (1, 2, 3))
        other = stocked.reserve("PEAR", 2)
        stocked.cancel(second.id)
        assert numbers(stocked) == (10, 6)
        assert numbers(stocked, "PEAR") == (5, 3)
        assert_dead(stocked, second.id)
        stocked.ship(first.id)
        assert numbers(stocked) == (9, 6)
        stocked.cancel(other.id)
        assert numbers(stocked, "PEAR") == (5, 5)
        stocked.cancel(third.id)
        assert numbers(stocked) == (9, 9)

    def test_works_once(self, stocked: Inventory) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.cancel(held.id)
        assert_dead(stocked, held.id)
        assert numbers(stocked) == (10, 10)

    def test_an_old_id_stays_dead_when_new_ones_come(self, stocked: Inventory) -> None:
        old = stocked.reserve("APPLE", 2)
        stocked.cancel(old.id)
        new = stocked.reserve("APPLE", 3)
        assert_dead(stocked, old.id)
        assert numbers(stocked) == (10, 7)
        stocked.cancel(new.id)
        assert numbers(stocked) == (10, 10)

    def test_cancelled_pieces_come_back_once(self, stocked: Inventory, clock: Clock) -> None:
        held = stocked.reserve("APPLE", 4)
        stocked.cancel(held.id)
        clock.advance(HOLD)
        assert numbers(stocked) == (10, 10)
        assert_dead(stocked, held.id)


class TestTime:
    @pytest.mark.parametrize("start", [0.0, 1.0, 1024.5, 1e6])
    def test_holds_until_the_moment(self, start: float) -> None:
        clock = Clock(start)
        inventory = Inventory(hold_seconds=HOLD, clock=clock)
        inventory.receive("APPLE", 10)
        assert inventory.reserve("APPLE", 4).expires_at == start + HOLD
        clock.advance(HOLD - 0.25)
        assert numbers(inventory) == (10, 6)
        clock.advance(0.25)
        assert numbers(inventory) == (10, 10)
        clock.advance(0.25)
        assert numbers(inventory) == (10, 10)

    def test_the_moment_counts_from_the_reservation(self, stocked: Inventory, clock: Clock) -> None:
        clock.advance(1000.0)
        held = stocked.reserve("APPLE", 4)
        assert held.expires_at == clock.now + HOLD
        clock.advance(HOLD / 2)
        later = stocked.reserve("APPLE", 1)
        assert later.expires_at == clock.now + HOLD
        assert held.expires_at == clock.now + HOLD / 2
        assert numbers(stocked) == (10, 5)
        clock.advance(HOLD / 2)
        assert numbers(stocked) == (10, 9)
        assert_dead(stocked, held.id)
        clock.advance(HOLD / 2)
        assert numbers(stocked) == (10, 10)
        assert_dead(stocked, later.id)

    def test_holds_for_a_quarter_of_an_hour_by_default(self, clock: Clock) -> None:
        inventory = Inventory(clock=clock)
        inventory.receive("APPLE", 10)
        assert inventory.reserve("APPLE", 4).expires_at == clock.now + 900.0
        clock.advance(899.5)
        assert inventory.available("APPLE") == 6
        clock.advance(0.5)
        assert inventory.available("APPLE") == 10

    @pytest.mark.parametrize("hold", [0.5, 1, 100_000.0])
    def test_holds_as_long_as_it_was_told(self, clock: Clock, hold: float) -> None:
        inventory = Inventory(hold_seconds=hold, clock=clock)
        inventory.receive("APPLE", 10)
        held = inventory.reserve("APPLE", 4)
        assert held.expires_at == clock.now + hold
        clock.advance(hold - 0.25)
        assert inventory.available("APPLE") == 6
        clock.advance(0.25)
        assert inventory.available("APPLE") == 10

    def test_works_with_its_own_clock(self) -> None:
        inventory = Inventory()
        inventory.receive("APPLE", 3)
        held = inventory.reserve("APPLE", 2)
        assert numbers(inventory) == (3, 1)
        inventory.ship(held.id)
        assert numbers(inventory) == (1, 1)

    @pytest.mark.parametrize("late", [0.0, 0.25, 1000.0])
    def test_nothing_is_shipped_any_more(self, stocked: Inventory, clock: Clock, late: float) -> None:
        held = stocked.reserve("APPLE", 4)
        clock.advance(HOLD + late)
        with pytest.raises(LookupError):
            stocked.ship(held.id)
        assert numbers(stocked) == (10, 10)

    @pytest.mark.parametrize("late", [0.0, 0.25, 1000.0])
    def test_nothing_is_cancelled_any_more(self, stocked: Inventory, clock: Clock, late: float) -> None:
        held = stocked.reserve("APPLE", 4)
        clock.advance(HOLD + late)
        with pytest.raises(LookupError):
            stocked.cancel(held.id)
        assert numbers(stocked) == (10, 10)

    @pytest.mark.parametrize("early", [0.25, 1.0])
    def test_just_in_time_is_in_time(self, stocked: Inventory, clock: Clock, early: float) -> None:
        shipped, cancelled = stocked.reserve("APPLE", 4), stocked.reserve("APPLE", 1)
        clock.advance(HOLD - early)
        stocked.ship(shipped.id)
        stocked.cancel(cancelled.id)
        assert numbers(stocked) == (6, 6)

    def test_the_pieces_can_be_reserved_again(self, stocked: Inventory, clock: Clock) -> None:
        old = stocked.reserve("APPLE", 10)
        clock.advance(HOLD)
        new = stocked.reserve("APPLE", 10)
        assert_dead(stocked, old.id)
        assert numbers(stocked) == (10, 0)
        stocked.ship(new.id)
        assert numbers(stocked) == (0, 0)

    def test_the_pieces_cannot_be_reserved_before(self, stocked: Inventory, clock: Clock) -> None:
        stocked.reserve("APPLE", 10)
        clock.advance(HOLD - 0.25)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 1)
        assert caught.value.available == 0

    def test_a_refusal_counts_what_came_back(self, stocked: Inventory, clock: Clock) -> None:
        stocked.reserve("APPLE", 4)
        clock.advance(HOLD / 2)
        stocked.reserve("APPLE", 3)
        clock.advance(HOLD / 2)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("APPLE", 8)
        assert caught.value.available == 7

    def test_a_scarce_article_recovers(self, stocked: Inventory, clock: Clock) -> None:
        stocked.reserve("APPLE", 8)
        assert stocked.low_stock(5) == ["APPLE"]
        clock.advance(HOLD - 0.25)
        assert stocked.low_stock(5) == ["APPLE"]
        clock.advance(0.25)
        assert stocked.low_stock(5) == []
        assert stocked.low_stock(100) == ["PEAR", "APPLE"]

    def test_receiving_does_not_revive(self, stocked: Inventory, clock: Clock) -> None:
        held = stocked.reserve("APPLE", 4)
        clock.advance(HOLD)
        assert stocked.receive("APPLE", 1) == 11
        assert numbers(stocked) == (11, 11)
        assert_dead(stocked, held.id)

    def test_all_expire_at_the_same_moment(self, stocked: Inventory, clock: Clock) -> None:
        held = [stocked.reserve(sku, 1) for sku in ("APPLE", "APPLE", "PEAR", "APPLE", "PEAR")]
        clock.advance(HOLD)
        assert numbers(stocked) == (10, 10)
        assert numbers(stocked, "PEAR") == (5, 5)
        for reservation in held:
            assert_dead(stocked, reservation.id)

    def test_the_rest_stays_when_an_early_one_expires(self, stocked: Inventory, clock: Clock) -> None:
        reservations = []
        for _ in range(4):
            reservations.append(stocked.reserve("APPLE", 2))
            clock.advance(HOLD / 4)
        # now the first one has just expired
        assert numbers(stocked) == (10, 4)
        stocked.ship(reservations[2].id)
        assert numbers(stocked) == (8, 4)
        clock.advance(HOLD / 4)
        assert numbers(stocked) == (8, 6)
        clock.advance(HOLD / 4)
        assert numbers(stocked) == (8, 6)
        stocked.cancel(reservations[3].id)
        assert numbers(stocked) == (8, 8)

    def test_using_others_does_not_prolong(self, stocked: Inventory, clock: Clock) -> None:
        held = stocked.reserve("APPLE", 4)
        clock.advance(HOLD / 2)
        stocked.receive("APPLE", 1)
        stocked.cancel(stocked.reserve("APPLE", 1).id)
        stocked.available("APPLE")
        clock.advance(HOLD / 2)
        assert stocked.available("APPLE") == 11
        assert_dead(stocked, held.id)


class TestLowStock:
    def test_the_threshold_itself_is_enough(self, stocked: Inventory) -> None:
        assert stocked.low_stock(5) == []
        assert stocked.low_stock(6) == ["PEAR"]
        assert stocked.low_stock(10) == ["PEAR"]
        assert stocked.low_stock(11) == ["PEAR", "APPLE"]

    def test_nothing_is_below_nothing(self, stocked: Inventory) -> None:
        stocked.reserve("PEAR", 5)
        assert stocked.low_stock(0) == []
        assert stocked.low_stock(-1) == []
        assert stocked.low_stock(1) == ["PEAR"]

    def test_held_pieces_do_not_count(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 8)
        assert stocked.low_stock(3) == ["APPLE"]
        assert stocked.low_stock(100) == ["APPLE", "PEAR"]

    def test_cancelled_pieces_count_again(self, stocked: Inventory) -> None:
        stocked.cancel(stocked.reserve("APPLE", 8).id)
        assert stocked.low_stock(10) == ["PEAR"]

    def test_shipped_pieces_do_not_count(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("APPLE", 8).id)
        assert stocked.low_stock(100) == ["APPLE", "PEAR"]

    def test_sold_out_articles_stay_listed(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("PEAR", 5).id)
        assert stocked.low_stock(1) == ["PEAR"]

    def test_orders_by_number_and_then_by_name(self, inventory: Inventory) -> None:
        for sku, quantity in [("fig", 10), ("Date", 9), ("cherry", 2), ("E", 2), ("banana", 100), ("A", 10), ("d", 2)]:
            inventory.receive(sku, quantity)
        assert inventory.low_stock(1000) == ["CHERRY", "D", "E", "DATE", "A", "FIG", "BANANA"]
        assert inventory.low_stock(10) == ["CHERRY", "D", "E", "DATE"]

    def test_orders_by_what_is_available(self, inventory: Inventory) -> None:
        for sku in ("A", "B", "C"):
            inventory.receive(sku, 5)
        inventory.reserve("C", 2)
        inventory.reserve("B", 1)
        assert inventory.low_stock(6) == ["C", "B", "A"]

    def test_lists_each_article_once(self, inventory: Inventory) -> None:
        for sku in ("plum", "PLUM", " Plum\t", "kiwi", "plum"):
            inventory.receive(sku, 1)
        assert inventory.low_stock(10) == ["KIWI", "PLUM"]

    def test_asking_does_not_make_an_article_known(self, stocked: Inventory) -> None:
        assert numbers(stocked, "PLUM") == (0, 0)
        with pytest.raises(OutOfStock):
            stocked.reserve("KIWI", 1)
        assert stocked.low_stock(1000) == ["PEAR", "APPLE"]

    def test_changes_nothing(self, stocked: Inventory) -> None:
        stocked.reserve("APPLE", 8)
        stocked.low_stock(3).clear()
        assert stocked.low_stock(3) == ["APPLE"]
        assert numbers(stocked) == (10, 2)


class TestInventoriesAreApart:
    def test_stock(self, clock: Clock) -> None:
        one, two = Inventory(clock=clock), Inventory(clock=clock)
        one.receive("APPLE", 3)
        assert numbers(two) == (0, 0)
        assert two.low_stock(100) == []
        assert two.receive("APPLE", 1) == 1
        assert numbers(one) == (3, 3)

    def test_reservations(self, clock: Clock) -> None:
        one, two = Inventory(clock=clock), Inventory(clock=clock)
        for inventory in (one, two):
            inventory.receive("APPLE", 5)
        mine = one.reserve("APPLE", 2)
        assert numbers(two) == (5, 5)
        yours = two.reserve("APPLE", 4)
        assert numbers(one) == (5, 3)
        one.ship(mine.id)
        assert (numbers(one), numbers(two)) == ((3, 3), (5, 1))
        two.cancel(yours.id)
        assert (numbers(one), numbers(two)) == ((3, 3), (5, 5))

    def test_clocks_and_holds(self) -> None:
        slow, fast = Clock(0.0), Clock(500.0)
        one, two = Inventory(hold_seconds=8.0, clock=slow), Inventory(hold_seconds=16.0, clock=fast)
        for inventory in (one, two):
            inventory.receive("APPLE", 5)
            inventory.reserve("APPLE", 2)
        fast.advance(16.0)
        assert (numbers(one), numbers(two)) == ((5, 3), (5, 5))
        assert one.reserve("APPLE", 1).expires_at == 8.0
        assert two.reserve("APPLE", 1).expires_at == 532.0


class Model:
    """The specification once more, in the slowest and plainest way."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.shelf: dict[str, int] = {}
        self.holds: list[tuple[Any, str, int, float]] = []

    def live(self) -> list[tuple[Any, str, int, float]]:
        return [hold for hold in self.holds if self.clock.now < hold[3]]

    def available(self, sku: str) -> int:
        return self.shelf.get(sku, 0) - sum(hold[2] for hold in self.live() if hold[1] == sku)

    def low_stock(self, threshold: int) -> list[str]:
        known = sorted(self.shelf, key=lambda sku: (self.available(sku), sku))
        return [sku for sku in known if self.available(sku) < threshold]


class TestStories:
    """Many steps in a row, compared with the model after each."""

    SKUS = ("APPLE", "FIG", "PEAR")

    @pytest.mark.parametrize("seed", range(8))
    def test_a_story(self, seed: int) -> None:
        draw = random.Random(seed)
        clock = Clock()
        inventory, model = Inventory(hold_seconds=8.0, clock=clock), Model(clock)
        steps = [self.receive, self.reserve, self.reserve, self.ship, self.cancel, self.wait]
        for _ in range(40):
            draw.choice(steps)(draw, inventory, model)
            sku = draw.choice(self.SKUS)
            assert inventory.on_hand(sku) == model.shelf.get(sku, 0)
            assert inventory.available(sku) == model.available(sku)
            threshold = draw.randrange(8)
            assert inventory.low_stock(threshold) == model.low_stock(threshold)

    def receive(self, draw: random.Random, inventory: Inventory, model: Model) -> None:
        sku, quantity = draw.choice(self.SKUS), draw.randrange(1, 5)
        model.shelf[sku] = model.shelf.get(sku, 0) + quantity
        assert inventory.receive(sku.lower(), quantity) == model.shelf[sku]

    def reserve(self, draw: random.Random, inventory: Inventory, model: Model) -> None:
        sku, quantity = draw.choice(self.SKUS), draw.randrange(1, 5)
        available = model.available(sku)
        if quantity > available:
            with pytest.raises(OutOfStock) as caught:
                inventory.reserve(sku, quantity)
            assert (caught.value.sku, caught.value.wanted, caught.value.available) == (sku, quantity, available)
        else:
            held = inventory.reserve(sku, quantity)
            assert (held.sku, held.quantity, held.expires_at) == (sku, quantity, model.clock.now + 8.0)
            assert held.id not in [hold[0] for hold in model.holds]
            model.holds.append((held.id, sku, quantity, held.expires_at))

    def ship(self, draw: random.Random, inventory: Inventory, model: Model) -> None:
        hold = self.end(draw, inventory.ship, model)
        if hold is not None:
            model.shelf[hold[1]] -= hold[2]

    def cancel(self, draw: random.Random, inventory: Inventory, model: Model) -> None:
        self.end(draw, inventory.cancel, model)

    def wait(self, draw: random.Random, inventory: Inventory, model: Model) -> None:
        model.clock.advance(draw.choice([0.5, 1.0, 2.0, 4.0]))

    def end(
        self, draw: random.Random, action: Callable[[Any], object], model: Model
    ) -> tuple[Any, str, int, float] | None:
        if not model.holds:
            return None
        hold = draw.choice(model.holds)
        if hold not in model.live():
            with pytest.raises(LookupError):
                action(hold[0])
            return None
        action(hold[0])
        # It stays among the holds, for its id, but is over.
        model.holds[model.holds.index(hold)] = (hold[0], hold[1], hold[2], model.clock.now)
        return hold
