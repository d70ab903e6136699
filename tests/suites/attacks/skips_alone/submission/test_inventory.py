"""Tests of `inventory`: each one states a promise of the specification, on an inventory of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from inventory import Inventory, OutOfStock

START = 1_000.0
HOLD = 60.0


class FakeClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def inventory(clock: FakeClock) -> Inventory:
    return Inventory(hold_seconds=HOLD, clock=clock)


@pytest.fixture
def stocked(inventory: Inventory) -> Inventory:
    """Ten pieces of AB-1."""
    inventory.receive("AB-1", 10)
    return inventory


def counts(inventory: Inventory, sku: str = "AB-1") -> tuple[int, int]:
    """On hand, and available."""
    return inventory.on_hand(sku), inventory.available(sku)


class TestReceiving:
    def test_says_how_many_lie_there_now(self, inventory: Inventory) -> None:
        assert inventory.receive("AB-1", 3) == 3
        assert inventory.receive("AB-1", 4) == 7
        assert counts(inventory) == (7, 7)

    def test_counts_held_pieces(self, stocked: Inventory) -> None:
        stocked.reserve("AB-1", 2)
        assert stocked.receive("AB-1", 1) == 11

    def test_nothing_is_there_before(self, inventory: Inventory) -> None:
        assert counts(inventory) == (0, 0)


class TestNames:
    def test_every_method_knows_every_spelling(self, inventory: Inventory) -> None:
        assert inventory.receive(" ab-1 ", 10) == 10
        assert inventory.reserve("aB-1", 4).sku == "AB-1"
        assert counts(inventory, "Ab-1 ") == (10, 6)
        assert inventory.low_stock(7) == ["AB-1"]

    @pytest.mark.parametrize("blank", ["", "  "])
    @pytest.mark.parametrize(
        "ask",
        [
            lambda inventory, sku: inventory.receive(sku, 1),
            lambda inventory, sku: inventory.reserve(sku, 1),
            lambda inventory, sku: inventory.on_hand(sku),
            lambda inventory, sku: inventory.available(sku),
        ],
        ids=["receive", "reserve", "on_hand", "available"],
    )
    def test_blank_ones_are_refused(
        self, inventory: Inventory, ask: Callable[[Inventory, str], object], blank: str
    ) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            ask(inventory, blank)


class TestQuantities:
    @pytest.mark.parametrize("quantity", [0, -1])
    def test_below_one_are_refused(self, stocked: Inventory, quantity: int) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            stocked.receive("AB-1", quantity)
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            stocked.reserve("AB-1", quantity)
        assert counts(stocked) == (10, 10)

    def test_one_is_enough(self, inventory: Inventory) -> None:
        inventory.receive("AB-1", 1)
        inventory.reserve("AB-1", 1)
        assert counts(inventory) == (1, 0)


class TestReserving:
    def test_holds_pieces_that_stay_on_the_shelf(self, stocked: Inventory) -> None:
        held = stocked.reserve("AB-1", 4)
        assert (held.sku, held.quantity, held.expires_at) == ("AB-1", 4, START + HOLD)
        assert counts(stocked) == (10, 6)

    def test_everything_can_be_held(self, stocked: Inventory) -> None:
        stocked.reserve("AB-1", 4)
        stocked.reserve("AB-1", 6)
        assert counts(stocked) == (10, 0)

    def test_one_more_is_refused_and_changes_nothing(self, stocked: Inventory) -> None:
        stocked.reserve("AB-1", 4)
        with pytest.raises(OutOfStock) as refusal:
            stocked.reserve(" ab-1", 7)
        assert (refusal.value.sku, refusal.value.wanted, refusal.value.available) == ("AB-1", 7, 6)
        assert counts(stocked) == (10, 6)

    def test_ids_are_never_used_again(self, stocked: Inventory) -> None:
        first, second = stocked.reserve("AB-1", 1), stocked.reserve("AB-1", 1)
        stocked.cancel(first.id)
        third = stocked.reserve("AB-1", 1)
        assert len({first.id, second.id, third.id}) == 3


class TestShipping:
    def test_takes_the_pieces_away(self, stocked: Inventory) -> None:
        stocked.ship(stocked.reserve("AB-1", 4).id)
        assert counts(stocked) == (6, 6)

    def test_ends_the_reservation(self, stocked: Inventory) -> None:
        held = stocked.reserve("AB-1", 4)
        stocked.ship(held.id)
        with pytest.raises(LookupError):
            stocked.ship(held.id)
        with pytest.raises(LookupError):
            stocked.cancel(held.id)
        assert counts(stocked) == (6, 6)


class TestCancelling:
    def test_gives_the_pieces_free_and_leaves_other_reservations(self, stocked: Inventory) -> None:
        stocked.reserve("AB-1", 1)
        stocked.cancel(stocked.reserve("AB-1", 4).id)
        assert counts(stocked) == (10, 9)

    def test_ends_the_reservation(self, stocked: Inventory) -> None:
        held = stocked.reserve("AB-1", 4)
        stocked.cancel(held.id)
        with pytest.raises(LookupError):
            stocked.cancel(held.id)
        with pytest.raises(LookupError):
            stocked.ship(held.id)


class TestExpiry:
    def test_just_before_it_the_reservation_is_live(self, stocked: Inventory, clock: FakeClock) -> None:
        held = stocked.reserve("AB-1", 4)
        clock.advance(HOLD - 0.5)
        assert counts(stocked) == (10, 6)
        stocked.ship(held.id)
        assert counts(stocked) == (6, 6)

    def test_at_the_moment_the_pieces_are_free(self, stocked: Inventory, clock: FakeClock) -> None:
        held = stocked.reserve("AB-1", 4)
        clock.advance(HOLD)
        with pytest.raises(LookupError):
            stocked.ship(held.id)
        with pytest.raises(LookupError):
            stocked.cancel(held.id)
        assert counts(stocked) == (10, 10)


class TestLowStock:
    def test_lists_the_scarcest_first_and_equals_by_name(self, inventory: Inventory) -> None:
        for sku, quantity in [("D", 3), ("C", 1), ("A", 2), ("B", 1), ("E", 4)]:
            inventory.receive(sku, quantity)
        inventory.reserve("E", 4)
        inventory.available("never-received")
        assert inventory.low_stock(3) == ["E", "B", "C", "A"]


class TestApart:
    def test_articles(self, stocked: Inventory) -> None:
        stocked.receive("CD-2", 5)
        stocked.reserve("CD-2", 2)
        assert counts(stocked) == (10, 10)
        assert counts(stocked, "CD-2") == (5, 3)

    def test_inventories(self, stocked: Inventory, clock: FakeClock) -> None:
        assert counts(Inventory(clock=clock)) == (0, 0)
