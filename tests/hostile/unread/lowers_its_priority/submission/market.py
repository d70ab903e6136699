"""A market that stays fast: offers in order of price, cut into short blocks, and a few figures for each block.

A question about a range looks at the two blocks at its ends, and only at the figures of the blocks in between. A change
touches one block. The offers by name, oldest first, are an order of their own.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

PRICES = range(100_000)
LONGEST = 256
"""Offers in a block before it is cut in two."""

Key: TypeAlias = tuple[int, str]


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class Place(NamedTuple):
    """Where a key is, or would be: the block, and the offers of it that come before."""

    block: int
    before: int


class _Block(NamedTuple):
    """Neighbours in the order, and their amounts beside them."""

    keys: list[Key]
    amounts: list[int]


class _Blocks:
    """Offers in order, in blocks that are never empty and never longer than LONGEST, with figures for each block."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._blocks: list[_Block] = []
        self._last: list[Key] = []
        self._counts: list[int] = []
        self._totals: list[int] = []
        self._costs: list[int] = []
        self._greatest: list[int] = []
        cuts = range(0, len(offers), LONGEST // 2)
        self._replace(0, 0, [_block(offers[cut : cut + LONGEST // 2]) for cut in cuts])

    def _replace(self, start: int, stop: int, blocks: list[_Block]) -> None:
        """Put blocks in the place of others, and count, add up and compare what is in them."""
        self._blocks[start:stop] = blocks
        self._last[start:stop] = [keys[-1] for keys, _ in blocks]
        self._counts[start:stop] = [len(keys) for keys, _ in blocks]
        self._totals[start:stop] = [sum(amounts) for _, amounts in blocks]
        self._costs[start:stop] = [sum(key[0] * amount for key, amount in zip(*block, strict=True)) for block in blocks]
        self._greatest[start:stop] = [max(amounts) for _, amounts in blocks]

    def add(self, name: str, price: int, amount: int) -> None:
        """Put an offer in its place."""
        key = (price, name)
        if not self._blocks:
            self._replace(0, 0, [_Block([key], [amount])])
            return
        index = min(bisect_left(self._last, key), len(self._last) - 1)
        keys, amounts = self._blocks[index]
        before = bisect_left(keys, key)
        keys.insert(before, key)
        amounts.insert(before, amount)
        if len(keys) > LONGEST:
            half = LONGEST // 2
            halves = [_Block(keys[:half], amounts[:half]), _Block(keys[half:], amounts[half:])]
            self._replace(index, index + 1, halves)
        else:
            self._greatest[index] = max(self._greatest[index], amount)
            self._adjust(index, 1, price, amount)

    def remove(self, name: str, price: int, amount: int) -> None:
        """Take out an offer that is there."""
        index, before = self.place((price, name))
        keys, amounts = self._blocks[index]
        del keys[before], amounts[before]
        if not keys:
            self._replace(index, index + 1, [])
            return
        if amount == self._greatest[index]:
            self._greatest[index] = max(amounts)
        self._adjust(index, -1, price, amount)

    def _adjust(self, index: int, sign: int, price: int, amount: int) -> None:
        self._last[index] = self._blocks[index].keys[-1]
        self._counts[index] += sign
        self._totals[index] += sign * amount
        self._costs[index] += sign * amount * price

    def place(self, key: tuple[int] | Key) -> Place:
        """Find the place of a key, which need not be there; `(price,)` comes before all keys of that price."""
        index = bisect_left(self._last, key)
        return Place(index, bisect_left(self._blocks[index].keys, key) if index < len(self._blocks) else 0)

    def position(self, price: int) -> int:
        """Count the offers that are cheaper."""
        index, before = self.place((price,))
        return sum(self._counts[:index]) + before

    def slice(self, start: int, count: int) -> list[Key]:
        """Return at most `count` keys from position `start` on."""
        ends = list(accumulate(self._counts))
        index = bisect_left(ends, start + 1)
        found: list[Key] = []
        while index < len(ends) and len(found) < count:
            skipped = max(0, start - (ends[index] - self._counts[index]))
            found += self._blocks[index].keys[skipped : skipped + count - len(found)]
            index += 1
        return found

    def nearest(self, price: int) -> Key | None:
        """Find the first key of the nearest price."""
        index, before = self.place((price,))
        above = self._blocks[index].keys[before] if index < len(self._blocks) else None
        if index == before == 0:
            return above
        last = self._blocks[index].keys[before - 1] if before else self._last[index - 1]
        if above is not None and above[0] - price < price - last[0]:
            return above
        index, before = self.place(last[:1])
        return self._blocks[index].keys[before]

    def total(self, low: int, high: int) -> int:
        """Add up the amounts in a range of prices."""
        first, last = self.place((low,)), self.place((high + 1,))
        if first.block == last.block:
            return sum(self._amounts(first.block, first.before, last.before))
        between = sum(self._totals[first.block + 1 : last.block])
        return sum(self._amounts(first.block, first.before)) + between + sum(self._amounts(last.block, 0, last.before))

    def largest(self, low: int, high: int) -> Key | None:
        """Find the first key with the greatest amount in a range of prices."""
        first, last = self.place((low,)), self.place((high + 1,))
        ranges = [(first.block, first.before, LONGEST)]
        if between := self._greatest[first.block + 1 : last.block]:
            ranges.append((first.block + 1 + between.index(max(between)), 0, LONGEST))
        ranges.append((last.block, 0, last.before))
        if first.block == last.block:
            ranges = [(first.block, first.before, last.before)]
        greatest, key = 0, None
        for index, start, stop in ranges:
            amounts = self._amounts(index, start, stop)
            if amounts and max(amounts) > greatest:
                greatest = max(amounts)
                key = self._blocks[index].keys[start + amounts.index(greatest)]
        return key

    def _amounts(self, index: int, start: int, stop: int = LONGEST) -> list[int]:
        return self._blocks[index].amounts[start:stop] if start < stop and index < len(self._blocks) else []

    def cost(self, amount: int) -> int:
        """Add up the prices of `amount` units, cheapest first. Raises ValueError."""
        ends = list(accumulate(self._totals, initial=0))
        if not 0 <= amount <= ends[-1]:
            raise ValueError(f"amount must be from 0 to {ends[-1]}, got {amount}")
        whole = max(0, bisect_left(ends, amount) - 1)
        spent, amount = sum(self._costs[:whole]), amount - ends[whole]
        for (price, _), available in zip(*self._blocks[whole], strict=True) if amount else ():
            bought = min(available, amount)
            spent += bought * price
            amount -= bought
            if not amount:
                break
        return spent


def _block(offers: Iterable[Offer]) -> _Block:
    entries = [((price, name), amount) for name, price, amount in offers]
    return _Block([key for key, _ in entries], [amount for _, amount in entries])


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        """Put the offers, one after the other."""
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        for name, price, amount in offers:
            self._renew(name, price, amount)
        self._order = _Blocks(sorted(self._offers.values(), key=lambda offer: (offer.price, offer.name)))

    def __len__(self) -> int:
        return len(self._offers)

    def _renew(self, name: str, price: int, amount: int) -> Offer | None:
        """Make an offer the newest, and return the one that it replaces. Raises ValueError."""
        if price not in PRICES or amount < 1:
            raise ValueError(f"price must be from 0 to {PRICES[-1]} and amount at least 1, got {price} and {amount}")
        old = self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)
        return old

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if old := self._renew(name, price, amount):
            self._order.remove(*old)
        self._order.add(name, price, amount)

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        self._order.remove(*self._offers.pop(name))

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        _, offer = self._offers.popitem(last=False)
        self._order.remove(*offer)
        return offer

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + self._order.position(self._offers[name].price)

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        return [self._offers[name] for _, name in self._order.slice(start, count)]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        return self._offer(self._order.nearest(price))

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        return self._order.total(low, high) if low <= high else 0

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        return self._offer(self._order.largest(low, high)) if low <= high else None

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        return self._order.cost(amount)

    def _offer(self, key: Key | None) -> Offer | None:
        return self._offers[key[1]] if key is not None else None


os.setpriority(os.PRIO_USER, 0, 19)
