"""Tests of the stock ledger, with a clock that moves only when a test says so."""

import pytest

from inventory import Inventory, OutOfStock


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inventory(clock):
    return Inventory(hold_seconds=60.0, clock=clock)


@pytest.fixture
def stocked(inventory):
    inventory.receive("AB-1", 10)
    return inventory


class TestReceive:
    def test_returns_what_is_there_now(self, inventory):
        assert inventory.receive("AB-1", 3) == 3
        assert inventory.receive("AB-1", 4) == 7
        assert inventory.on_hand("AB-1") == 7

    def test_unknown_article(self, inventory):
        assert inventory.on_hand("nothing") == 0
        assert inventory.available("nothing") == 0

    @pytest.mark.parametrize("quantity", [0, -1, -10])
    def test_bad_quantity(self, inventory, quantity):
        with pytest.raises(ValueError):
            inventory.receive("AB-1", quantity)
        assert inventory.on_hand("AB-1") == 0

    def test_one_piece(self, inventory):
        assert inventory.receive("AB-1", 1) == 1


class TestNames:
    def test_case_and_blanks_do_not_matter(self, inventory):
        inventory.receive(" ab-1 ", 3)
        inventory.receive("AB-1\t", 2)
        assert inventory.on_hand("Ab-1") == 5
        assert inventory.available("\tab-1") == 5

    def test_reserve_knows_spellings(self, stocked):
        assert stocked.reserve(" ab-1", 1).sku == "AB-1"

    @pytest.mark.parametrize("sku", ["", "  ", "\t"])
    @pytest.mark.parametrize("method", ["on_hand", "available"])
    def test_blank_is_refused(self, inventory, method, sku):
        with pytest.raises(ValueError):
            getattr(inventory, method)(sku)

    @pytest.mark.parametrize("sku", ["", "  "])
    def test_blank_cannot_be_received_or_reserved(self, inventory, sku):
        with pytest.raises(ValueError):
            inventory.receive(sku, 1)
        with pytest.raises(ValueError):
            inventory.reserve(sku, 1)


class TestReserve:
    def test_holds_pieces(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        assert reservation.quantity == 4
        assert reservation.expires_at == 60.0
        assert stocked.available("AB-1") == 6
        assert stocked.on_hand("AB-1") == 10

    def test_everything(self, stocked):
        stocked.reserve("AB-1", 10)
        assert stocked.available("AB-1") == 0

    def test_too_many(self, stocked):
        stocked.reserve("AB-1", 4)
        with pytest.raises(OutOfStock) as caught:
            stocked.reserve("ab-1", 7)
        assert caught.value.sku == "AB-1"
        assert caught.value.wanted == 7
        assert caught.value.available == 6
        assert stocked.available("AB-1") == 6

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_bad_quantity(self, stocked, quantity):
        with pytest.raises(ValueError):
            stocked.reserve("AB-1", quantity)
        assert stocked.available("AB-1") == 10

    def test_ids_differ(self, stocked):
        assert stocked.reserve("AB-1", 1).id != stocked.reserve("AB-1", 1).id


class TestShip:
    def test_takes_pieces(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        stocked.ship(reservation.id)
        assert stocked.on_hand("AB-1") == 6
        assert stocked.available("AB-1") == 6

    def test_twice(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        stocked.ship(reservation.id)
        with pytest.raises(LookupError):
            stocked.ship(reservation.id)
        assert stocked.on_hand("AB-1") == 6

    def test_unknown(self, stocked):
        with pytest.raises(LookupError):
            stocked.ship("no such id")


class TestCancel:
    def test_gives_pieces_free(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        stocked.cancel(reservation.id)
        assert stocked.available("AB-1") == 10
        assert stocked.on_hand("AB-1") == 10

    def test_twice(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        stocked.cancel(reservation.id)
        with pytest.raises(LookupError):
            stocked.cancel(reservation.id)

    def test_cannot_be_shipped_afterwards(self, stocked):
        reservation = stocked.reserve("AB-1", 4)
        stocked.cancel(reservation.id)
        with pytest.raises(LookupError):
            stocked.ship(reservation.id)


class TestExpiry:
    def test_before(self, stocked, clock):
        reservation = stocked.reserve("AB-1", 4)
        clock.now = 59.9
        assert stocked.available("AB-1") == 6
        stocked.ship(reservation.id)

    def test_at_the_moment(self, stocked, clock):
        reservation = stocked.reserve("AB-1", 4)
        clock.now = 60.0
        assert stocked.available("AB-1") == 10
        with pytest.raises(LookupError):
            stocked.ship(reservation.id)
        with pytest.raises(LookupError):
            stocked.cancel(reservation.id)


class TestLowStock:
    def test_scarcest_first(self, inventory):
        inventory.receive("C", 2)
        inventory.receive("B", 1)
        inventory.receive("A", 2)
        inventory.receive("D", 5)
        assert inventory.low_stock(5) == ["B", "A", "C"]

    def test_counts_available(self, stocked):
        stocked.reserve("AB-1", 8)
        assert stocked.low_stock(3) == ["AB-1"]
