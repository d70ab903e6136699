"""A market on Fenwick trees and a segment tree: prices are few enough to be indices, so each price has a shelf.

The trees are twice as long as there are prices, rounded up to a power of two; they know of each price how many offers
it has, the sum of their amounts, and what all of them cost. Another tree knows the greatest amount.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

BITS = 17
SIZE = 1 << BITS
HIGHEST = 99_999


class Offer(NamedTuple):
    name: str
    price: int
    amount: int


class Fenwick:
    """Sums of what lies at indices below SIZE."""

    def __init__(self) -> None:
        self.nodes = [0] * (SIZE + 1)

    def load(self, values: list[int]) -> None:
        nodes = self.nodes
        nodes[1:] = values
        for index in range(1, SIZE):
            if nodes[index]:
                nodes[index + (index & -index)] += nodes[index]

    def add(self, index: int, value: int) -> None:
        nodes = self.nodes
        index += 1
        while index <= SIZE:
            nodes[index] += value
            index += index & -index

    def below(self, index: int) -> int:
        nodes = self.nodes
        total = 0
        while index:
            total += nodes[index]
            index &= index - 1
        return total

    def find(self, value: int) -> tuple[int, int]:
        """The index up to whose end the sum exceeds `value`, and the sum below it."""
        nodes = self.nodes
        index, total = 0, 0
        for bit in range(BITS - 1, -1, -1):
            step = index + (1 << bit)
            if total + nodes[step] <= value:
                index, total = step, total + nodes[step]
        return index, total


class Greatest:
    """The greatest of what lies at indices below SIZE."""

    def __init__(self) -> None:
        self.nodes = [0] * (2 * SIZE)

    def load(self, values: list[int]) -> None:
        nodes = self.nodes
        nodes[SIZE:] = values
        for index in range(SIZE - 1, 0, -1):
            left, right = nodes[2 * index], nodes[2 * index + 1]
            nodes[index] = left if left > right else right  # noqa: FURB136 - max() takes three times as long

    def set(self, index: int, value: int) -> None:
        nodes = self.nodes
        index += SIZE
        nodes[index] = value
        while index > 1:
            index >>= 1
            left, right = nodes[2 * index], nodes[2 * index + 1]
            value = left if left > right else right  # noqa: FURB136 - as above
            if nodes[index] == value:
                break
            nodes[index] = value

    def first(self, start: int, stop: int) -> tuple[int, int]:
        """The greatest value from `start` up to `stop`, and the first index where it is; (0, 0) if there is none."""
        nodes = self.nodes
        left, right = start + SIZE, stop + SIZE
        lefts: list[int] = []
        rights: list[int] = []
        while left < right:
            if left & 1:
                lefts.append(left)
                left += 1
            if right & 1:
                right -= 1
                rights.append(right)
            left >>= 1
            right >>= 1
        node = max(lefts + rights[::-1], key=nodes.__getitem__, default=0)
        if not nodes[node]:
            return 0, 0
        while node < SIZE:
            node = 2 * node if nodes[2 * node] == nodes[node] else 2 * node + 1
        return nodes[node], node - SIZE


class Market:
    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self.offers: OrderedDict[str, Offer] = OrderedDict()
        self.shelves: defaultdict[int, list[str]] = defaultdict(list)
        self.counts, self.amounts, self.costs = Fenwick(), Fenwick(), Fenwick()
        self.greatest = Greatest()
        for offer in offers:
            check(offer.price, offer.amount)
            self.offers.pop(offer.name, None)
            self.offers[offer.name] = Offer(*offer)
        if self.offers:
            self.load()

    def load(self) -> None:
        counts, amounts, costs, most = ([0] * SIZE for _ in range(4))
        for name, price, amount in self.offers.values():
            self.shelves[price].append(name)
            counts[price] += 1
            amounts[price] += amount
            costs[price] += amount * price
            if amount > most[price]:
                most[price] = amount
        for shelf in self.shelves.values():
            shelf.sort()
        self.counts.load(counts)
        self.amounts.load(amounts)
        self.costs.load(costs)
        self.greatest.load(most)

    def __len__(self) -> int:
        return len(self.offers)

    def put(self, name: str, price: int, amount: int) -> None:
        check(price, amount)
        if name in self.offers:
            self.remove(name)
        self.offers[name] = Offer(name, price, amount)
        insort(self.shelves[price], name)
        self.update(price, 1, amount)

    def remove(self, name: str) -> None:
        _, price, amount = self.offers.pop(name)
        shelf = self.shelves[price]
        del shelf[bisect_left(shelf, name)]
        self.update(price, -1, -amount)

    def update(self, price: int, count: int, amount: int) -> None:
        self.counts.add(price, count)
        self.amounts.add(price, amount)
        self.costs.add(price, amount * price)
        self.greatest.set(price, max((self.offers[name].amount for name in self.shelves[price]), default=0))

    def expire(self) -> Offer:
        if not self.offers:
            raise KeyError("nothing is for sale")
        offer = next(iter(self.offers.values()))
        self.remove(offer.name)
        return offer

    def rank(self, name: str) -> int:
        return self.counts.below(self.offers[name].price) + 1

    def page(self, start: int, count: int) -> list[Offer]:
        if min(start, count) < 0:
            raise ValueError("negative")
        if start >= len(self.offers):
            return []
        return list(islice(self.walk(start), min(count, len(self.offers) - start)))

    def walk(self, start: int) -> Iterable[Offer]:
        price, before = self.counts.find(start)
        position = start - before
        while True:
            shelf = self.shelves[price]
            yield from (self.offers[name] for name in shelf[position:])
            price, before = self.counts.find(before + len(shelf))
            position = 0

    def nearest(self, price: int) -> Offer | None:
        if not self.offers:
            return None
        below = self.counts.below(max(0, min(price, HIGHEST + 1)))
        beside = [self.counts.find(place)[0] for place in (below - 1, below) if 0 <= place < len(self.offers)]
        best = min(beside, key=lambda other: abs(other - price))
        return self.offers[self.shelves[best][0]]

    def total(self, low: int, high: int) -> int:
        low, high = max(low, 0), min(high, HIGHEST)
        return self.amounts.below(high + 1) - self.amounts.below(low) if low <= high else 0

    def largest(self, low: int, high: int) -> Offer | None:
        low, high = max(low, 0), min(high, HIGHEST)
        amount, price = self.greatest.first(low, high + 1) if low <= high else (0, 0)
        if not amount:
            return None
        return next(offer for offer in map(self.offers.__getitem__, self.shelves[price]) if offer.amount == amount)

    def cost(self, amount: int) -> int:
        available = self.amounts.below(SIZE)
        if not 0 <= amount <= available:
            raise ValueError(f"{amount} of {available}")
        if amount == available:
            return self.costs.below(SIZE)
        price, before = self.amounts.find(amount)
        return self.costs.below(price) + (amount - before) * price


def check(price: int, amount: int) -> None:
    if not 0 <= price <= HIGHEST or amount < 1:
        raise ValueError(f"{amount} for {price}")
