"""Orders that stay right: money as a value, the order as an aggregate, and a repository that notices stale copies.

    get(id) -> a copy of the stored snapshot -> add, change, place, cancel -> save -> the new snapshot, then its events

An order keeps its lines as immutable values in a dictionary that it replaces as a whole, and only after every rule was
asked. So a refused call leaves nothing behind, and a snapshot is a handful of references.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import total_ordering
from string import ascii_uppercase
from typing import Literal

Status = Literal["draft", "placed", "cancelled"]


class Refused(ValueError):
    """A rule of the domain says no."""


class CurrencyMismatch(Refused):
    """Money of two currencies meets."""


class Stale(Exception):
    """Somebody else has saved the order since this copy was loaded."""


@total_ordering
@dataclass(frozen=True)
class Money:
    """An exact amount, in the smallest unit of its currency. A value."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not set(self.currency) <= set(ascii_uppercase):
            raise ValueError(f"a currency is three letters A-Z, got {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return (
            replace(self, amount=self.amount + self._amount_of(other)) if isinstance(other, Money) else NotImplemented
        )

    def __sub__(self, other: Money) -> Money:
        return (
            replace(self, amount=self.amount - self._amount_of(other)) if isinstance(other, Money) else NotImplemented
        )

    def __mul__(self, times: int) -> Money:
        return replace(self, amount=self.amount * times) if isinstance(times, int) else NotImplemented

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._amount_of(other) if isinstance(other, Money) else NotImplemented

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Split the amount by weights without losing a unit; what cannot be split goes to the first parts."""
        if sum(weights) <= 0 or min(weights) < 0:
            raise ValueError(f"no weight may be below 0, and one must be above, got {weights!r}")
        sign = -1 if self.amount < 0 else 1
        return tuple(replace(self, amount=sign * share) for share in _shares(abs(self.amount), weights))

    def _amount_of(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be compared, added or subtracted")
        return other.amount


def _shares(amount: int, weights: Sequence[int]) -> list[int]:
    shares = [amount * weight // sum(weights) for weight in weights]
    left_over = amount - sum(shares)
    for index in [index for index, weight in enumerate(weights) if weight][:left_over]:
        shares[index] += 1
    return shares


@dataclass(frozen=True)
class Line:
    """Pieces of one article. A value."""

    sku: str
    quantity: int
    price: Money

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Event:
    """What happened to an order. A value."""

    order: str


@dataclass(frozen=True)
class LineChanged(Event):
    """A line has another quantity; 0 means that it is gone."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class OrderPlaced(Event):
    """The order was placed."""

    total: Money


@dataclass(frozen=True)
class OrderCancelled(Event):
    """The order was cancelled."""


class Order:
    """The aggregate root: whatever changes a line goes through here."""

    def __init__(self, id: str, limit: Money) -> None:
        self._id = id
        self._limit = limit
        self._lines: Mapping[str, Line] = {}
        self._status: Status = "draft"
        self._version = 0
        self._events: deque[Event] = deque()

    def __eq__(self, other: object) -> bool:
        return self._id == other._id if isinstance(other, Order) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._id)

    @property
    def id(self) -> str:
        """What makes it this order."""
        return self._id

    @property
    def limit(self) -> Money:
        """What the lines may come to, at most."""
        return self._limit

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in the order in which they were first added."""
        return tuple(self._lines.values())

    @property
    def total(self) -> Money:
        """What the lines come to."""
        return self._total_of(self._lines)

    @property
    def status(self) -> Status:
        """Where it is in its life."""
        return self._status

    @property
    def version(self) -> int:
        """How often it had been saved when it was loaded or saved last."""
        return self._version

    def add(self, sku: str, quantity: int, price: Money) -> None:
        """Add a line, or raise the quantity of the one with this SKU."""
        self._require("draft")
        if quantity < 1 or price.amount < 0 or price.currency != self._limit.currency:
            raise Refused(f"{self._id}: cannot add {quantity} of {sku!r} at {price}")
        line = self._lines.get(sku, Line(sku, 0, price))
        if line.price != price:
            raise Refused(f"{self._id}: {sku!r} is already there at {line.price}, not at {price}")
        self._accept({**self._lines, sku: replace(line, quantity=line.quantity + quantity)})
        self._events.append(LineChanged(self._id, sku, line.quantity + quantity))

    def change(self, quantities: Mapping[str, int]) -> None:
        """Set the quantities of lines, all or none; 0 removes a line."""
        self._require("draft")
        lines = {sku: self._line_with(sku, quantity) for sku, quantity in quantities.items()}
        changed = {sku: line for sku, line in lines.items() if line != self._lines[sku]}
        self._accept({sku: line for sku, line in {**self._lines, **changed}.items() if line.quantity})
        self._events.extend(LineChanged(self._id, sku, line.quantity) for sku, line in changed.items())

    def place(self) -> None:
        """Place the draft."""
        self._require("draft")
        if not self._lines:
            raise Refused(f"{self._id} has no lines to place")
        self._status = "placed"
        self._events.append(OrderPlaced(self._id, self.total))

    def cancel(self) -> None:
        """Cancel the order."""
        self._require("draft", "placed")
        self._status = "cancelled"
        self._events.append(OrderCancelled(self._id))

    def _require(self, *statuses: Status) -> None:
        if self._status not in statuses:
            raise Refused(f"{self._id} is {self._status}")

    def _line_with(self, sku: str, quantity: int) -> Line:
        if sku not in self._lines or quantity < 0:
            raise Refused(f"{self._id}: cannot set the quantity of {sku!r} to {quantity}")
        return replace(self._lines[sku], quantity=quantity)

    def _accept(self, lines: Mapping[str, Line]) -> None:
        if self._total_of(lines) > self._limit:
            raise Refused(f"{self._id}: {self._total_of(lines)} is above the limit of {self._limit}")
        self._lines = lines

    def _total_of(self, lines: Mapping[str, Line]) -> Money:
        return sum((line.total for line in lines.values()), Money(0, self._limit.currency))

    def _copy(self) -> Order:
        copy = Order(self._id, self._limit)
        copy._lines, copy._status, copy._version = self._lines, self._status, self._version
        return copy


class Repository:
    """Keeps orders in memory, refuses stale copies, and hands events over after a save."""

    def __init__(self, deliver: Callable[[Event], object]) -> None:
        self._deliver = deliver
        self._stored: dict[str, Order] = {}

    def get(self, id: str) -> Order:
        """Return a new copy of the order as it was last saved."""
        return self._stored[id]._copy()

    def save(self, order: Order) -> None:
        """Store the order unless it is stale, then hand over its events, each once."""
        stored = self._stored.get(order.id)
        current = stored.version if stored else 0
        if order.version != current:
            raise Stale(f"{order.id} was saved as version {current}, and this is a copy of version {order.version}")
        order._version += 1
        self._stored[order.id] = order._copy()
        while order._events:
            self._deliver(order._events.popleft())
