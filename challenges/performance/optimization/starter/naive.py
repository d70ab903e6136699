"""Today's market: correct, and slow. Every question walks over all offers."""

from __future__ import annotations

from collections.abc import Iterable

from market import Offer


class Market:
    """Offers by name, in the order of their last `put`."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: dict[str, Offer] = {}
        for offer in offers:
            self.put(*offer)

    def __len__(self) -> int:
        return len(self._offers)

    def put(self, name: str, price: int, amount: int) -> None:
        """Add an offer, or replace the one of this name. Raises ValueError."""
        if not 0 <= price < 100_000:
            raise ValueError(f"the price must be from 0 to 99999, got {price}")
        if amount < 1:
            raise ValueError(f"the amount must be at least 1, got {amount}")
        self._offers.pop(name, None)
        self._offers[name] = Offer(name, price, amount)

    def remove(self, name: str) -> None:
        """Remove an offer. Raises KeyError."""
        del self._offers[name]

    def expire(self) -> Offer:
        """Remove and return the offer whose last `put` is the longest ago. Raises KeyError."""
        if not self._offers:
            raise KeyError("the market is empty")
        return self._offers.pop(list(self._offers)[0])

    def rank(self, name: str) -> int:
        """1 plus the number of offers with a lower price. Raises KeyError."""
        own = self._offers[name]
        return 1 + sum(offer.price < own.price for offer in self._offers.values())

    def page(self, start: int, count: int) -> list[Offer]:
        """At most `count` offers from position `start` on, cheapest first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return self._sorted()[start : start + count]

    def nearest(self, price: int) -> Offer | None:
        """The offer whose price differs least from `price`."""
        return min(self._sorted(), key=lambda offer: abs(offer.price - price), default=None)

    def total(self, low: int, high: int) -> int:
        """The sum of the amounts of the offers with a price from `low` to `high`, both included."""
        return sum(offer.amount for offer in self._offers.values() if low <= offer.price <= high)

    def largest(self, low: int, high: int) -> Offer | None:
        """The offer of the greatest amount among those with a price from `low` to `high`, both included."""
        inside = [offer for offer in self._sorted() if low <= offer.price <= high]
        return max(inside, key=lambda offer: offer.amount, default=None)

    def cost(self, amount: int) -> int:
        """What `amount` units cost, bought from the cheapest offers. Raises ValueError."""
        if not 0 <= amount <= sum(offer.amount for offer in self._offers.values()):
            raise ValueError(f"cannot buy {amount}")
        spent = 0
        for offer in self._sorted():
            bought = min(amount, offer.amount)
            spent += bought * offer.price
            amount -= bought
        return spent

    def _sorted(self) -> list[Offer]:
        return sorted(self._offers.values(), key=lambda offer: (offer.price, offer.name))
