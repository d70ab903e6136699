"""Questions search in sorted lists and in sums up to each offer. A change throws them away; the next question makes all
of them anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from itertools import accumulate
from operator import mul
from typing import NamedTuple


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class _Tables:
    """Offers in order, sums up to each of them, and the greatest amounts of 2, 4, 8, ... neighbours."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.offers = sorted(offers, key=lambda offer: (offer.price, offer.name))
        self.prices = [offer.price for offer in self.offers]
        amounts = [offer.amount for offer in self.offers]
        self.amounts = list(accumulate(amounts, initial=0))
        self.costs = list(accumulate(map(mul, self.prices, amounts), initial=0))
        self.greatest = [[(amount, -position) for position, amount in enumerate(amounts)]]
        width = 1
        while 2 * width <= len(amounts):
            last = self.greatest[-1]
            self.greatest.append(list(map(max, last, last[width:])))
            width *= 2

    def range(self, low: int, high: int) -> tuple[int, int]:
        """The positions of the offers in a range of prices."""
        start = bisect_left(self.prices, low)
        return start, max(start, bisect_left(self.prices, high + 1))

    def largest(self, start: int, stop: int) -> Offer | None:
        """The first offer with the greatest amount."""
        if start == stop:
            return None
        level = (stop - start).bit_length() - 1
        row = self.greatest[level]
        _, position = max(row[start], row[stop - (1 << level)])
        return self.offers[-position]


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._made: _Tables | None = None
        for offer in offers:
            self.put(*offer)

    @property
    def _tables(self) -> _Tables:
        if self._made is None:
            self._made = _Tables(self._offers.values())
        return self._made

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if not 0 <= price < 100_000 or amount < 1:
            raise ValueError(f"{amount} for {price}")
        self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)
        self._made = None

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        del self._offers[name]
        self._made = None

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        _, offer = self._offers.popitem(last=False)
        self._made = None
        return offer

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + bisect_left(self._tables.prices, self._offers[name].price)

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        return self._tables.offers[start : start + count]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        tables = self._tables
        above = bisect_left(tables.prices, price)
        places = [bisect_left(tables.prices, tables.prices[above - 1])] if above else []
        places += [above] if above < len(tables.prices) else []
        return min((tables.offers[place] for place in places), key=lambda offer: abs(offer.price - price), default=None)

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        start, stop = self._tables.range(low, high)
        return self._tables.amounts[stop] - self._tables.amounts[start]

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        return self._tables.largest(*self._tables.range(low, high))

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        tables = self._tables
        if not 0 <= amount <= tables.amounts[-1]:
            raise ValueError(f"cannot buy {amount}")
        whole = max(0, bisect_left(tables.amounts, amount) - 1)
        return tables.costs[whole] + (amount - tables.amounts[whole]) * tables.prices[whole] if amount else 0
