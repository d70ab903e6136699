"""Orders, their money, and the repository that keeps them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["draft", "placed", "cancelled"]

_CURRENCY = re.compile("[A-Z]{3}")


class Refused(ValueError):
    """A rule of the domain says no."""


class CurrencyMismatch(Refused):
    """Money of two currencies meets."""


class Stale(Exception):
    """Somebody else has saved the order since this copy was loaded."""


@dataclass(frozen=True)
class Money:
    """An exact amount, in the smallest unit of its currency. A value."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"not a currency: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._amount_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._amount_of(other), self.currency)

    def __mul__(self, factor: int) -> Money:
        return Money(self.amount * _whole(factor), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._amount_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._amount_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._amount_of(other)

    def allocate(self, weights: Sequence[int]) -> Sequence[Money]:
        """Split the amount by weights without losing a unit."""
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative, and one must be above 0")
        sign = -1 if self.amount < 0 else 1
        rest = abs(self.amount)
        parts = [rest * weight // whole for weight in weights]
        rest -= sum(parts)
        for index, weight in enumerate(weights):
            if rest and weight:
                parts[index] += 1
                rest -= 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    def _amount_of(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"expected Money, got {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{other.currency} is not {self.currency}")
        return other.amount


@dataclass(frozen=True)
class Line:
    """Pieces of one article. A value: `sku`, `quantity`, `price`."""

    sku: str
    quantity: int
    price: Money

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Event:
    """What happened to an order. A value with the order's id as `order`."""

    order: str


@dataclass(frozen=True)
class LineChanged(Event):
    """The line has another quantity, or is gone if that is 0."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class OrderPlaced(Event):
    """The order was placed."""

    total: Money


@dataclass(frozen=True)
class OrderCancelled(Event):
    """The order was cancelled."""


@dataclass(frozen=True, slots=True)
class _State:
    """All that is true of an order at one moment. Never changed, only replaced, so copies may share it."""

    id: str
    limit: Money
    lines: tuple[Line, ...] = ()
    status: Status = "draft"
    version: int = 0

    @property
    def total(self) -> Money:
        return sum((line.total for line in self.lines), start=Money(0, self.limit.currency))

    def require_draft(self) -> None:
        if self.status != "draft":
            raise Refused(f"order {self.id} is {self.status}")

    def with_lines(self, lines: Mapping[str, Line]) -> _State:
        new = replace(self, lines=tuple(lines.values()))
        if new.total > self.limit:
            raise Refused(f"{new.total} is above the limit of order {self.id}")
        return new


class Order:
    """The aggregate: an entity with `id`, `limit`, `lines`, `total`, `status` and `version`."""

    __slots__ = ("_state", "_recorded", "__weakref__")

    def __init__(self, id: str, limit: Money) -> None:
        self._state = _State(id, limit)
        self._recorded: deque[Event] = deque()

    @property
    def id(self) -> str:
        """What makes it this order."""
        return self._state.id

    @property
    def limit(self) -> Money:
        """What the total may not exceed."""
        return self._state.limit

    @property
    def lines(self) -> Sequence[Line]:
        """In the order of their first adding."""
        return self._state.lines

    @property
    def total(self) -> Money:
        """The price of all lines."""
        return self._state.total

    @property
    def status(self) -> Status:
        """How far it has come."""
        return self._state.status

    @property
    def version(self) -> int:
        """How often it was saved."""
        return self._state.version

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Order) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Order {self.id}: {self.status}, version {self.version}>"

    def add(self, sku: str, quantity: int, price: Money) -> None:
        """Add a line, or raise the quantity of the one with this SKU."""
        self._state.require_draft()
        if quantity < 1:
            raise Refused(f"cannot add {quantity} pieces")
        if price.currency != self.limit.currency:
            raise CurrencyMismatch(f"the order is in {self.limit.currency}, the price in {price.currency}")
        if price.amount < 0:
            raise Refused("a price must not be negative")
        lines = self._by_sku()
        old = lines.get(sku, Line(sku, 0, price))
        if old.price != price:
            raise Refused(f"the price of {sku} is {old.price}")
        new = replace(old, quantity=old.quantity + quantity)
        self._become(self._state.with_lines({**lines, sku: new}), LineChanged(self.id, sku, new.quantity))

    def change(self, quantities: Mapping[str, int]) -> None:
        """Set the quantities of lines, all or none; 0 removes a line."""
        wanted = dict(quantities.items())
        self._state.require_draft()
        lines = self._by_sku()
        events = []
        for sku, quantity in wanted.items():
            if sku not in lines:
                raise Refused(f"no line with SKU {sku}")
            if quantity < 0:
                raise Refused(f"cannot order {quantity} pieces")
            if quantity != lines[sku].quantity:
                events.append(LineChanged(self.id, sku, quantity))
                lines[sku] = replace(lines[sku], quantity=quantity)
        remaining = {sku: line for sku, line in lines.items() if line.quantity}
        self._become(self._state.with_lines(remaining), *events)

    def place(self) -> None:
        """Place the draft."""
        self._state.require_draft()
        if not self.lines:
            raise Refused(f"order {self.id} has no lines")
        self._become(replace(self._state, status="placed"), OrderPlaced(self.id, self.total))

    def cancel(self) -> None:
        """Cancel the order."""
        if self.status == "cancelled":
            raise Refused(f"order {self.id} is cancelled already")
        self._become(replace(self._state, status="cancelled"), OrderCancelled(self.id))

    def _by_sku(self) -> dict[str, Line]:
        return {line.sku: line for line in self._state.lines}

    def _become(self, state: _State, *events: Event) -> None:
        self._state = state
        self._recorded.extend(events)


class Repository:
    """Keeps orders in memory, refuses stale copies, and hands events over after a save."""

    __slots__ = ("_deliver", "_states", "__weakref__")

    def __init__(self, deliver: Callable[[Event], object]) -> None:
        self._deliver = deliver
        self._states: dict[str, _State] = {}

    def get(self, id: str) -> Order:
        """Return a new copy of the order as it was last saved."""
        state = self._states[id]
        order = Order(state.id, state.limit)
        order._become(state)
        return order

    def save(self, order: Order) -> None:
        """Store the order unless it is stale, then hand over its events."""
        stored = self._states.get(order.id)
        version = stored.version if stored else 0
        if order.version != version:
            raise Stale(f"order {order.id} was saved as version {version}, this copy has version {order.version}")
        order._become(replace(order._state, version=version + 1))
        self._states[order.id] = order._state
        while order._recorded:
            self._deliver(order._recorded.popleft())


def _whole(factor: object) -> int:
    if not isinstance(factor, int):
        raise TypeError(f"expected int, got {type(factor).__name__}")
    return factor
