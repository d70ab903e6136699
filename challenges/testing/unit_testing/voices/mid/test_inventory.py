import pytest

from inventory import Inventory, OutOfStock


# --- receive / on_hand / available -------------------------------------------------------------


def test_unknown_article_is_empty(inv):
    assert inv.on_hand("X") == 0
    assert inv.available("X") == 0


def test_receive_returns_total(inv):
    assert inv.receive("A", 5) == 5
    assert inv.receive("A", 2) == 7
    assert inv.on_hand("A") == 7
    assert inv.available("A") == 7


def test_receive_counts_held_pieces(inv):
    inv.receive("A", 5)
    inv.reserve("A", 3)
    assert inv.receive("A", 1) == 6
    assert inv.available("A") == 3


@pytest.mark.parametrize("sku", ["a-1", "A-1", "  a-1  ", "\ta-1"])
def test_names_are_normalised(inv, sku):
    inv.receive("A-1", 1)
    assert inv.receive(sku, 2) == 3
    assert inv.on_hand(sku) == 3
    assert inv.available(sku) == 3


@pytest.mark.parametrize("sku", ["", "  ", "\t"])
def test_empty_names(inv, sku):
    with pytest.raises(ValueError):
        inv.receive(sku, 1)
    with pytest.raises(ValueError):
        inv.on_hand(sku)
    with pytest.raises(ValueError):
        inv.available(sku)
    with pytest.raises(ValueError):
        inv.reserve(sku, 1)


@pytest.mark.parametrize("quantity", [0, -1])
def test_bad_quantity_receive(inv, quantity):
    inv.receive("A", 3)
    with pytest.raises(ValueError):
        inv.receive("A", quantity)
    assert inv.on_hand("A") == 3


def test_articles_are_independent(inv):
    inv.receive("A", 3)
    inv.receive("B", 4)
    inv.reserve("A", 1)
    assert inv.available("A") == 2
    assert inv.available("B") == 4


# --- reserve -----------------------------------------------------------------------------------


def test_reserve(inv, clock):
    inv.receive("A", 5)
    reservation = inv.reserve("a ", 2)
    assert reservation.sku == "A"
    assert reservation.quantity == 2
    assert reservation.expires_at == 160.0
    assert inv.on_hand("A") == 5
    assert inv.available("A") == 3


def test_reserve_everything(inv):
    inv.receive("A", 5)
    inv.reserve("A", 5)
    assert inv.available("A") == 0


def test_out_of_stock(inv):
    inv.receive("A", 5)
    inv.reserve("A", 2)
    with pytest.raises(OutOfStock) as info:
        inv.reserve("a", 4)
    assert info.value.sku == "A"
    assert info.value.wanted == 4
    assert info.value.available == 3
    assert inv.available("A") == 3


def test_out_of_stock_unknown_article(inv):
    with pytest.raises(OutOfStock) as info:
        inv.reserve("A", 1)
    assert info.value.available == 0


@pytest.mark.parametrize("quantity", [0, -1])
def test_bad_quantity_reserve(inv, quantity):
    inv.receive("A", 5)
    with pytest.raises(ValueError):
        inv.reserve("A", quantity)
    assert inv.available("A") == 5


def test_ids_are_unique(inv):
    inv.receive("A", 10)
    ids = [inv.reserve("A", 1).id for _ in range(10)]
    assert len(set(ids)) == 10


# --- ship / cancel -----------------------------------------------------------------------------


def test_ship(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.ship(reservation.id)
    assert inv.on_hand("A") == 3
    assert inv.available("A") == 3


def test_ship_twice(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.ship(reservation.id)
    with pytest.raises(LookupError):
        inv.ship(reservation.id)
    assert inv.on_hand("A") == 3


def test_cancel(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.cancel(reservation.id)
    assert inv.on_hand("A") == 5
    assert inv.available("A") == 5


def test_cancel_twice(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.cancel(reservation.id)
    with pytest.raises(LookupError):
        inv.cancel(reservation.id)
    assert inv.available("A") == 5


def test_cancel_after_ship(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.ship(reservation.id)
    with pytest.raises(LookupError):
        inv.cancel(reservation.id)
    assert inv.available("A") == 3


def test_ship_after_cancel(inv):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    inv.cancel(reservation.id)
    with pytest.raises(LookupError):
        inv.ship(reservation.id)
    assert inv.on_hand("A") == 5


def test_unknown_id(inv):
    with pytest.raises(LookupError):
        inv.ship("no such id")
    with pytest.raises(LookupError):
        inv.cancel("no such id")


def test_only_one_reservation_is_shipped(inv):
    inv.receive("A", 10)
    first = inv.reserve("A", 2)
    second = inv.reserve("A", 3)
    inv.ship(second.id)
    assert inv.on_hand("A") == 7
    assert inv.available("A") == 5
    inv.cancel(first.id)
    assert inv.available("A") == 7


# --- time --------------------------------------------------------------------------------------


def test_expires_at_the_moment(inv, clock):
    inv.receive("A", 5)
    inv.reserve("A", 2)
    clock.now = 159.0
    assert inv.available("A") == 3
    clock.now = 160.0
    assert inv.available("A") == 5
    assert inv.on_hand("A") == 5


def test_expired_cannot_be_shipped(inv, clock):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    clock.now = 160.0
    with pytest.raises(LookupError):
        inv.ship(reservation.id)
    assert inv.on_hand("A") == 5


def test_expired_cannot_be_cancelled(inv, clock):
    inv.receive("A", 5)
    reservation = inv.reserve("A", 2)
    clock.now = 200.0
    with pytest.raises(LookupError):
        inv.cancel(reservation.id)
    assert inv.available("A") == 5


def test_expired_pieces_can_be_reserved(inv, clock):
    inv.receive("A", 5)
    inv.reserve("A", 5)
    clock.now = 160.0
    assert inv.reserve("A", 5).expires_at == 220.0


def test_default_hold(clock):
    inventory = Inventory(clock=clock)
    inventory.receive("A", 1)
    assert inventory.reserve("A", 1).expires_at == 1000.0


# --- low_stock ---------------------------------------------------------------------------------


def test_low_stock(inv):
    inv.receive("b", 2)
    inv.receive("a", 2)
    inv.receive("c", 1)
    inv.receive("d", 9)
    assert inv.low_stock(3) == ["C", "A", "B"]


def test_low_stock_threshold(inv):
    inv.receive("A", 3)
    assert inv.low_stock(3) == []
    assert inv.low_stock(4) == ["A"]


def test_low_stock_uses_available(inv):
    inv.receive("A", 5)
    inv.reserve("A", 4)
    assert inv.low_stock(2) == ["A"]


def test_low_stock_only_received(inv):
    inv.on_hand("A")
    assert inv.low_stock(10) == []


# --- several inventories -----------------------------------------------------------------------


def test_inventories_are_independent(clock):
    one = Inventory(clock=clock)
    two = Inventory(clock=clock)
    one.receive("A", 5)
    assert two.on_hand("A") == 0
