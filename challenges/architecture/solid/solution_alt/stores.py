"""Where invoices are kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from ports import Invoice, Reader

TABLE = "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"


class SqliteStore:
    """A file, opened for each question."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._ask(TABLE)

    def save(self, invoice: Invoice) -> None:
        """Replace the row."""
        self._ask(
            "REPLACE INTO invoices VALUES (?, ?, ?, ?)",
            invoice.number,
            invoice.customer,
            invoice.kind,
            json.dumps(invoice.lines),
        )

    def load(self, number: int) -> Invoice:
        """Make an invoice of the row."""
        rows = self._ask("SELECT customer, kind, lines FROM invoices WHERE number = ?", number)
        if not rows:
            raise KeyError(number)
        customer, kind, lines = map(str, rows[0])
        return Invoice(number, customer, kind, tuple((what, many, each) for what, many, each in json.loads(lines)))

    def numbers(self) -> list[int]:
        """List the primary keys."""
        return [int(str(row[0])) for row in self._ask("SELECT number FROM invoices ORDER BY 1")]

    def _ask(self, query: str, *values: int | str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._path)) as file, file:
            return file.execute(query, values).fetchall()


class MemoryStore(dict[int, Invoice]):
    """A dictionary."""

    def save(self, invoice: Invoice) -> None:
        """Set the item."""
        self[invoice.number] = invoice

    def load(self, number: int) -> Invoice:
        """Get the item."""
        return self[number]

    def numbers(self) -> list[int]:
        """List the keys."""
        return sorted(self)


class Archive:
    """Another reader, and nothing else of it."""

    def __init__(self, reader: Reader) -> None:
        self.load = reader.load
        self.numbers = reader.numbers
