"""A market that stays fast. README.md says what it answers; naive.py is today's implementation."""

from __future__ import annotations

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
        """Put the offers, one after the other."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        raise NotImplementedError

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        raise NotImplementedError

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        raise NotImplementedError

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        raise NotImplementedError

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        raise NotImplementedError

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        raise NotImplementedError

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        raise NotImplementedError

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        raise NotImplementedError
