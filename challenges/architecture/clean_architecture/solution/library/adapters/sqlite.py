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
    """A repository over the tables, within a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Book | None:
        select = "SELECT number, title, borrower, due FROM books WHERE number = ?"
        row = self._connection.execute(select, (number,)).fetchone()
        return None if row is None else self._book(*row)

    def save(self, book: Book) -> None:
        due = None if book.due is None else book.due.isoformat()
        row = (book.number, book.title, book.borrower, due)
        self._connection.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?)", row)
        self._connection.execute("DELETE FROM queue WHERE number = ?", (book.number,))
        waiting = [(book.number, place, member) for place, member in enumerate(book.queue)]
        self._connection.executemany("INSERT INTO queue VALUES (?, ?, ?)", waiting)

    def lent_to(self, member: str) -> list[Book]:
        select = "SELECT number, title, borrower, due FROM books WHERE borrower = ?"
        return [self._book(*row) for row in self._connection.execute(select, (member,)).fetchall()]

    def _book(self, number: int, title: str, borrower: str | None, due: str | None) -> Book:
        select = "SELECT member FROM queue WHERE number = ? ORDER BY place"
        queue = tuple(member for (member,) in self._connection.execute(select, (number,)))
        return Book(number, title, borrower, None if due is None else date.fromisoformat(due), queue)


class SqliteStore:
    """Books in a file, which outlive the process."""

    def __init__(self, path: str) -> None:
        self._path = path
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)

    @contextmanager
    def unit(self) -> Iterator[Books]:
        """Open a transaction, which is committed unless an exception leaves the block."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            yield SqliteBooks(connection)
