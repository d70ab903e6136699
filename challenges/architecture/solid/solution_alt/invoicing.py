"""The rules of invoicing: a price, a check, and the four things that can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass

from ports import Discount, Invoice, Notifier, Reader, Renderer, Writer

__all__ = ["Discount", "Invoice", "Invoicing", "Notifier", "Reader", "Renderer", "Writer"]

RULES: tuple[tuple[Callable[[Invoice], bool], Callable[[Invoice], str]], ...] = (
    (lambda invoice: invoice.number >= 1, lambda invoice: f"invalid number: {invoice.number}"),
    (lambda invoice: "@" in invoice.customer, lambda invoice: f"invalid customer: {invoice.customer}"),
    (lambda invoice: bool(invoice.lines), lambda _: "no lines"),
    (
        lambda invoice: next(_wrong_lines(invoice), None) is None,
        lambda invoice: f"invalid line: {next(_wrong_lines(invoice))}",
    ),
)


def _wrong_lines(invoice: Invoice) -> Iterator[str]:
    return (what for what, quantity, cents in invoice.lines if quantity < 1 or cents < 0)


@dataclass(frozen=True)
class Invoicing:
    """The parts, and what they do together."""

    reader: Reader
    writer: Writer
    _: KW_ONLY
    discounts: Mapping[str, Discount]
    renderers: Mapping[str, Renderer]
    notifiers: Mapping[str, Notifier]

    def issue(self, invoice: Invoice) -> int:
        """Refuse or keep an invoice; return its total."""
        for holds, text in RULES:
            if not holds(invoice):
                raise ValueError(text(invoice))
        cents = self._price(invoice)
        self.writer.save(invoice)
        return cents

    def show(self, number: int, format: str) -> str:
        """Return an invoice in that format."""
        return self._loaded_and_rendered(number, format)[1]

    def send(self, number: int, format: str, channel: str) -> None:
        """Render an invoice and hand it to the channel's notifier."""
        invoice, text = self._loaded_and_rendered(number, format)
        try:
            notifier = self.notifiers[channel]
        except KeyError:
            raise ValueError(f"unknown channel: {channel}") from None
        notifier.notify(invoice, text)

    def owed(self, customer: str) -> int:
        """Add up what a customer has to pay."""
        owed = 0
        for number in self.reader.numbers():
            invoice = self.reader.load(number)
            if invoice.customer == customer:
                owed += self._price(invoice)
        return owed

    def _loaded_and_rendered(self, number: int, format: str) -> tuple[Invoice, str]:
        invoice = self.reader.load(number)
        total = self._price(invoice)
        renderer = self.renderers.get(format)
        if renderer is None:
            raise ValueError(f"unknown format: {format}")
        return invoice, renderer.render(invoice, total)

    def _price(self, invoice: Invoice) -> int:
        match self.discounts.get(invoice.kind):
            case None:
                raise ValueError(f"unknown kind: {invoice.kind}")
            case discount:
                price = invoice.subtotal - discount.cents_off(invoice)
        return max(0, price)
