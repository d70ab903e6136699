"""Domain model of the order service."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Any, Callable, Mapping, Sequence


class Refused(ValueError):
    pass


class CurrencyMismatch(Refused):
    pass


class Stale(Exception):
    pass


@total_ordering
@dataclass(frozen=True)
class Money:
    amount: int
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"invalid currency: {self.currency}")

    def _check(self, other: Any) -> None:
        if not isinstance(other, Money):
            raise TypeError(f"Money expected, got {other!r}")
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._check(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._check(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise TypeError("can only multiply by int")
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._check(other)
        return self.amount < other.amount

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        if any(weight < 0 for weight in weights):
            raise ValueError("negative weight")
        total = sum(weights)
        if total == 0:
            raise ValueError("at least one weight must be positive")
        amounts = [self.amount * weight // total for weight in weights]
        left = self.amount - sum(amounts)
        for i, weight in enumerate(weights):
            if left == 0:
                break
            if weight > 0:
                amounts[i] += 1
                left -= 1
        return [Money(amount, self.currency) for amount in amounts]


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    price: Money

    @property
    def total(self) -> Money:
        return self.price * self.quantity


class Event:
    pass


@dataclass(frozen=True)
class LineChanged(Event):
    order: str
    sku: str
    quantity: int


@dataclass(frozen=True)
class OrderPlaced(Event):
    order: str
    total: Money


@dataclass(frozen=True)
class OrderCancelled(Event):
    order: str


class Order:
    def __init__(self, id: str, limit: Money) -> None:
        self._id = id
        self._limit = limit
        self._lines: dict[str, Line] = {}
        self._status = "draft"
        self._version = 0
        self._events: list[Event] = []

    @property
    def id(self) -> str:
        return self._id

    @property
    def limit(self) -> Money:
        return self._limit

    @property
    def lines(self) -> list[Line]:
        return list(self._lines.values())

    @property
    def status(self) -> str:
        return self._status

    @property
    def version(self) -> int:
        return self._version

    @property
    def total(self) -> Money:
        return self._sum(self._lines)

    def _sum(self, lines: Mapping[str, Line]) -> Money:
        result = Money(0, self._limit.currency)
        for line in lines.values():
            result = result + line.total
        return result

    def _check_draft(self) -> None:
        if self._status != "draft":
            raise Refused(f"order is {self._status}")

    def add(self, sku: str, quantity: int, price: Money) -> None:
        self._check_draft()
        if quantity < 1:
            raise Refused("quantity must be at least 1")
        if price.amount < 0:
            raise Refused("price must not be negative")
        if price.currency != self._limit.currency:
            raise CurrencyMismatch("wrong currency")
        existing = self._lines.get(sku)
        if existing is not None:
            if existing.price != price:
                raise Refused("price differs")
            quantity += existing.quantity
        lines = dict(self._lines)
        lines[sku] = Line(sku, quantity, price)
        if self._sum(lines) > self._limit:
            raise Refused("above the limit")
        self._lines = lines
        self._events.append(LineChanged(self._id, sku, quantity))

    def change(self, quantities: Mapping[str, int]) -> None:
        self._check_draft()
        lines = dict(self._lines)
        events: list[Event] = []
        for sku, quantity in quantities.items():
            if sku not in lines:
                raise Refused(f"unknown sku {sku}")
            if quantity < 0:
                raise Refused("quantity must not be negative")
            if quantity == 0:
                del lines[sku]
            else:
                lines[sku] = Line(sku, quantity, lines[sku].price)
            events.append(LineChanged(self._id, sku, quantity))
        if self._sum(lines) > self._limit:
            raise Refused("above the limit")
        self._lines = lines
        self._events.extend(events)

    def place(self) -> None:
        self._check_draft()
        if not self._lines:
            raise Refused("no lines")
        self._status = "placed"
        self._events.append(OrderPlaced(self._id, self.total))

    def cancel(self) -> None:
        if self._status == "cancelled":
            raise Refused("already cancelled")
        self._status = "cancelled"
        self._events.append(OrderCancelled(self._id))

    def pull_events(self) -> list[Event]:
        """Return the recorded events and forget them."""
        events, self._events = self._events, []
        return events

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and self._id == other._id

    def __hash__(self) -> int:
        return hash(self._id)


@dataclass
class Repository:
    deliver: Callable[[Event], object]
    _orders: dict[str, Order] = field(default_factory=dict, init=False, repr=False)

    def get(self, id: str) -> Order:
        return copy.deepcopy(self._orders[id])

    def save(self, order: Order) -> None:
        stored = self._orders.get(order.id)
        stored_version = stored.version if stored is not None else 0
        if order.version != stored_version:
            raise Stale(f"{order.id} has been changed in the meantime")
        order._version += 1
        events = order.pull_events()
        self._orders[order.id] = copy.deepcopy(order)
        for event in events:
            self.deliver(event)
