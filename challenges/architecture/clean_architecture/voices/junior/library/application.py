"""The use cases, and the ports through which they reach what is outside."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, Protocol

from library.domain import Book, Refused, Unknown


class Books(Protocol):
    def get(self, number: int) -> Book | None: ...

    def save(self, book: Book) -> None: ...

    def lent_to(self, member: str) -> list[Book]: ...


Unit = Callable[[], AbstractContextManager[Books]]


class Lending:
    def __init__(self, unit: Unit, today: Callable[[], date], notify: Callable[[str, int], Any]) -> None:
        self.unit = unit
        self.today = today
        self.notify = notify

    def borrow(self, member: str, numbers: list) -> date:
        due = None
        with self.unit() as books:
            # check the member first
            current = books.lent_to(member)
            for book in current:
                if book.due < self.today():
                    raise Refused("you have a late book")
            if len(current) + len(numbers) > 5:
                raise Refused("you can not have more than 5 books")

            for number in numbers:
                book = books.get(number)
                if book is None:
                    raise Unknown("book " + str(number) + " does not exist")
                book = book.lend(member, self.today())
                self.save_book(books, book)
                due = book.due
        return due

    def give_back(self, numbers: list) -> int:
        fine = 0
        for number in numbers:
            with self.unit() as books:
                book = books.get(number)
                if book is None:
                    raise Unknown("book " + str(number) + " does not exist")
                # calculate the fine
                days = (self.today() - book.due).days
                if days > 0:
                    fine = fine + days * 20
                book = book.give_back()
                self.save_book(books, book)
                if len(book.queue) > 0:
                    self.notify(book.queue[0], number)
        return fine

    def reserve(self, member: str, number: int) -> int:
        with self.unit() as books:
            book = books.get(number)
            if book is None:
                raise Unknown("book " + str(number) + " does not exist")
            book = book.reserve(member)
            self.save_book(books, book)
            return len(book.queue)

    def loans(self, member: str) -> list:
        # imported here because of the circular import
        from library.adapters.sqlite import SqliteBooks

        with self.unit() as books:
            if isinstance(books, SqliteBooks):
                # let the database do the sorting
                rows = books.conn.execute(
                    f"SELECT number FROM books WHERE borrower = '{member}' ORDER BY due, number"
                ).fetchall()
                return [books.get(row[0]) for row in rows]
            result = books.lent_to(member)
            result.sort(key=lambda b: b.due)
            return result

    def save_book(self, books, book):
        try:
            books.save(book)
        except sqlite3.Error as e:
            raise Refused("could not save the book: " + str(e))
