"""The details of invoicing: stores, standard parts, and what puts them together."""

from __future__ import annotations

import html
import json
import sqlite3
from collections.abc import Callable, Mapping
from email.message import EmailMessage

from invoicing import Discount, Invoice, Invoicing, Notifier, Reader, Renderer, Writer


class SqliteStore:
    """Keeps invoices in a file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"
        )

    def save(self, invoice: Invoice) -> None:
        """Keep an invoice, in place of one of the same number."""
        row = (invoice.number, invoice.customer, invoice.kind, json.dumps(invoice.lines))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?)", row)

    def load(self, number: int) -> Invoice:
        """Return the invoice of that number."""
        row = self._db.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return Invoice(row[0], row[1], row[2], tuple((what, many, cents) for what, many, cents in json.loads(row[3])))

    def numbers(self) -> list[int]:
        """Return all numbers, ascending."""
        return [number for (number,) in self._db.execute("SELECT number FROM invoices ORDER BY number")]


class MemoryStore:
    """Keeps invoices as long as the process lives."""

    def __init__(self) -> None:
        self._invoices: dict[int, Invoice] = {}

    def save(self, invoice: Invoice) -> None:
        """Keep an invoice, in place of one of the same number."""
        self._invoices[invoice.number] = invoice

    def load(self, number: int) -> Invoice:
        """Return the invoice of that number."""
        return self._invoices[number]

    def numbers(self) -> list[int]:
        """Return all numbers, ascending."""
        return sorted(self._invoices)


class Archive:
    """Reads from another reader, and cannot do anything else."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def load(self, number: int) -> Invoice:
        """Return the invoice of that number."""
        return self._reader.load(number)

    def numbers(self) -> list[int]:
        """Return all numbers, ascending."""
        return self._reader.numbers()


class Regular:
    """No discount."""

    def cents_off(self, invoice: Invoice) -> int:
        return 0


class Loyal:
    """5 %, rounded down."""

    def cents_off(self, invoice: Invoice) -> int:
        return invoice.subtotal * 5 // 100


class Bulk:
    """10 %, rounded down, from a hundred pieces on."""

    def cents_off(self, invoice: Invoice) -> int:
        pieces = sum(quantity for _, quantity, _ in invoice.lines)
        return invoice.subtotal // 10 if pieces >= 100 else 0


class Text:
    """Plain text, line by line."""

    def render(self, invoice: Invoice, total: int) -> str:
        lines = [f"{quantity} x {what}: {cents / 100:.2f}" for what, quantity, cents in invoice.lines]
        return "\n".join([f"Invoice {invoice.number}", *lines, f"Total: {total / 100:.2f}"])


class Html:
    """A fragment of a page."""

    def render(self, invoice: Invoice, total: int) -> str:
        rows = "".join(f"<li>{quantity} x {html.escape(what)}</li>" for what, quantity, _ in invoice.lines)
        return f"<h1>Invoice {invoice.number}</h1><ul>{rows}</ul><p>{total / 100:.2f}</p>"


class Email:
    """A message with the text as its body."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        message = EmailMessage()
        message["To"] = invoice.customer
        message["Subject"] = f"Invoice {invoice.number}"
        message.set_content(text)
        self._send(message.as_string())


class Sms:
    """The beginning of the text."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        self._send(f"{invoice.customer} {text[:40]}")


def standard(
    reader: Reader,
    writer: Writer,
    send: Callable[[str], None],
    *,
    discounts: Mapping[str, Discount] | None = None,
    renderers: Mapping[str, Renderer] | None = None,
    notifiers: Mapping[str, Notifier] | None = None,
) -> Invoicing:
    """Put the standard parts together with those that the caller brings."""
    return Invoicing(
        reader,
        writer,
        discounts={"regular": Regular(), "loyal": Loyal(), "bulk": Bulk(), **(discounts or {})},
        renderers={"text": Text(), "html": Html(), **(renderers or {})},
        notifiers={"email": Email(send), "sms": Sms(send), **(notifiers or {})},
    )


def InvoiceManager(path: str, send: Callable[[str], None]) -> Invoicing:  # noqa: N802 - its users know it as a class
    """Return invoicing with the standard parts and a file, as it was before there were parts."""
    store = SqliteStore(path)
    return standard(store, store, send)
