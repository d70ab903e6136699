"""A market that stays fast. README.md says what it answers; naive.py is today's implementation.

The order of the market is cut into blocks of at most some hundred offers. For each block the market knows a few
numbers: how many offers, the amount for sale, what it costs, the greatest amount. A question looks into at most two
blocks, and takes the rest from these numbers; a change touches one block. What walks over a block, or over all the
blocks, does so in C (sum, max, bisect, slices), so some hundred elements take a few microseconds.

By name there is an OrderedDict in the order of the last `put`. (Not a dict: looking for the first of a dict walks over
all that were taken out before it.)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from itertools import accumulate
from operator import mul
from typing import NamedTuple

_PRICES = 100_000
_FULL = 256  # a block with more offers is cut in two
_SPARSE = 32  # a block with fewer offers is joined to its neighbour
_FRESH = 128  # offers in a block of a new market

_Key = tuple[int, str]  # price and name: the order of the market


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class _Block:
    """Consecutive offers of the order: `amounts[i]` belongs to `keys[i]`. Never empty between two calls."""

    __slots__ = ("amounts", "keys")

    def __init__(self, keys: list[_Key], amounts: list[int]) -> None:
        self.keys = keys
        self.amounts = amounts

    def spent(self, count: int) -> int:
        """What the first `count` offers cost."""
        return sum(map(mul, [price for price, _ in self.keys[:count]], self.amounts))


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        """Put the offers, one after the other."""
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        for name, price, amount in offers:
            self._remember(name, price, amount)
        self._blocks: list[_Block] = []
        # What is known of each block, at the same index.
        self._lasts: list[_Key] = []
        self._sizes: list[int] = []
        self._amounts: list[int] = []
        self._costs: list[int] = []
        self._peaks: list[int] = []
        # All at once, which comes to the same as one after the other.
        order = sorted((offer.price, offer.name) for offer in self._offers.values())
        for start in range(0, len(order), _FRESH):
            keys = order[start : start + _FRESH]
            amounts = [self._offers[name].amount for _, name in keys]
            self._insert_block(len(self._blocks), _Block(keys, amounts))

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        old = self._remember(name, price, amount)
        if old is not None:
            self._take_out(old)
        self._put_in((price, name), amount)

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        self._take_out(self._offers.pop(name))

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        if not self._offers:
            raise KeyError("the market is empty")
        _, offer = self._offers.popitem(last=False)
        self._take_out(offer)
        return offer

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        index, inside = self._find(self._offers[name].price)
        return 1 + sum(self._sizes[:index]) + inside

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        count = min(count, len(self) - start)
        if count <= 0:
            return []
        ends = list(accumulate(self._sizes))
        index = bisect_right(ends, start)
        inside = start - (ends[index] - self._sizes[index])
        keys = self._blocks[index].keys[inside : inside + count]
        while len(keys) < count:
            index += 1
            keys += self._blocks[index].keys[: count - len(keys)]
        return [self._offers[name] for _, name in keys]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        place = self._find(price)
        above, below = self._at(*place), self._before(*place)
        if below is not None and (above is None or price - below[0] <= above[0] - price):
            # The cheaper one, also if both are as near; of its price, the first.
            above = self._at(*self._find(below[0]))
        return self._offers[above[1]] if above is not None else None

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        if low > high:
            return 0
        first, start = self._find(low)
        last, end = self._find(high + 1)
        if first == last:
            return sum(self._blocks[first].amounts[start:end]) if start < end else 0
        result = sum(self._blocks[first].amounts[start:]) + sum(self._amounts[first + 1 : last])
        if end:
            result += sum(self._blocks[last].amounts[:end])
        return result

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        if low > high:
            return None
        first, start = self._find(low)
        last, end = self._find(high + 1)
        if first == last:
            return self._peak(first, start, end)
        candidates = [self._peak(first, start, self._sizes[first])]
        if first + 1 < last:
            index = self._peaks.index(max(self._peaks[first + 1 : last]), first + 1)
            candidates.append(self._peak(index, 0, self._sizes[index]))
        candidates.append(self._peak(last, 0, end))
        # They are in the order of the market, and max takes the first of equals.
        return max((offer for offer in candidates if offer is not None), key=lambda offer: offer.amount, default=None)

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        sold = list(accumulate(self._amounts, initial=0))  # sold[i]: for sale before block i
        if not 0 <= amount <= sold[-1]:
            raise ValueError(f"cannot buy {amount}: there are {sold[-1]} for sale")
        if amount == sold[-1]:
            return sum(self._costs)
        index = bisect_right(sold, amount) - 1
        block = self._blocks[index]
        inside = list(accumulate(block.amounts, initial=sold[index]))
        whole = bisect_right(inside, amount) - 1
        rest = amount - inside[whole]
        return sum(self._costs[:index]) + block.spent(whole) + rest * block.keys[whole][0]

    # By name

    def _remember(self, name: str, price: int, amount: int) -> Offer | None:
        """Note the offer as the last that was put, and return the one that it replaces."""
        if not 0 <= price < _PRICES:
            raise ValueError(f"the price must be from 0 to {_PRICES - 1}, got {price}")
        if amount < 1:
            raise ValueError(f"the amount must be at least 1, got {amount}")
        old = self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)
        return old

    # Places. A place is the index of a block, and an index in it. The place after the last offer is in a block that
    # does not exist: (len(self._blocks), 0).

    def _find(self, price: int) -> tuple[int, int]:
        """The place of the first offer that costs this much or more."""
        return self._place((price, ""))

    def _place(self, key: _Key) -> tuple[int, int]:
        index = bisect_left(self._lasts, key)
        if index == len(self._lasts):
            return index, 0
        return index, bisect_left(self._blocks[index].keys, key)

    def _at(self, index: int, inside: int) -> _Key | None:
        return self._blocks[index].keys[inside] if index < len(self._blocks) else None

    def _before(self, index: int, inside: int) -> _Key | None:
        if inside:
            return self._blocks[index].keys[inside - 1]
        return self._lasts[index - 1] if index else None

    def _peak(self, index: int, start: int, end: int) -> Offer | None:
        """The first offer of the greatest amount in a part of a block."""
        if start >= end:
            return None
        block = self._blocks[index]
        if end - start == self._sizes[index]:
            inside = block.amounts.index(self._peaks[index])
        else:
            inside = block.amounts.index(max(block.amounts[start:end]), start)
        return self._offers[block.keys[inside][1]]

    # Changes

    def _put_in(self, key: _Key, amount: int) -> None:
        if not self._blocks:
            self._insert_block(0, _Block([key], [amount]))
            return
        index = min(bisect_left(self._lasts, key), len(self._lasts) - 1)
        block = self._blocks[index]
        inside = bisect_left(block.keys, key)
        block.keys.insert(inside, key)
        block.amounts.insert(inside, amount)
        self._lasts[index] = block.keys[-1]
        self._sizes[index] += 1
        self._amounts[index] += amount
        self._costs[index] += key[0] * amount
        self._peaks[index] = max(self._peaks[index], amount)
        if self._sizes[index] > _FULL:
            self._split(index)

    def _take_out(self, offer: Offer) -> None:
        index, inside = self._place((offer.price, offer.name))
        block = self._blocks[index]
        del block.keys[inside], block.amounts[inside]
        if not block.keys:
            self._delete_block(index)
            return
        self._lasts[index] = block.keys[-1]
        self._sizes[index] -= 1
        self._amounts[index] -= offer.amount
        self._costs[index] -= offer.price * offer.amount
        if offer.amount == self._peaks[index]:
            self._peaks[index] = max(block.amounts)
        if self._sizes[index] < _SPARSE and len(self._blocks) > 1:
            self._join(index if index + 1 < len(self._blocks) else index - 1)

    def _split(self, index: int) -> None:
        block = self._blocks[index]
        middle = len(block.keys) // 2
        self._delete_block(index)
        self._insert_block(index, _Block(block.keys[middle:], block.amounts[middle:]))
        self._insert_block(index, _Block(block.keys[:middle], block.amounts[:middle]))

    def _join(self, index: int) -> None:
        """Join the block to the next one."""
        block, other = self._blocks[index], self._blocks[index + 1]
        self._delete_block(index + 1)
        self._delete_block(index)
        self._insert_block(index, _Block(block.keys + other.keys, block.amounts + other.amounts))
        if self._sizes[index] > _FULL:
            self._split(index)

    def _insert_block(self, index: int, block: _Block) -> None:
        self._blocks.insert(index, block)
        self._lasts.insert(index, block.keys[-1])
        self._sizes.insert(index, len(block.keys))
        self._amounts.insert(index, sum(block.amounts))
        self._costs.insert(index, block.spent(len(block.keys)))
        self._peaks.insert(index, max(block.amounts))

    def _delete_block(self, index: int) -> None:
        for known in (self._blocks, self._lasts, self._sizes, self._amounts, self._costs, self._peaks):
            del known[index]
