"""The rules of invoicing. Nothing in here knows where invoices are kept, what they look like or how they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

Part = TypeVar("Part")


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


class Discount(Protocol):
    """Says how much less an invoice costs."""

    def cents_off(self, invoice: Invoice) -> int:
        """Cents to take off the subtotal."""
        ...


class Renderer(Protocol):
    """Turns an invoice into text of some format."""

    def render(self, invoice: Invoice, total: int) -> str:
        """The whole text."""
        ...


class Notifier(Protocol):
    """Brings a text to the customer of an invoice."""

    def notify(self, invoice: Invoice, text: str) -> None:
        """Send the text."""
        ...


class Reader(Protocol):
    """Where invoices come from."""

    def load(self, number: int) -> Invoice:
        """The invoice of that number. Raises KeyError."""
        ...

    def numbers(self) -> list[int]:
        """All numbers, ascending."""
        ...


class Writer(Protocol):
    """Where invoices go."""

    def save(self, invoice: Invoice) -> None:
        """Keep the invoice, in place of one with the same number."""
        ...


class Invoicing:
    """Issues, shows and sends invoices by means of its parts."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        *,
        discounts: Mapping[str, Discount],
        renderers: Mapping[str, Renderer],
        notifiers: Mapping[str, Notifier],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._discounts = discounts
        self._renderers = renderers
        self._notifiers = notifiers

    def issue(self, invoice: Invoice) -> int:
        """Check and keep an invoice. Returns its total in cents."""
        _check(invoice)
        total = self._total(invoice)
        self._writer.save(invoice)
        return total

    def show(self, number: int, format: str) -> str:
        """The text of an invoice in one of the formats."""
        _, text = self._rendered(number, format)
        return text

    def send(self, number: int, format: str, channel: str) -> None:
        """Send an invoice to its customer."""
        invoice, text = self._rendered(number, format)
        _part(self._notifiers, channel, "channel").notify(invoice, text)

    def owed(self, customer: str) -> int:
        """Cents of all invoices of a customer."""
        invoices = [self._reader.load(number) for number in self._reader.numbers()]
        return sum(self._total(invoice) for invoice in invoices if invoice.customer == customer)

    def _rendered(self, number: int, format: str) -> tuple[Invoice, str]:
        invoice = self._reader.load(number)
        total = self._total(invoice)
        return invoice, _part(self._renderers, format, "format").render(invoice, total)

    def _total(self, invoice: Invoice) -> int:
        discount = _part(self._discounts, invoice.kind, "kind")
        return max(0, invoice.subtotal - discount.cents_off(invoice))


def _part(parts: Mapping[str, Part], key: str, what: str) -> Part:
    if key not in parts:
        raise ValueError(f"unknown {what}: {key}")
    return parts[key]


def _check(invoice: Invoice) -> None:
    if invoice.number < 1:
        raise ValueError(f"invalid number: {invoice.number}")
    if "@" not in invoice.customer:
        raise ValueError(f"invalid customer: {invoice.customer}")
    if not invoice.lines:
        raise ValueError("no lines")
    for what, quantity, cents in invoice.lines:
        if quantity < 1 or cents < 0:
            raise ValueError(f"invalid line: {what}")
