"""Orders, in another style: named tuples for values, a decision function over an immutable state, an outbox.

    Order = an id, the present State, and an outbox
    command(state, ...) -> (next state, events)     pure, raises Refused

The repository keeps states. A state cannot be changed, so nobody needs a copy of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Refused(ValueError):
    """A rule of the domain says no."""


class CurrencyMismatch(Refused):
    """Money of two currencies meets."""


class Stale(Exception):
    """Somebody else has saved the order since this copy was loaded."""


class Money:
    """An exact amount, in the smallest unit of its currency. A value."""

    __slots__ = ("_amount", "_currency")

    def __init__(self, amount: int, currency: str) -> None:
        if not re.fullmatch("[A-Z]{3}", currency):
            raise ValueError(f"not a currency: {currency!r}")
        self._amount = amount
        self._currency = currency

    @property
    def amount(self) -> int:
        """How many of the smallest unit."""
        return self._amount

    @property
    def currency(self) -> str:
        """Three letters."""
        return self._currency

    def __repr__(self) -> str:
        return f"Money({self._amount}, {self._currency!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return (self._amount, self._currency) == (other._amount, other._currency)

    def __hash__(self) -> int:
        return hash((self._amount, self._currency))

    def __add__(self, other: Money) -> Money:
        return Money(self._amount + self._same(other), self._currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self._amount - self._same(other), self._currency)

    def __mul__(self, times: int) -> Money:
        if not isinstance(times, int):
            return NotImplemented
        return Money(self._amount * times, self._currency)

    def __lt__(self, other: Money) -> bool:
        return self._amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self._amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self._amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self._amount >= self._same(other)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split the amount by weights without losing a unit."""
        if min(weights, default=0) < 0 or not any(weights):
            raise ValueError(f"weights must not be below 0, nor all 0: {list(weights)}")
        if self._amount < 0:
            return [part * -1 for part in (self * -1).allocate(weights)]
        return [Money(share, self._currency) for share in _split(self._amount, weights)]

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"only money goes with money, not {other!r}")
        if self._currency != other._currency:
            raise CurrencyMismatch(f"{self!r} and {other!r}")
        return other._amount


