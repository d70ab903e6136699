"""Books in a SQLite file."""

import sqlite3
from contextlib import contextmanager
from datetime import date

from library.application import Books
from library.domain import Book

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""


class SqliteBooks(Books):
    def __init__(self, conn):
        self.conn = conn

    def get(self, number: int) -> Book | None:
        row = self.conn.execute("SELECT number, title, borrower, due FROM books WHERE number = ?", (number,)).fetchone()
        if row is None:
            return None
        queue = self.conn.execute("SELECT member FROM queue WHERE number = ?", (number,)).fetchall()
        due = None
        if row[3]:
            due = date.fromisoformat(row[3])
        return Book(row[0], row[1], row[2], due, tuple(q[0] for q in queue))

    def save(self, book: Book) -> None:
        due = None
        if book.due:
            due = str(book.due)
        self.conn.execute(
            "INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?)", (book.number, book.title, book.borrower, due)
        )
        self.conn.execute("DELETE FROM queue WHERE number = ?", (book.number,))
        place = 1
        for member in book.queue:
            self.conn.execute("INSERT INTO queue VALUES (?, ?, ?)", (book.number, place, member))
            place += 1
        self.conn.commit()

    def lent_to(self, member: str) -> list[Book]:
        rows = self.conn.execute("SELECT number FROM books WHERE borrower = ?", (member,)).fetchall()
        result = []
        for row in rows:
            result.append(self.get(row[0]))
        return result


class SqliteStore:
    def __init__(self, path: str) -> None:
        self.path = path
        conn = sqlite3.connect(path)
        conn.executescript(SCHEMA)
        conn.close()

    @contextmanager
    def unit(self):
        conn = sqlite3.connect(self.path)
        try:
            yield SqliteBooks(conn)
        finally:
            conn.commit()
            conn.close()
