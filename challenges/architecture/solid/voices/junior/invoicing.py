"""The rules of invoicing."""

from dataclasses import dataclass
from typing import Protocol


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
    def __init__(self, reader, writer, *, discounts, renderers, notifiers):
        self.reader = reader
        self.writer = writer
        self.discounts = discounts
        self.renderers = renderers
        self.notifiers = notifiers

    def issue(self, invoice):
        # validate the invoice first
        if invoice.number < 1:
            raise ValueError(f"invalid number: {invoice.number}")
        if "@" not in invoice.customer:
            raise ValueError(f"invalid customer: {invoice.customer}")
        if not invoice.lines:
            raise ValueError("no lines")
        for what, quantity, cents in invoice.lines:
            if quantity < 1 or cents < 0:
                raise ValueError(f"invalid line: {what}")
        # then save it and return the total
        self.writer.save(invoice)
        return self.get_total(invoice)

    def show(self, number, format):
        invoice = self.reader.load(number)
        renderer = self.renderers.get(format)
        if not renderer:
            raise ValueError(f"unknown format: {format}")
        return renderer.render(invoice, total=self.get_total(invoice))

    def send(self, number, format, channel):
        text = self.show(number, format)
        invoice = self.reader.load(number)
        notifier = self.notifiers.get(channel)
        if not notifier:
            raise ValueError(f"unknown channel: {channel}")
        notifier.notify(invoice, text)

    def owed(self, customer):
        total = 0
        for number in self.reader.numbers():
            if self.reader.load(number).customer == customer:
                total += self.get_total(self.reader.load(number))
        return total

    def get_total(self, invoice):
        discount = self.discounts.get(invoice.kind)
        if not discount:
            raise ValueError(f"unknown kind: {invoice.kind}")
        return invoice.subtotal - discount.cents_off(invoice)
