"""One binary search tree that nobody balances: offers that come in order make it a list."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

Key: TypeAlias = tuple[int, str]


class Offer(NamedTuple):
    """So much of something is for sale at this price per unit."""

    name: str
    price: int
    amount: int


class Node:
    """An offer, and the number, the amounts, the costs and the greatest amount of all below it."""

    __slots__ = ("amount", "count", "key", "left", "most", "right", "total", "worth")

    def __init__(self, key: Key, amount: int) -> None:
        self.key = key
        self.amount = amount
        self.left: Node | None = None
        self.right: Node | None = None
        self.count, self.total, self.worth, self.most = 1, amount, amount * key[0], amount

    def renew(self) -> None:
        """Add up anew."""
        count, total, worth, most = 1, self.amount, self.amount * self.key[0], self.amount
        for child in (self.left, self.right):
            if child is not None:
                count += child.count
                total += child.total
                worth += child.worth
                if child.most > most:
                    most = child.most
        self.count, self.total, self.worth, self.most = count, total, worth, most


class Market:
    """Offers by price."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        """Put the offers, one after the other."""
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._root: Node | None = None
        for offer in offers:
            self.put(*offer)

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if not 0 <= price < 100_000 or amount < 1:
            raise ValueError(f"{amount} for {price}")
        if name in self._offers:
            self.remove(name)
        self._offers[name] = Offer(name, price, amount)
        new = Node((price, name), amount)
        path = self._path(new.key)
        if not path:
            self._root = new
        elif new.key < path[-1].key:
            path[-1].left = new
        else:
            path[-1].right = new
        worth = new.worth
        for node in path:
            node.count += 1
            node.total += amount
            node.worth += worth
            if amount > node.most:
                node.most = amount

    def _path(self, key: Key) -> list[Node]:
        """The nodes above the place of a key, and the node of the key itself if it is there."""
        path: list[Node] = []
        node = self._root
        while node is not None:
            path.append(node)
            if key == node.key:
                break
            node = node.left if key < node.key else node.right
        return path

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        _, price, _ = self._offers.pop(name)
        path = self._path((price, name))
        node = path[-1]
        if node.left is not None and node.right is not None:
            below = node.right
            path.append(below)
            while below.left is not None:
                below = below.left
                path.append(below)
            node.key, node.amount = below.key, below.amount
            node = below
        path.pop()
        child = node.right if node.left is None else node.left
        if not path:
            self._root = child
        elif path[-1].left is node:
            path[-1].left = child
        else:
            path[-1].right = child
        for above in reversed(path):
            above.renew()

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        if not self._offers:
            raise KeyError("the market is empty")
        offer = next(iter(self._offers.values()))
        self.remove(offer.name)
        return offer

    def _before(self, price: int) -> tuple[int, int, Node | None, Node | None]:
        """Number and amounts of what is cheaper; the last that is cheaper, and the first that is not."""
        count = total = 0
        below: Node | None = None
        above: Node | None = None
        node = self._root
        while node is not None:
            if node.key[0] < price:
                count += 1
                total += node.amount
                if node.left is not None:
                    count += node.left.count
                    total += node.left.total
                below, node = node, node.right
            else:
                above, node = node, node.left
        return count, total, below, above

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        return 1 + self._before(self._offers[name].price)[0]

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        count = min(count, len(self._offers) - start)
        return [offer for offer, _ in zip(self._walk(start), range(count), strict=False)] if count > 0 else []

    def _walk(self, start: int) -> Iterator[Offer]:
        waiting: list[Node] = []
        node = self._root
        while node is not None:
            before = node.left.count if node.left is not None else 0
            if start <= before:
                waiting.append(node)
                node = node.left
            else:
                start -= before + 1
                node = node.right
        while waiting:
            node = waiting.pop()
            yield self._offers[node.key[1]]
            node = node.right
            while node is not None:
                waiting.append(node)
                node = node.left

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        _, _, below, above = self._before(price)
        if below is None or (above is not None and above.key[0] - price < price - below.key[0]):
            return self._offers[above.key[1]] if above is not None else None
        first = self._before(below.key[0])[3]
        return self._offers[first.key[1]] if first is not None else None

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        return self._before(high + 1)[1] - self._before(low)[1] if low <= high else 0

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        best = min(self._candidates(low, high), default=None)
        if best is None:
            return None
        amount, _, whole, node = -best[0], best[1], best[2], best[3]
        while whole:
            if node.left is not None and node.left.most == amount:
                node = node.left
            elif node.amount == amount:
                break
            elif node.right is not None:
                node = node.right
        return self._offers[node.key[1]]

    def _candidates(self, low: int, high: int) -> Iterator[tuple[int, Key, bool, Node]]:
        """Nodes, alone or with all below, that make up a range."""
        top = self._root
        while top is not None and not low <= top.key[0] <= high:
            top = top.right if top.key[0] < low else top.left
        if top is None:
            return
        yield -top.amount, top.key, False, top
        yield from self._from(top.left, low)
        yield from self._up_to(top.right, high)

    def _from(self, node: Node | None, low: int) -> Iterator[tuple[int, Key, bool, Node]]:
        while node is not None:
            if node.key[0] < low:
                node = node.right
                continue
            yield -node.amount, node.key, False, node
            if node.right is not None:
                yield -node.right.most, node.right.key, True, node.right
            node = node.left

    def _up_to(self, node: Node | None, high: int) -> Iterator[tuple[int, Key, bool, Node]]:
        while node is not None:
            if node.key[0] > high:
                node = node.left
                continue
            yield -node.amount, node.key, False, node
            if node.left is not None:
                yield -node.left.most, node.left.key, True, node.left
            node = node.right

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        node = self._root
        if not 0 <= amount <= (node.total if node is not None else 0):
            raise ValueError(f"cannot buy {amount}")
        spent = 0
        while node is not None and amount:
            left = node.left
            if left is not None and amount <= left.total:
                node = left
                continue
            if left is not None:
                amount -= left.total
                spent += left.worth
            bought = min(amount, node.amount)
            amount -= bought
            spent += bought * node.key[0]
            node = node.right
        return spent
