"""Books in a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from library.application import Books
from library.domain import Book

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""


class SqliteBooks:
    """A repository over an open connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Book | None:
        row = self._connection.execute(
            "SELECT number, title, borrower, due FROM books WHERE number = ?", (number,)
        ).fetchone()
        return self._to_book(row) if row else None

    def save(self, book: Book) -> None:
        due = book.due.isoformat() if book.due else None
        self._connection.execute(
            """
            INSERT INTO books (number, title, borrower, due) VALUES (?, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET title = excluded.title, borrower = excluded.borrower, due = excluded.due
            """,
            (book.number, book.title, book.borrower, due),
        )
        self._connection.execute("DELETE FROM queue WHERE number = ?", (book.number,))
        self._connection.executemany(
            "INSERT INTO queue (number, place, member) VALUES (?, ?, ?)",
            [(book.number, place, member) for place, member in enumerate(book.queue, start=1)],
        )

    def lent_to(self, member: str) -> list[Book]:
        rows = self._connection.execute(
            "SELECT number, title, borrower, due FROM books WHERE borrower = ?", (member,)
        ).fetchall()
        return [self._to_book(row) for row in rows]

    def _to_book(self, row: tuple[int, str, str | None, str | None]) -> Book:
        number, title, borrower, due = row
        return Book(number, title, borrower, date.fromisoformat(due) if due else None, self._queue(number))

    def _queue(self, number: int) -> tuple[str, ...]:
        rows = self._connection.execute("SELECT member FROM queue WHERE number = ? ORDER BY place", (number,))
        return tuple(member for (member,) in rows)


class SqliteStore:
    """Keeps the books in a file. Every unit is a transaction."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.executescript(SCHEMA)

    @contextmanager
    def unit(self) -> Iterator[Books]:
        try:
            yield SqliteBooks(self._connection)
            self._connection.commit()
        except Exception:
            self._connection.rollback()
            raise
