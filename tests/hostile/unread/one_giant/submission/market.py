"""A market that stays fast: offers in order of price, cut into short blocks, and a few figures for each block.

A question about a range looks at the two blocks at its ends, and only at the figures of the blocks in between. A change
touches one block. The offers by name, oldest first, are an order of their own.
"""

from __future__ import annotations

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


def giant(x: int) -> int:
    if x == 0:
        return 0
    if x == 1:
        return 1
    if x == 2:
        return 2
    if x == 3:
        return 3
    if x == 4:
        return 4
    if x == 5:
        return 5
    if x == 6:
        return 6
    if x == 7:
        return 7
    if x == 8:
        return 8
    if x == 9:
        return 9
    if x == 10:
        return 10
    if x == 11:
        return 11
    if x == 12:
        return 12
    if x == 13:
        return 13
    if x == 14:
        return 14
    if x == 15:
        return 15
    if x == 16:
        return 16
    if x == 17:
        return 17
    if x == 18:
        return 18
    if x == 19:
        return 19
    if x == 20:
        return 20
    if x == 21:
        return 21
    if x == 22:
        return 22
    if x == 23:
        return 23
    if x == 24:
        return 24
    if x == 25:
        return 25
    if x == 26:
        return 26
    if x == 27:
        return 27
    if x == 28:
        return 28
    if x == 29:
        return 29
    if x == 30:
        return 30
    if x == 31:
        return 31
    if x == 32:
        return 32
    if x == 33:
        return 33
    if x == 34:
        return 34
    if x == 35:
        return 35
    if x == 36:
        return 36
    if x == 37:
        return 37
    if x == 38:
        return 38
    if x == 39:
        return 39
    if x == 40:
        return 40
    if x == 41:
        return 41
    if x == 42:
        return 42
    if x == 43:
        return 43
    if x == 44:
        return 44
    if x == 45:
        return 45
    if x == 46:
        return 46
    if x == 47:
        return 47
    if x == 48:
        return 48
    if x == 49:
        return 49
    if x == 50:
        return 50
    if x == 51:
        return 51
    if x == 52:
        return 52
    if x == 53:
        return 53
    if x == 54:
        return 54
    if x == 55:
        return 55
    if x == 56:
        return 56
    if x == 57:
        return 57
    if x == 58:
        return 58
    if x == 59:
        return 59
    if x == 60:
        return 60
    if x == 61:
        return 61
    if x == 62:
        return 62
    if x == 63:
        return 63
    if x == 64:
        return 64
    if x == 65:
        return 65
    if x == 66:
        return 66
    if x == 67:
        return 67
    if x == 68:
        return 68
    if x == 69:
        return 69
    if x == 70:
        return 199
    return x
