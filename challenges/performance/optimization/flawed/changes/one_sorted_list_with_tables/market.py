"""One sorted list that is kept in order; tables of sums and maxima, which a change throws away."""

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
    """Sums up to each of the offers, and the greatest amounts of 2, 4, 8, ... neighbours."""

    def __init__(self, prices: list[int], amounts: list[int]) -> None:
        self.amounts = list(accumulate(amounts, initial=0))
        self.costs = list(accumulate(map(mul, prices, amounts), initial=0))
        self.greatest = [[(amount, -position) for position, amount in enumerate(amounts)]]
        width = 1
        while 2 * width <= len(amounts):
            last = self.greatest[-1]
            self.greatest.append(list(map(max, last, last[width:])))
            width *= 2


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        for name, price, amount in offers:
            self._renew(name, price, amount)
        self._keys = sorted((offer.price, offer.name) for offer in self._offers.values())
        self._amounts = [self._offers[name].amount for _, name in self._keys]
        self._made: _Tables | None = None

    def __len__(self) -> int:
        return len(self._offers)

    def _renew(self, name: str, price: int, amount: int) -> Offer | None:
        if not 0 <= price < 100_000 or amount < 1:
            raise ValueError(f"{amount} for {price}")
        old = self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)
        return old

    def _forget(self, offer: Offer) -> None:
        self._made = None
        place = bisect_left(self._keys, (offer.price, offer.name))
        del self._keys[place], self._amounts[place]

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if old := self._renew(name, price, amount):
            self._forget(old)
        self._made = None
        place = bisect_left(self._keys, (price, name))
        self._keys.insert(place, (price, name))
        self._amounts.insert(place, amount)

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        self._forget(self._offers.pop(name))

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        _, offer = self._offers.popitem(last=False)
        self._forget(offer)
        return offer

    def _place(self, price: int) -> int:
        return bisect_left(self._keys, (price,))

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + self._place(self._offers[name].price)

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        return [self._offers[name] for _, name in self._keys[start : start + count]]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        above = self._place(price)
        keys = [self._keys[self._place(self._keys[above - 1][0])]] if above else []
        keys += self._keys[above : above + 1]
        key = min(keys, key=lambda key: abs(key[0] - price), default=None)
        return self._offers[key[1]] if key else None

    @property
    def _tables(self) -> _Tables:
        if self._made is None:
            self._made = _Tables([price for price, _ in self._keys], self._amounts)
        return self._made

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        start = self._place(low)
        return self._tables.amounts[max(start, self._place(high + 1))] - self._tables.amounts[start]

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        start, stop = self._place(low), self._place(high + 1)
        if start >= stop:
            return None
        level = (stop - start).bit_length() - 1
        row = self._tables.greatest[level]
        _, position = max(row[start], row[stop - (1 << level)])
        return self._offers[self._keys[-position][1]]

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        sums = self._tables.amounts
        if not 0 <= amount <= sums[-1]:
            raise ValueError(f"cannot buy {amount}")
        whole = max(0, bisect_left(sums, amount) - 1)
        return self._tables.costs[whole] + (amount - sums[whole]) * self._keys[whole][0] if amount else 0
