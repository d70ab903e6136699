"""A market that stays fast. README.md says what it answers; naive.py is today's implementation."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


def _price(offer: Offer) -> int:
    return offer.price


def _order(offer: Offer) -> tuple[int, str]:
    return (offer.price, offer.name)


def _amount(offer: Offer) -> int:
    return offer.amount


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        """Put the offers, one after the other."""
        self._offers: dict[str, Offer] = {}  # by name, in the order of the last put
        self._sorted: list[Offer] = []  # always sorted by price, then name
        # prefix sums of the sorted list, calculated again when they are needed after a change
        self._amounts: list[int] = [0]
        self._costs: list[int] = [0]
        self._changed = False
        for offer in offers:
            self.put(offer.name, offer.price, offer.amount)

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if price < 0 or price > 99999:
            raise ValueError("price must be between 0 and 99999")
        if amount < 1:
            raise ValueError("amount must be at least 1")
        if name in self._offers:
            self.remove(name)
        offer = Offer(name, price, amount)
        self._offers[name] = offer
        insort(self._sorted, offer, key=_order)
        self._changed = True

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        offer = self._offers.pop(name)
        index = bisect_left(self._sorted, _order(offer), key=_order)
        del self._sorted[index]
        self._changed = True

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        if not self._offers:
            raise KeyError("market is empty")
        oldest = next(iter(self._offers.values()))
        self.remove(oldest.name)
        return oldest

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        offer = self._offers[name]
        return bisect_left(self._sorted, offer.price, key=_price) + 1

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return self._sorted[start : start + count]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        if not self._sorted:
            return None
        index = bisect_left(self._sorted, price, key=_price)
        if index == 0:
            return self._sorted[0]
        if index == len(self._sorted):
            return self._sorted[-1]
        before = self._sorted[index - 1]
        after = self._sorted[index]
        if price - before.price <= after.price - price:
            return before
        return after

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        self._update_sums()
        start, end = self._range(low, high)
        if start >= end:
            return 0
        return self._amounts[end] - self._amounts[start]

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        start, end = self._range(low, high)
        return max(self._sorted[start:end], key=_amount, default=None)

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        self._update_sums()
        if amount < 0 or amount > self._amounts[-1]:
            raise ValueError(f"cannot buy {amount}")
        if amount == 0:
            return 0
        # number of offers that are bought completely
        full = bisect_right(self._amounts, amount) - 1
        spent = self._costs[full]
        rest = amount - self._amounts[full]
        if rest > 0:
            spent += rest * self._sorted[full].price
        return spent

    def _range(self, low: int, high: int) -> tuple[int, int]:
        start = bisect_left(self._sorted, low, key=_price)
        end = bisect_right(self._sorted, high, key=_price)
        return start, end

    def _update_sums(self) -> None:
        if not self._changed:
            return
        self._amounts = list(accumulate((offer.amount for offer in self._sorted), initial=0))
        self._costs = list(accumulate((offer.amount * offer.price for offer in self._sorted), initial=0))
        self._changed = False
