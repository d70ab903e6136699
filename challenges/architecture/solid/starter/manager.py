"""Today's invoicing. It works, and nobody can extend it without changing it."""

from __future__ import annotations

import html
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from invoicing import Invoice


class Store(ABC):
    """Everything that anybody ever wanted of a store."""

    @abstractmethod
    def save(self, invoice: Invoice) -> None: ...

    @abstractmethod
    def load(self, number: int) -> Invoice: ...

    @abstractmethod
    def numbers(self) -> list[int]: ...

    @abstractmethod
    def delete(self, number: int) -> None: ...

    @abstractmethod
    def backup(self, path: str) -> None: ...


class SqliteStore(Store):
    """Keeps invoices in a file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"
        )

    def save(self, invoice: Invoice) -> None:
        row = (invoice.number, invoice.customer, invoice.kind, json.dumps(invoice.lines))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?)", row)

    def load(self, number: int) -> Invoice:
        row = self._db.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return Invoice(row[0], row[1], row[2], tuple((what, many, cents) for what, many, cents in json.loads(row[3])))

    def numbers(self) -> list[int]:
        return [number for (number,) in self._db.execute("SELECT number FROM invoices ORDER BY number")]

    def delete(self, number: int) -> None:
        with self._db:
            self._db.execute("DELETE FROM invoices WHERE number = ?", (number,))

    def backup(self, path: str) -> None:
        Path(path).write_bytes(Path(self._path).read_bytes())


class MemoryStore(Store):
    """Keeps invoices as long as the process lives."""

    def __init__(self) -> None:
        self._invoices: dict[int, Invoice] = {}

    def save(self, invoice: Invoice) -> None:
        self._invoices.setdefault(invoice.number, invoice)

    def load(self, number: int) -> Invoice:
        return self._invoices.get(number)  # type: ignore[return-value]

    def numbers(self) -> list[int]:
        return list(self._invoices)

    def delete(self, number: int) -> None:
        del self._invoices[number]

    def backup(self, path: str) -> None:
        raise NotImplementedError


class Archive(SqliteStore):
    """A store that may only be read."""

    def save(self, invoice: Invoice) -> None:
        raise NotImplementedError("an archive is read only")


class InvoiceManager:
    """Validates, prices, stores, shows and sends. `send` gives a message to the network."""

    def __init__(self, path: str, send: Callable[[str], None]) -> None:
        self._store = SqliteStore(path)
        self._send = send

    def issue(self, invoice: Invoice) -> int:
        """Check and keep an invoice. Returns its total in cents."""
        if invoice.number < 1:
            raise ValueError(f"invalid number: {invoice.number}")
        if "@" not in invoice.customer:
            raise ValueError(f"invalid customer: {invoice.customer}")
        if not invoice.lines:
            raise ValueError("no lines")
        for what, quantity, cents in invoice.lines:
            if quantity < 1 or cents < 0:
                raise ValueError(f"invalid line: {what}")
        total = self._total(invoice)
        self._store.save(invoice)
        return total

    def show(self, number: int, format: str) -> str:
        """An invoice as text or as HTML."""
        invoice = self._store.load(number)
        total = self._total(invoice)
        if format == "text":
            lines = [f"{quantity} x {what}: {cents / 100:.2f}" for what, quantity, cents in invoice.lines]
            return "\n".join([f"Invoice {number}", *lines, f"Total: {total / 100:.2f}"])
        elif format == "html":
            rows = "".join(f"<li>{quantity} x {html.escape(what)}</li>" for what, quantity, _ in invoice.lines)
            return f"<h1>Invoice {number}</h1><ul>{rows}</ul><p>{total / 100:.2f}</p>"
        raise ValueError(f"unknown format: {format}")

    def send(self, number: int, format: str, channel: str) -> None:
        """Send an invoice to its customer."""
        text = self.show(number, format)
        customer = self._store.load(number).customer
        if channel == "email":
            message = EmailMessage()
            message["To"] = customer
            message["Subject"] = f"Invoice {number}"
            message.set_content(text)
            self._send(message.as_string())
        elif channel == "sms":
            self._send(f"{customer} {text[:40]}")
        else:
            raise ValueError(f"unknown channel: {channel}")

    def owed(self, customer: str) -> int:
        """Cents of all invoices of a customer."""
        invoices = [self._store.load(number) for number in self._store.numbers()]
        return sum(self._total(invoice) for invoice in invoices if invoice.customer == customer)

    def _total(self, invoice: Invoice) -> int:
        if invoice.kind == "regular":
            off = 0
        elif invoice.kind == "loyal":
            off = invoice.subtotal * 5 // 100
        elif invoice.kind == "bulk":
            off = invoice.subtotal // 10 if sum(quantity for _, quantity, _ in invoice.lines) >= 100 else 0
        else:
            raise ValueError(f"unknown kind: {invoice.kind}")
        return max(0, invoice.subtotal - off)
