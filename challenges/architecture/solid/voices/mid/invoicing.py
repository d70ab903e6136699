"""Core of the invoicing. Knows nothing about databases, formats or mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Protocol


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
    def cents_off(self, invoice: Invoice) -> int: ...


class Renderer(Protocol):
    def render(self, invoice: Invoice, total: int) -> str: ...


class Notifier(Protocol):
    def notify(self, invoice: Invoice, text: str) -> None: ...


class Reader(Protocol):
    def load(self, number: int) -> Invoice: ...

    def numbers(self) -> list[int]: ...


class Writer(Protocol):
    def save(self, invoice: Invoice) -> None: ...


class Invoicing:
    """Application service that ties the parts together."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        *,
        discounts: Mapping[str, Discount],
        renderers: Mapping[str, Renderer],
        notifiers: Mapping[str, Notifier],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.discounts = discounts
        self.renderers = renderers
        self.notifiers = notifiers

    def issue(self, invoice: Invoice) -> int:
        if invoice.number < 1:
            raise ValueError(f"invalid number: {invoice.number}")
        if "@" not in invoice.customer:
            raise ValueError(f"invalid customer: {invoice.customer}")
        if not invoice.lines:
            raise ValueError("no lines")
        for what, quantity, cents in invoice.lines:
            if quantity < 1 or cents < 0:
                raise ValueError(f"invalid line: {what}")
        total = self.calculate_total(invoice)
        self.writer.save(invoice)
        return total

    def show(self, number: int, format: str) -> str:
        return self.render(self.reader.load(number), format)

    def send(self, number: int, format: str, channel: str) -> None:
        invoice = self.reader.load(number)
        text = self.render(invoice, format)
        try:
            self.notifiers[channel].notify(invoice, text)
        except KeyError:
            raise ValueError(f"unknown channel: {channel}")

    def owed(self, customer: str) -> int:
        result = 0
        for number in self.reader.numbers():
            invoice = self.reader.load(number)
            total = self.calculate_total(invoice)
            if invoice.customer == customer:
                result += total
        return result

    def render(self, invoice: Invoice, format: str) -> str:
        total = self.calculate_total(invoice)
        try:
            return self.renderers[format].render(invoice, total)
        except KeyError:
            raise ValueError(f"unknown format: {format}")

    def calculate_total(self, invoice: Invoice) -> int:
        try:
            discount = self.discounts[invoice.kind].cents_off(invoice)
        except KeyError:
            raise ValueError(f"unknown kind: {invoice.kind}")
        return max(0, invoice.subtotal - discount)
