"""Orders, their money, and the repository that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


class Refused(ValueError):
    """A rule of the domain forbids it."""


class CurrencyMismatch(Refused):
    """Money of two currencies was combined."""


class Stale(Exception):
    """Somebody else has saved the order since this copy was loaded."""


class Money:
    """An exact amount, in the smallest unit of its currency. A value."""

    def __init__(self, amount: int, currency: str) -> None:
        raise NotImplementedError

    def allocate(self, weights: Sequence[int]) -> Sequence[Money]:
        """Split the amount by weights without losing a unit."""
        raise NotImplementedError


class Line:
    """Pieces of one article. A value: `sku`, `quantity`, `price`."""

    @property
    def total(self) -> Money:
        """The price of all pieces."""
        raise NotImplementedError


class Event:
    """Something that happened to an order. A value with the order's id as `order`."""


class LineChanged(Event):
    """A line has a new quantity: `order`, `sku`, `quantity`."""


class OrderPlaced(Event):
    """The order was placed: `order`, `total`."""


class OrderCancelled(Event):
    """The order was cancelled: `order`."""


class Order:
    """The aggregate: an entity with `id`, `limit`, `lines`, `total`, `status` and `version`."""

    def __init__(self, id: str, limit: Money) -> None:
        raise NotImplementedError

    def add(self, sku: str, quantity: int, price: Money) -> None:
        """Add a line, or raise the quantity of the one with this SKU."""
        raise NotImplementedError

    def change(self, quantities: Mapping[str, int]) -> None:
        """Set the quantities of lines, all or none; 0 removes a line."""
        raise NotImplementedError

    def place(self) -> None:
        """Place the draft."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Cancel the order."""
        raise NotImplementedError


class Repository:
    """Keeps orders in memory, refuses stale copies, and hands events over after a save."""

    def __init__(self, deliver: Callable[[Event], object]) -> None:
        raise NotImplementedError

    def get(self, id: str) -> Order:
        """Return a new copy of the order as it was last saved."""
        raise NotImplementedError

    def save(self, order: Order) -> None:
        """Store the order unless it is stale, then hand over its events."""
        raise NotImplementedError
