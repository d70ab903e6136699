"""One sorted list, and the amounts beside it. A sum or a maximum takes a slice."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        for name, price, amount in offers:
            self._renew(name, price, amount)
        self._keys = sorted((offer.price, offer.name) for offer in self._offers.values())
        self._amounts = [self._offers[name].amount for _, name in self._keys]

    def __len__(self) -> int:
        return len(self._offers)

    def _renew(self, name: str, price: int, amount: int) -> Offer | None:
        if not 0 <= price < 100_000 or amount < 1:
            raise ValueError(f"{amount} for {price}")
        old = self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)
        return old

    def _forget(self, offer: Offer) -> None:
        place = bisect_left(self._keys, (offer.price, offer.name))
        del self._keys[place], self._amounts[place]

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if old := self._renew(name, price, amount):
            self._forget(old)
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

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        return sum(self._amounts[self._place(low) : self._place(high + 1)])

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        start = self._place(low)
        amounts = self._amounts[start : self._place(high + 1)]
        return self._offers[self._keys[start + amounts.index(max(amounts))][1]] if amounts else None

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        if not 0 <= amount <= sum(self._amounts):
            raise ValueError(f"cannot buy {amount}")
        spent = 0
        for (price, _), available in zip(self._keys, self._amounts, strict=True):
            bought = min(available, amount)
            spent += bought * price
            amount -= bought
            if not amount:
                break
        return spent