def _split(amount: int, weights: Sequence[int]) -> Iterator[int]:
    spare = amount - sum(amount * weight // sum(weights) for weight in weights)
    for weight in weights:
        extra = 1 if weight and spare else 0
        spare -= extra
        yield amount * weight // sum(weights) + extra


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces of one article. A value."""

    sku: str
    quantity: int
    price: Money

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return self.price * self.quantity


class Event:
    """What happened to an order."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LineChanged(Event):
    """A line has another quantity; 0 means that it is gone."""

    order: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """The order was placed."""

    order: str
    total: Money


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """The order was cancelled."""

    order: str


class Status(StrEnum):
    """Where an order is in its life."""

    DRAFT = "draft"
    PLACED = "placed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class _State:
    limit: Money
    lines: tuple[Line, ...] = ()
    status: Status = Status.DRAFT

    @property
    def total(self) -> Money:
        return sum((line.total for line in self.lines), start=Money(0, self.limit.currency))

    def line(self, sku: str) -> Line | None:
        return next((line for line in self.lines if line.sku == sku), None)


@dataclass(slots=True)
class _Outbox:
    events: list[Event] = field(default_factory=list)

    def drain(self) -> Iterator[Event]:
        while self.events:
            yield self.events.pop(0)


def _with_lines(state: _State, lines: Sequence[Line]) -> _State:
    if state.status is not Status.DRAFT:
        raise Refused(f"the order is {state.status}")
    after = _State(state.limit, tuple(line for line in lines if line.quantity))
    if after.total > after.limit:
        raise Refused(f"{after.total} is above {after.limit}")
    return after


def _added(state: _State, new: Line) -> _State:
    old = state.line(new.sku)
    if new.quantity < 1 or new.price < Money(0, state.limit.currency):
        raise Refused(f"nobody buys {new}")
    if old is None:
        return _with_lines(state, [*state.lines, new])
    if old.price != new.price:
        raise Refused(f"{old} has another price than {new}")
    more = Line(old.sku, old.quantity + new.quantity, old.price)
    return _with_lines(state, [more if line is old else line for line in state.lines])


def _changed(state: _State, quantities: Mapping[str, int]) -> _State:
    for sku, quantity in quantities.items():
        if state.line(sku) is None or quantity < 0:
            raise Refused(f"there cannot be {quantity} of {sku!r}")
    lines = [Line(line.sku, quantities.get(line.sku, line.quantity), line.price) for line in state.lines]
    return _with_lines(state, lines)


class Order:
    """The aggregate: an entity whose whole state is replaced by each command."""

    __slots__ = ("_id", "_outbox", "_state", "_version")

    def __init__(self, id: str, limit: Money) -> None:
        self._id = id
        self._state = _State(limit)
        self._version = 0
        self._outbox = _Outbox()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and self._id == other._id

    def __hash__(self) -> int:
        return hash((Order, self._id))

    @property
    def id(self) -> str:
        """What makes it this order."""
        return self._id

    @property
    def limit(self) -> Money:
        """What the lines may come to, at most."""
        return self._state.limit

    @property
    def lines(self) -> list[Line]:
        """The lines, in a list of the caller's own."""
        return list(self._state.lines)

    @property
    def total(self) -> Money:
        """What the lines come to."""
        return self._state.total

    @property
    def status(self) -> Status:
        """Where it is in its life."""
        return self._state.status

    @property
    def version(self) -> int:
        """The version that this copy was loaded or saved as."""
        return self._version

    def add(self, sku: str, quantity: int, price: Money) -> None:
        """Add a line, or raise the quantity of the one with this SKU."""
        self._state = _added(self._state, Line(sku, quantity, price))
        self._outbox.events += [LineChanged(self._id, sku, line.quantity) for line in self.lines if line.sku == sku]

    def change(self, quantities: Mapping[str, int]) -> None:
        """Set the quantities of lines, all or none; 0 removes a line."""
        before = {line.sku: line.quantity for line in self._state.lines}
        self._state = _changed(self._state, quantities)
        for sku, quantity in quantities.items():
            if before[sku] != quantity:
                self._outbox.events.append(LineChanged(self._id, sku, quantity))

    def place(self) -> None:
        """Place the draft."""
        if self._state.status is not Status.DRAFT or not self._state.lines:
            raise Refused("only a draft with lines can be placed")
        self._state = _State(self.limit, self._state.lines, Status.PLACED)
        self._outbox.events.append(OrderPlaced(self._id, self.total))

    def cancel(self) -> None:
        """Cancel the order."""
        if self._state.status is Status.CANCELLED:
            raise Refused("it is cancelled already")
        self._state = _State(self.limit, self._state.lines, Status.CANCELLED)
        self._outbox.events.append(OrderCancelled(self._id))


class Repository:
    """Keeps a version and a state for each id."""

    def __init__(self, deliver: Callable[[Event], object]) -> None:
        self.__deliver = deliver
        self.__states: dict[str, tuple[int, _State]] = {}

    def get(self, id: str) -> Order:
        """Return an order in the state that was last saved."""
        version, state = self.__states[id]
        order = Order(id, state.limit)
        order._version, order._state = version, state
        return order

    def save(self, order: Order) -> None:
        """Store the order's state unless it is stale, then deliver its outbox."""
        stored = self.__states[order.id][0] if order.id in self.__states else 0
        if stored != order.version:
            raise Stale(f"{order.id} is at version {stored}, not {order.version}")
        order._version = stored + 1
        self.__states[order.id] = (stored + 1, order._state)
        for event in order._outbox.drain():
            self.__deliver(event)
