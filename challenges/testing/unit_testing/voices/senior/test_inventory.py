"""The suite of the stock ledger: each section of the specification, at its edges and in combination."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory import Inventory, OutOfStock, Reservation

HOLD = 100.0
SPELLINGS = ["AB-1", "ab-1", " AB-1", "aB-1\t", "\t Ab-1 "]
BLANK = ["", " ", "\t", " \t "]


class Clock:
    """Stands still until it is moved. It does not start at zero: expiry is relative to the reservation."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inventory(clock: Clock) -> Inventory:
    return Inventory(hold_seconds=HOLD, clock=clock)


@pytest.fixture
def stocked(inventory: Inventory) -> Inventory:
    inventory.receive("AB-1", 10)
    inventory.receive("CD-2", 5)
    return inventory


def counts(inventory: Inventory, sku: str = "AB-1") -> tuple[int, int]:
    return inventory.on_hand(sku), inventory.available(sku)


# receiving


def test_receive_adds_up_and_reports_the_shelf(inventory: Inventory) -> None:
    assert inventory.receive("AB-1", 3) == 3
    assert inventory.receive("AB-1", 4) == 7
    assert counts(inventory) == (7, 7)


def test_receive_reports_held_pieces_too(stocked: Inventory) -> None:
    stocked.reserve("AB-1", 6)
    assert stocked.receive("AB-1", 2) == 12
    assert counts(stocked) == (12, 6)


def test_nothing_was_received(inventory: Inventory) -> None:
    assert counts(inventory) == (0, 0)
    with pytest.raises(OutOfStock):
        inventory.reserve("AB-1", 1)


# names


@pytest.mark.parametrize("sku", SPELLINGS)
def test_every_spelling_is_the_same_article(inventory: Inventory, sku: str) -> None:
    inventory.receive(sku, 2)
    inventory.receive("AB-1", 1)
    assert inventory.on_hand(sku) == inventory.available(sku) == inventory.on_hand("AB-1") == 3
    assert inventory.reserve(sku, 1).sku == "AB-1"
    with pytest.raises(OutOfStock) as caught:
        inventory.reserve(sku, 50)
    assert caught.value.sku == "AB-1"
    assert inventory.low_stock(10) == ["AB-1"]


@pytest.mark.parametrize("sku", BLANK)
@pytest.mark.parametrize(
    "call",
    [
        lambda inventory, sku: inventory.receive(sku, 1),
        lambda inventory, sku: inventory.reserve(sku, 1),
        lambda inventory, sku: inventory.on_hand(sku),
        lambda inventory, sku: inventory.available(sku),
    ],
    ids=["receive", "reserve", "on_hand", "available"],
)
def test_blank_names_are_refused(stocked: Inventory, call: Callable[[Inventory, str], object], sku: str) -> None:
    with pytest.raises(ValueError):
        call(stocked, sku)
    assert stocked.low_stock(100) == ["CD-2", "AB-1"]


def test_inner_blanks_matter(inventory: Inventory) -> None:
    inventory.receive("A B", 1)
    assert inventory.on_hand("AB") == 0


# quantities


@pytest.mark.parametrize("quantity", [0, -1, -7])
def test_less_than_one_piece_is_refused(stocked: Inventory, quantity: int) -> None:
    with pytest.raises(ValueError):
        stocked.receive("AB-1", quantity)
    with pytest.raises(ValueError):
        stocked.reserve("AB-1", quantity)
    with pytest.raises(ValueError):
        stocked.receive("NEW", quantity)
    assert counts(stocked) == (10, 10)
    assert stocked.low_stock(100) == ["CD-2", "AB-1"]


def test_one_piece_is_enough(inventory: Inventory) -> None:
    assert inventory.receive("AB-1", 1) == 1
    inventory.reserve("AB-1", 1)
    assert counts(inventory) == (1, 0)


# reserving


def test_reservation_says_what_it_holds(stocked: Inventory, clock: Clock) -> None:
    held: Reservation = stocked.reserve("AB-1", 4)
    assert (held.sku, held.quantity, held.expires_at) == ("AB-1", 4, clock.now + HOLD)
    assert counts(stocked) == (10, 6)


def test_all_available_pieces_can_be_held(stocked: Inventory) -> None:
    stocked.reserve("AB-1", 4)
    stocked.reserve("AB-1", 6)
    assert counts(stocked) == (10, 0)


def test_a_refusal_says_why_and_changes_nothing(stocked: Inventory) -> None:
    stocked.reserve("AB-1", 4)
    with pytest.raises(OutOfStock) as caught:
        stocked.reserve("AB-1", 7)
    assert (caught.value.sku, caught.value.wanted, caught.value.available) == ("AB-1", 7, 6)
    assert counts(stocked) == (10, 6)
    stocked.reserve("AB-1", 6)


def test_ids_are_never_given_out_twice(stocked: Inventory, clock: Clock) -> None:
    ids = []
    for number in range(8):
        held = stocked.reserve("AB-1", 1)
        ids.append(held.id)
        if number % 3 == 0:
            stocked.cancel(held.id)
        elif number % 3 == 1:
            stocked.ship(held.id)
        else:
            clock.now += HOLD
    assert len(set(ids)) == len(ids)


