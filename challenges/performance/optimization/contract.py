"""Typed usage of the API of `market`: checked with `mypy --strict` beside a submission, never run."""

from typing import assert_type

from market import Market, Offer

offer = Offer("ada", 90, 5)
assert_type(offer.name, str)
assert_type(offer.price, int)
assert_type(offer.amount, int)
name, price, amount = offer
assert_type(name, str)

empty = Market()
market = Market([offer, Offer(name="bob", price=70, amount=2)])
Market(offers=(entry for entry in [offer]))
market.put("cyd", 90, 7)
market.put(name="dan", price=50, amount=1)
market.remove(name="dan")

expired: Offer = market.expire()
near: Offer | None = market.nearest(price=80)
most: Offer | None = market.largest(low=0, high=100)
for entry in market.page(0, 10):
    listed: Offer = entry
    assert_type(entry.price, int)
market.page(start=0, count=10).clear()
assert_type(len(market), int)
assert_type(market.rank(name="ada"), int)
assert_type(market.total(low=0, high=100), int)
assert_type(market.cost(amount=3), int)

market.put("ada", "90", 5)  # type: ignore[arg-type]
market.put("ada", 90)  # type: ignore[call-arg]
market.rank(1)  # type: ignore[arg-type]
market.page(0)  # type: ignore[call-arg]
market.total("0", 1)  # type: ignore[arg-type]
market.nearest(80).name  # type: ignore[union-attr]
Market([("ada", "90", 5)])  # type: ignore[list-item]
market.remove(1)  # type: ignore[arg-type]
market.page("0", 1)  # type: ignore[arg-type]
market.nearest("80")  # type: ignore[arg-type]
market.largest(0, "1")  # type: ignore[arg-type]
market.cost("3")  # type: ignore[arg-type]
market.expire().other  # type: ignore[attr-defined]
market.largest(0, 1).name  # type: ignore[union-attr]
