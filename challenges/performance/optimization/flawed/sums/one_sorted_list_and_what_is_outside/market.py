"""One sorted list, and nothing in step with it but the sum of everything. Ranges are wide: what is outside of them is
subtracted, and the greatest is looked for from the greatest of all down. `cost` has tables from the second question on.
"""

from __future__ import annotations

from bisect import bisect_left, insort
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


class Tables(NamedTuple):
    """Sums up to each offer."""

    amounts: list[int]
    costs: list[int]


def tables(amounts: list[int], costs: list[int]) -> Tables:
    """Add up everything."""
    return Tables(list(accumulate(amounts, initial=0)), list(accumulate(costs, initial=0)))


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        for name, price, amount in offers:
            self._renew(name, price, amount)
        self._keys = sorted((offer.price, offer.name) for offer in self._offers.values())
        self._amounts = [self._offers[name].amount for _, name in self._keys]
        self._costs = list(map(mul, self._amounts, (price for price, _ in self._keys)))
        self._down = sorted((-amount, price, name) for name, price, amount in self._offers.values())
        self._all = sum(self._amounts)
        self._asked = 0
        self._made: Tables | None = None

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
        del self._keys[place], self._amounts[place], self._costs[place]
        del self._down[bisect_left(self._down, (-offer.amount, offer.price, offer.name))]
        self._all -= offer.amount
        self._asked = 0
        self._made = None

    def _tables(self) -> Tables | None:
        """None at the first question after a change."""
        self._asked += 1
        if self._asked > 1 and self._made is None:
            self._made = tables(self._amounts, self._costs)
        return self._made

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if old := self._renew(name, price, amount):
            self._forget(old)
        place = bisect_left(self._keys, (price, name))
        self._keys.insert(place, (price, name))
        self._amounts.insert(place, amount)
        self._costs.insert(place, amount * price)
        insort(self._down, (-amount, price, name))
        self._all += amount
        self._asked = 0
        self._made = None

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        self._forget(self._offers.pop(name))

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        _, offer = self._offers.popitem(last=False)
        self._forget(offer)
        return offer

    def _position(self, price: int) -> int:
        return bisect_left(self._keys, (price,))

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + self._position(self._offers[name].price)

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        return [self._offers[name] for _, name in self._keys[start : start + count]]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        above = self._position(price)
        places = [self._position(self._keys[above - 1][0])] if above else []
        places += [above] if above < len(self._keys) else []
        offers = (self._offers[self._keys[place][1]] for place in places)
        return min(offers, key=lambda offer: abs(offer.price - price), default=None)

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        start, stop = self._position(low), self._position(high + 1)
        if low > high:
            return 0
        return self._all - sum(self._amounts[:start]) - sum(self._amounts[stop:])

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        return next((self._offers[name] for _, price, name in self._down if low <= price <= high), None)

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        made = self._tables()
        whole, left = self._bought(amount, made)
        spent = made.costs[whole] if made else sum(self._costs[:whole])
        return spent + left * self._keys[whole][0] if left else spent

    def _bought(self, amount: int, made: Tables | None) -> tuple[int, int]:
        """How many offers are bought whole, and the amount that is still needed."""
        if made:
            if not 0 <= amount <= made.amounts[-1]:
                raise ValueError(f"cannot buy {amount}")
            whole = max(0, bisect_left(made.amounts, amount) - 1)
            return whole, amount - made.amounts[whole]
        if not 0 <= amount:
            raise ValueError(f"cannot buy {amount}")
        start, stop = 0, len(self._amounts)
        while start < stop:
            middle = (start + stop + 1) // 2
            if (part := sum(self._amounts[start:middle])) <= amount:
                start, amount = middle, amount - part
            else:
                stop = middle - 1
        if amount and start == len(self._amounts):
            raise ValueError("more than is for sale")
        return start, amount