# shipping and cancelling


def test_shipping_takes_the_pieces_of_this_reservation(stocked: Inventory) -> None:
    first, second = stocked.reserve("AB-1", 3), stocked.reserve("AB-1", 2)
    stocked.ship(first.id)
    assert counts(stocked) == (7, 5)
    stocked.ship(second.id)
    assert counts(stocked) == (5, 5)
    assert counts(stocked, "CD-2") == (5, 5)


def test_cancelling_gives_the_pieces_of_this_reservation_free(stocked: Inventory) -> None:
    first, second = stocked.reserve("AB-1", 3), stocked.reserve("AB-1", 2)
    stocked.cancel(first.id)
    assert counts(stocked) == (10, 8)
    stocked.ship(second.id)
    assert counts(stocked) == (8, 8)


@pytest.mark.parametrize("first", ["ship", "cancel"])
@pytest.mark.parametrize("second", ["ship", "cancel"])
def test_a_reservation_ends_once(stocked: Inventory, first: str, second: str) -> None:
    held = stocked.reserve("AB-1", 3)
    getattr(stocked, first)(held.id)
    before = counts(stocked)
    with pytest.raises(LookupError):
        getattr(stocked, second)(held.id)
    assert counts(stocked) == before


@pytest.mark.parametrize("method", ["ship", "cancel"])
def test_unknown_ids_are_refused(stocked: Inventory, method: str) -> None:
    stocked.reserve("AB-1", 3)
    with pytest.raises(LookupError):
        getattr(stocked, method)("no such reservation")
    assert counts(stocked) == (10, 7)


# time


def test_live_just_before_the_moment(stocked: Inventory, clock: Clock) -> None:
    held = stocked.reserve("AB-1", 3)
    clock.now += HOLD - 0.25
    assert counts(stocked) == (10, 7)
    stocked.ship(held.id)
    assert counts(stocked) == (7, 7)


@pytest.mark.parametrize("later", [0.0, 0.25, 1000.0])
@pytest.mark.parametrize("method", ["ship", "cancel"])
def test_gone_at_the_moment(stocked: Inventory, clock: Clock, later: float, method: str) -> None:
    held = stocked.reserve("AB-1", 3)
    clock.now += HOLD + later
    with pytest.raises(LookupError):
        getattr(stocked, method)(held.id)
    assert counts(stocked) == (10, 10)


def test_expired_pieces_can_be_held_again(stocked: Inventory, clock: Clock) -> None:
    stocked.reserve("AB-1", 10)
    clock.now += HOLD
    stocked.reserve("AB-1", 10)
    assert counts(stocked) == (10, 0)


def test_each_reservation_has_its_own_moment(stocked: Inventory, clock: Clock) -> None:
    stocked.reserve("AB-1", 3)
    clock.now += HOLD / 2
    stocked.reserve("AB-1", 2)
    clock.now += HOLD / 2
    assert counts(stocked) == (10, 8)
    clock.now += HOLD / 2
    assert counts(stocked) == (10, 10)


def test_holds_for_a_quarter_of_an_hour_by_default(clock: Clock) -> None:
    inventory = Inventory(clock=clock)
    inventory.receive("AB-1", 1)
    assert inventory.reserve("AB-1", 1).expires_at == clock.now + 900.0


# scarce articles


def test_low_stock_is_sorted_and_below_the_threshold(inventory: Inventory) -> None:
    for sku, quantity in (("D", 2), ("B", 1), ("C", 2), ("A", 3), ("E", 4)):
        inventory.receive(sku, quantity)
    assert inventory.low_stock(3) == ["B", "C", "D"]
    assert inventory.low_stock(4) == ["B", "C", "D", "A"]
    assert inventory.low_stock(1) == []


def test_low_stock_counts_what_is_available(stocked: Inventory, clock: Clock) -> None:
    held = stocked.reserve("AB-1", 8)
    assert stocked.low_stock(5) == ["AB-1"]
    stocked.cancel(held.id)
    assert stocked.low_stock(5) == []
    stocked.reserve("AB-1", 10)
    assert stocked.low_stock(1) == ["AB-1"]
    clock.now += HOLD
    assert stocked.low_stock(1) == []


def test_low_stock_lists_sold_out_articles_and_no_unknown_ones(stocked: Inventory) -> None:
    stocked.ship(stocked.reserve("CD-2", 5).id)
    stocked.on_hand("NEVER")
    assert stocked.low_stock(1) == ["CD-2"]


# apart


def test_articles_do_not_affect_one_another(stocked: Inventory) -> None:
    stocked.reserve("AB-1", 10)
    assert counts(stocked, "CD-2") == (5, 5)


def test_inventories_do_not_affect_one_another(stocked: Inventory, clock: Clock) -> None:
    other = Inventory(hold_seconds=1.0, clock=clock)
    other.receive("AB-1", 2)
    other.reserve("AB-1", 2)
    assert counts(stocked) == (10, 10)
    assert counts(other) == (2, 0)
    assert counts(other, "CD-2") == (0, 0)
