"""Books in a SQLite file."""

from __future__ import annotations

import sqlite3
from datetime import date
from types import TracebackType

from library.application import Books
from library.domain import Book

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""
BY_NUMBER = "SELECT title, borrower, due FROM books WHERE number = ?"
QUEUE = "SELECT member FROM queue WHERE number = ? ORDER BY place"
UPSERT = """
INSERT INTO books VALUES (:number, :title, :borrower, :due)
ON CONFLICT (number) DO UPDATE SET title = :title, borrower = :borrower, due = :due
"""


class SqliteUnit:
    """A transaction, and the books in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Books:
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")

    def get(self, number: int) -> Book | None:
        for title, borrower, due in self._connection.execute(BY_NUMBER, [number]):
            queue = tuple(member for (member,) in self._connection.execute(QUEUE, [number]))
            return Book(number, title, borrower, date.fromisoformat(due) if due else None, queue)
        return None

    def save(self, book: Book) -> None:
        row = {"number": book.number, "title": book.title, "borrower": book.borrower, "due": book.due and str(book.due)}
        self._connection.execute(UPSERT, row)
        self._connection.execute("DELETE FROM queue WHERE number = ?", [book.number])
        for place, member in enumerate(book.queue, start=1):
            self._connection.execute("INSERT INTO queue VALUES (?, ?, ?)", [book.number, place, member])

    def lent_to(self, member: str) -> list[Book]:
        rows = self._connection.execute("SELECT number FROM books WHERE borrower = ?", [member]).fetchall()
        return [book for (number,) in rows if (book := self.get(number)) is not None]


class SqliteStore:
    """Books in a file, over one connection."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(SCHEMA)

    def unit(self) -> SqliteUnit:
        return SqliteUnit(self._connection)
