"""The details of invoicing: stores, the standard parts, and how they are put together."""

from __future__ import annotations

import html
import json
import sqlite3
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from types import MappingProxyType
from typing import Final, Never

from invoicing import Discount, Invoice, Invoicing, Notifier, Reader, Renderer, Writer

_NOTHING_BROUGHT: Final[Mapping[str, Never]] = MappingProxyType({})


class SqliteStore:
    """Keeps invoices in a file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"
        )

    def save(self, invoice: Invoice) -> None:
        """Keep an invoice, in place of one with the same number."""
        row = (invoice.number, invoice.customer, invoice.kind, json.dumps(invoice.lines))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?)", row)

    def load(self, number: int) -> Invoice:
        """The invoice of that number. Raises KeyError."""
        row = self._db.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        number, customer, kind, lines = row
        return Invoice(number, customer, kind, tuple((what, many, cents) for what, many, cents in json.loads(lines)))

    def numbers(self) -> list[int]:
        """All numbers, ascending."""
        return [number for (number,) in self._db.execute("SELECT number FROM invoices ORDER BY number")]


class MemoryStore:
    """Keeps invoices as long as the process lives."""

    def __init__(self) -> None:
        self._invoices: dict[int, Invoice] = {}

    def save(self, invoice: Invoice) -> None:
        """Keep an invoice, in place of one with the same number."""
        # Only what a file would keep, too: a plain Invoice.
        self._invoices[invoice.number] = Invoice(invoice.number, invoice.customer, invoice.kind, invoice.lines)

    def load(self, number: int) -> Invoice:
        """The invoice of that number. Raises KeyError."""
        return self._invoices[number]

    def numbers(self) -> list[int]:
        """All numbers, ascending."""
        return sorted(self._invoices)


class Archive:
    """Shows what another reader has, and cannot be written to."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def load(self, number: int) -> Invoice:
        """The invoice of that number. Raises KeyError."""
        return self._reader.load(number)

    def numbers(self) -> list[int]:
        """All numbers that the reader has now."""
        return self._reader.numbers()


class NoDiscount:
    """The full price."""

    def cents_off(self, invoice: Invoice) -> int:
        """Nothing."""
        return 0


class PercentOff:
    """A share of the subtotal, rounded down."""

    def __init__(self, percent: int) -> None:
        self._percent = percent

    def cents_off(self, invoice: Invoice) -> int:
        """That many hundredths of the subtotal."""
        return invoice.subtotal * self._percent // 100


class FromPieces:
    """Another discount, for invoices of at least so many pieces."""

    def __init__(self, pieces: int, discount: Discount) -> None:
        self._pieces = pieces
        self._discount = discount

    def cents_off(self, invoice: Invoice) -> int:
        """What the other discount says, or nothing."""
        pieces = sum(quantity for _, quantity, _ in invoice.lines)
        return self._discount.cents_off(invoice) if pieces >= self._pieces else 0


class TextRenderer:
    """Plain text."""

    def render(self, invoice: Invoice, total: int) -> str:
        """A line for each line, between the number and the total."""
        lines = [f"{quantity} x {what}: {_money(cents)}" for what, quantity, cents in invoice.lines]
        return "\n".join([f"Invoice {invoice.number}", *lines, f"Total: {_money(total)}"])


class HtmlRenderer:
    """A fragment of HTML."""

    def render(self, invoice: Invoice, total: int) -> str:
        """A list of the lines, between the number and the total."""
        rows = "".join(f"<li>{quantity} x {html.escape(what)}</li>" for what, quantity, _ in invoice.lines)
        return f"<h1>Invoice {invoice.number}</h1><ul>{rows}</ul><p>{_money(total)}</p>"


class EmailNotifier:
    """Gives mails to the network."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        """Mail the text to the customer."""
        message = EmailMessage()
        message["To"] = invoice.customer
        message["Subject"] = f"Invoice {invoice.number}"
        message.set_content(text)
        self._send(message.as_string())


class SmsNotifier:
    """Gives short messages to the network."""

    LENGTH: Final = 40

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        """Send the beginning of the text to the customer."""
        self._send(f"{invoice.customer} {text[: self.LENGTH]}")


def standard(
    reader: Reader,
    writer: Writer,
    send: Callable[[str], None],
    *,
    discounts: Mapping[str, Discount] = _NOTHING_BROUGHT,
    renderers: Mapping[str, Renderer] = _NOTHING_BROUGHT,
    notifiers: Mapping[str, Notifier] = _NOTHING_BROUGHT,
) -> Invoicing:
    """Invoicing with the standard parts and those of the caller, which go first."""
    return Invoicing(
        reader,
        writer,
        discounts={**_discounts(), **discounts},
        renderers={**_renderers(), **renderers},
        notifiers={**_notifiers(send), **notifiers},
    )


class InvoiceManager(Invoicing):
    """Invoicing with the standard parts and a file. `send` gives a message to the network."""

    def __init__(self, path: str, send: Callable[[str], None]) -> None:
        store = SqliteStore(path)
        super().__init__(
            store, store, discounts=_discounts(), renderers=_renderers(), notifiers=_notifiers(send)
        )


def _discounts() -> dict[str, Discount]:
    return {"regular": NoDiscount(), "loyal": PercentOff(5), "bulk": FromPieces(100, PercentOff(10))}


def _renderers() -> dict[str, Renderer]:
    return {"text": TextRenderer(), "html": HtmlRenderer()}


def _notifiers(send: Callable[[str], None]) -> dict[str, Notifier]:
    return {"email": EmailNotifier(send), "sms": SmsNotifier(send)}


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"
