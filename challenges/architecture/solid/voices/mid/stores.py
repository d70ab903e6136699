"""Places where invoices live."""

from __future__ import annotations

import json
import sqlite3

from invoicing import Invoice, Reader


class SqliteStore:
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


class MemoryStore:
    def __init__(self) -> None:
        self._invoices: dict[int, Invoice] = {}

    def save(self, invoice: Invoice) -> None:
        self._invoices[invoice.number] = invoice

    def load(self, number: int) -> Invoice:
        if number not in self._invoices:
            raise KeyError(number)
        return self._invoices[number]

    def numbers(self) -> list[int]:
        return sorted(self._invoices.keys())


class Archive:
    """Read-only view on a reader."""

    def __init__(self, reader: Reader) -> None:
        self.load = reader.load
        self.numbers = reader.numbers
