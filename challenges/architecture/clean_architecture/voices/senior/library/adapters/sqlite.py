"""Books in a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date

from library.application import Books
from library.domain import Book

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""


class SqliteBooks:
    """A repository over a connection, within the transaction that somebody else begins and ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Book | None:
        found = self._connection.execute("SELECT title, borrower, due FROM books WHERE number = ?", (number,)).fetchall()
        for title, borrower, due in found:
            return Book(number, title, borrower, due and date.fromisoformat(due), self._queue(number))
        return None

    def save(self, book: Book) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO books (number, title, borrower, due) VALUES (?, ?, ?, ?)",
            (book.number, book.title, book.borrower, book.due and book.due.isoformat()),
        )
        self._connection.execute("DELETE FROM queue WHERE number = ?", (book.number,))
        self._connection.executemany(
            "INSERT INTO queue (number, place, member) VALUES (?, ?, ?)",
            [(book.number, place, member) for place, member in enumerate(book.queue)],
        )

    def lent_to(self, member: str) -> list[Book]:
        numbers = self._connection.execute("SELECT number FROM books WHERE borrower = ?", (member,)).fetchall()
        return [book for (number,) in numbers if (book := self.get(number)) is not None]

    def _queue(self, number: int) -> tuple[str, ...]:
        rows = self._connection.execute("SELECT member FROM queue WHERE number = ? ORDER BY place", (number,)).fetchall()
        return tuple(member for (member,) in rows)


class SqliteStore:
    """A unit is a transaction on a connection of its own, so nothing of it can outlive its block."""

    def __init__(self, path: str) -> None:
        self._path = path
        with closing(self._connect()) as connection:
            connection.executescript(SCHEMA)

    @contextmanager
    def unit(self) -> Iterator[Books]:
        # The connection, as a context manager, commits or rolls back; `closing` only closes.
        with closing(self._connect()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield SqliteBooks(connection)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None)  # transactions begin where we say so
