"""A market that stays fast. README.md says what it answers; naive.py is today's implementation.

Structures:

- a dict by name, in the order of the last `put` (`expire`)
- one sorted list of (price, name) (`rank`, `page`, `nearest`, and where a range begins and ends)
- two Fenwick trees over the prices, for amounts and for amount * price (`total`, `cost`)
- for `largest`, the best offer of each chunk of prices
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

PRICES = 100_000
CHUNK = 500  # prices in a chunk


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class Fenwick:
    """Sums of a prefix, and changes of a single place, in logarithmic time."""

    def __init__(self, size: int) -> None:
        self._tree = [0] * (size + 1)

    def add(self, index: int, value: int) -> None:
        tree = self._tree
        index += 1
        while index < len(tree):
            tree[index] += value
            index += index & -index

    def prefix(self, count: int) -> int:
        """The sum of the first `count` places."""
        tree = self._tree
        result = 0
        while count > 0:
            result += tree[count]
            count -= count & -count
        return result


def _better(first: Offer | None, second: Offer | None) -> Offer | None:
    """The offer with the greater amount; if they are equal, the one that is first in the order."""
    if first is None:
        return second
    if second is None:
        return first
    if (-first.amount, first.price, first.name) <= (-second.amount, second.price, second.name):
        return first
    return second


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        """Put the offers, one after the other."""
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._order: list[tuple[int, str]] = []
        self._amounts = Fenwick(PRICES)
        self._costs = Fenwick(PRICES)
        self._for_sale = 0
        self._best: list[Offer | None] = [None] * (PRICES // CHUNK)
        for name, price, amount in offers:
            self.put(name, price, amount)

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if not 0 <= price < PRICES:
            raise ValueError(f"the price must be from 0 to {PRICES - 1}, got {price}")
        if amount < 1:
            raise ValueError(f"the amount must be at least 1, got {amount}")
        if name in self._offers:
            self.remove(name)
        offer = Offer(name, price, amount)
        self._offers[name] = offer
        insort(self._order, (price, name))
        self._amounts.add(price, amount)
        self._costs.add(price, amount * price)
        self._for_sale += amount
        chunk = price // CHUNK
        self._best[chunk] = _better(self._best[chunk], offer)

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        offer = self._offers.pop(name)
        del self._order[bisect_left(self._order, (offer.price, name))]
        self._amounts.add(offer.price, -offer.amount)
        self._costs.add(offer.price, -offer.amount * offer.price)
        self._for_sale -= offer.amount
        chunk = offer.price // CHUNK
        if self._best[chunk] is offer:
            # only now must the chunk be looked through
            self._best[chunk] = self._scan(self._position(chunk * CHUNK), self._position((chunk + 1) * CHUNK))

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        if not self._offers:
            raise KeyError("the market is empty")
        oldest = next(iter(self._offers.values()))
        self.remove(oldest.name)
        return oldest

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + self._position(self._offers[name].price)

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return [self._offers[name] for _, name in self._order[start : start + count]]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        if not self._order:
            return None
        above = self._position(price)
        candidates = []
        if above > 0:
            # the first of those that share the next lower price
            candidates.append(self._position(self._order[above - 1][0]))
        if above < len(self._order):
            candidates.append(above)
        # min takes the first of equals, which is the cheaper one
        best = min(candidates, key=lambda position: abs(self._order[position][0] - price))
        return self._offers[self._order[best][1]]

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        low, high = max(low, 0), min(high, PRICES - 1)
        if low > high:
            return 0
        return self._amounts.prefix(high + 1) - self._amounts.prefix(low)

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        low, high = max(low, 0), min(high, PRICES - 1)
        if low > high:
            return None
        first = -(-low // CHUNK)  # the first chunk that is entirely inside
        last = (high + 1) // CHUNK  # the first chunk after them
        if first >= last:
            return self._scan(self._position(low), self._position(high + 1))
        best = self._scan(self._position(low), self._position(first * CHUNK))
        for offer in self._best[first:last]:
            best = _better(best, offer)
        return _better(best, self._scan(self._position(last * CHUNK), self._position(high + 1)))

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        if not 0 <= amount <= self._for_sale:
            raise ValueError(f"cannot buy {amount}, {self._for_sale} are for sale")
        # Binary search for the price that is bought only in part: all below it is bought entirely.
        low, high = 0, PRICES
        while low < high:
            middle = (low + high) // 2
            if self._amounts.prefix(middle + 1) > amount:
                high = middle
            else:
                low = middle + 1
        rest = amount - self._amounts.prefix(low)
        return self._costs.prefix(low) + rest * low

    def _position(self, price: int) -> int:
        """How many offers are cheaper than `price`."""
        return bisect_left(self._order, (price, ""))

    def _scan(self, start: int, end: int) -> Offer | None:
        """The offer with the greatest amount in these positions of the order, the first of several."""
        offers = [self._offers[name] for _, name in self._order[start:end]]
        return max(offers, key=lambda offer: offer.amount, default=None)
