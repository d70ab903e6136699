"""The rules of invoicing. Nothing in here knows where invoices are kept, what they look like or how they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

P = TypeVar("P")


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
    """How much less a kind of invoice costs."""

    def cents_off(self, invoice: Invoice) -> int: ...


class Renderer(Protocol):
    """What an invoice looks like in a format."""

    def render(self, invoice: Invoice, total: int) -> str: ...


class Notifier(Protocol):
    """How a text reaches the customer of an invoice."""

    def notify(self, invoice: Invoice, text: str) -> None: ...


class Reader(Protocol):
    """Where invoices come from. An unknown number is a KeyError, and numbers are ascending."""

    def load(self, number: int) -> Invoice: ...

    def numbers(self) -> list[int]: ...


class Writer(Protocol):
    """Where invoices go. An invoice replaces the one of the same number."""

    def save(self, invoice: Invoice) -> None: ...


class Invoicing:
    """Issues, shows and sends invoices by the parts that it is given."""

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
        """An invoice in a format."""
        return self._rendered(self._reader.load(number), format)

    def send(self, number: int, format: str, channel: str) -> None:
        """Send an invoice to its customer."""
        notifier = _part("channel", channel, self._notifiers)
        invoice = self._reader.load(number)
        notifier.notify(invoice, self._rendered(invoice, format))

    def owed(self, customer: str) -> int:
        """Cents of all invoices of a customer."""
        invoices = [self._reader.load(number) for number in self._reader.numbers()]
        return sum(self._total(invoice) for invoice in invoices if invoice.customer == customer)

    def _rendered(self, invoice: Invoice, format: str) -> str:
        renderer = _part("format", format, self._renderers)
        return renderer.render(invoice, self._total(invoice))

    def _total(self, invoice: Invoice) -> int:
        discount = _part("kind", invoice.kind, self._discounts)
        return max(0, invoice.subtotal - discount.cents_off(invoice))


def _part(what: str, key: str, parts: Mapping[str, P]) -> P:
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
