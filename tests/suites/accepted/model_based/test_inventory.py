"""Tests of `inventory` against a small model, with drawn stories, and a few hand-written corner cases."""

import random

import pytest
from inventory import Inventory, OutOfStock

SPELLINGS = [str.upper, str.lower, str.title, lambda sku: f"  {sku}\t"]


class Model:
    """The specification, as plainly as can be."""

    def __init__(self, clock, hold_seconds):
        self.clock, self.hold_seconds = clock, hold_seconds
        self.shelf = {}
        self.holds = {}

    def free(self, sku):
        held = [hold for hold in self.holds.values() if hold[0] == sku and hold[2] > self.clock()]
        return self.shelf.get(sku, 0) - sum(quantity for _, quantity, _ in held)

    def live(self):
        return [key for key, hold in self.holds.items() if hold[2] > self.clock()]

    def low(self, threshold):
        ranked = sorted((self.free(sku), sku) for sku in self.shelf)
        return [sku for free, sku in ranked if free < threshold]


def agree(inventory, model):
    for sku in ("AB-1", "CD-2", "EF-3", "GH-4"):
        assert inventory.on_hand(sku) == model.shelf.get(sku, 0)
        assert inventory.available(sku) == model.free(sku)
    for threshold in (0, 1, 5):
        assert inventory.low_stock(threshold) == model.low(threshold)


def step(draw, inventory, model, clock, ids):
    sku = draw.choice(["AB-1", "CD-2", "EF-3"])
    spelled = draw.choice(SPELLINGS)(sku)
    action = draw.choice(["receive", "reserve", "reserve", "ship", "cancel", "wait"])
    quantity = draw.randint(1, 6)
    if action == "receive":
        model.shelf[sku] = model.shelf.get(sku, 0) + quantity
        assert inventory.receive(spelled, quantity) == model.shelf[sku]
    elif action == "reserve" and quantity > model.free(sku):
        with pytest.raises(OutOfStock) as caught:
            inventory.reserve(spelled, quantity)
        assert caught.value.sku == sku
        assert caught.value.wanted == quantity
        assert caught.value.available == model.free(sku)
    elif action == "reserve":
        hold = inventory.reserve(spelled, quantity)
        assert hold.id not in ids
        ids.append(hold.id)
        model.holds[hold.id] = (sku, quantity, clock() + model.hold_seconds)
        assert (hold.sku, hold.quantity, hold.expires_at) == model.holds[hold.id]
    elif action == "wait":
        clock.now += draw.choice([1.0, model.hold_seconds - 1.0, model.hold_seconds])
    elif ids:
        end(draw.choice(ids), getattr(inventory, action), model, ships=action == "ship")


def end(key, act, model, *, ships):
    if key not in model.live():
        with pytest.raises(LookupError):
            act(key)
        return
    act(key)
    sku, quantity, _ = model.holds.pop(key)
    if ships:
        model.shelf[sku] -= quantity


@pytest.mark.parametrize("seed", range(12))
def test_a_story(seed, make, clock):
    draw = random.Random(seed)
    inventory, model, ids = make(), Model(clock, 30.0), []
    for _ in range(30):
        step(draw, inventory, model, clock, ids)
        agree(inventory, model)


def test_one_inventory_knows_nothing_of_another(make):
    make(a=5)
    assert make().on_hand("a") == 0


@pytest.mark.parametrize("sku", ["", " ", "\t\n"])
@pytest.mark.parametrize("method", ["on_hand", "available", "receive", "reserve"])
def test_a_blank_sku(make, method, sku):
    arguments = (sku, 1) if method.startswith("re") else (sku,)
    pytest.raises(ValueError, getattr(make(a=1), method), *arguments)


@pytest.mark.parametrize("quantity", [0, -1, -10])
def test_a_quantity_below_one(make, quantity):
    inventory = make(a=10)
    for refusing in (inventory.receive, inventory.reserve):
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            refusing("a", quantity)
    assert inventory.on_hand("a") == inventory.available("a") == 10


@pytest.mark.parametrize("ended", ["ship", "cancel"])
@pytest.mark.parametrize("again", ["ship", "cancel"])
def test_a_reservation_ends_once(make, ended, again):
    inventory = make(a=10)
    key = inventory.reserve("a", 4).id
    getattr(inventory, ended)(key)
    left = inventory.on_hand("a")
    with pytest.raises(LookupError):
        getattr(inventory, again)(key)
    assert inventory.on_hand("a") == inventory.available("a") == left


def test_it_expires_at_the_very_moment(make, clock):
    inventory = make(a=10)
    first = inventory.reserve("a", 4)
    clock.now += 29.5
    assert inventory.available("a") == 6
    clock.now += 0.5
    for act in (inventory.ship, inventory.cancel):
        with pytest.raises(LookupError):
            act(first.id)
    assert inventory.available("a") == 10


def test_the_scarcest_first(make):
    inventory = make(d=4, c=1, b=2, a=1, e=3)
    inventory.reserve("d", 4)
    for stranger in ("x", "y"):
        inventory.available(stranger)
        with pytest.raises(OutOfStock):
            inventory.reserve(stranger, 1)
    assert inventory.low_stock(3) == ["D", "A", "C", "B"]


def test_ids_are_not_given_again(make):
    inventory = make(a=10)
    first, second = inventory.reserve("a", 1).id, inventory.reserve("a", 1).id
    inventory.cancel(first)
    assert inventory.reserve("a", 1).id not in (first, second)


def test_time_goes_by_default():
    assert Inventory().on_hand("a") == 0
