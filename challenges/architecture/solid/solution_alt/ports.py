"""An invoice, and what the rules want of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Invoice:
    """Given. A line is what was sold, how many, and the cents for each."""

    number: int
    customer: str
    kind: str
    lines: tuple[tuple[str, int, int], ...]

    @property
    def subtotal(self) -> int:
        """Cents before any discount."""
        return sum(quantity * cents for _, quantity, cents in self.lines)


@runtime_checkable
class Discount(Protocol):
    """Prices a kind."""

    def cents_off(self, invoice: Invoice, /) -> int:
        """Return by how much the invoice is cheaper than its subtotal."""
        ...


class Renderer(Protocol):
    """Makes a text."""

    def render(self, invoice: Invoice, total: int, /) -> str:
        """Return the text."""
        ...


class Notifier(Protocol):
    """Delivers a text."""

    def notify(self, invoice: Invoice, text: str, /) -> None:
        """Deliver it to the customer."""
        ...


class Reader(Protocol):
    """Finds invoices."""

    def load(self, number: int, /) -> Invoice:
        """Return it, or raise KeyError."""
        ...

    def numbers(self) -> list[int]:
        """Return all that there are, ascending."""
        ...


class Writer(Protocol):
    """Keeps invoices."""

    def save(self, invoice: Invoice, /) -> None:
        """Keep it in place of any other of its number."""
        ...
