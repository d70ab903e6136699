"""The use cases, and the ports through which they reach what is outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from library.domain import FINE, Book, Refused, Unknown

LIMIT = 5


class Books(Protocol):
    """The books, within one unit of work."""

    def get(self, number: int) -> Book | None: ...

    def save(self, book: Book) -> None: ...

    def lent_to(self, member: str) -> list[Book]: ...


Unit = Callable[[], AbstractContextManager[Books]]


class Lending:
    """Each use case is one unit of work."""

    def __init__(self, unit: Unit, today: Callable[[], date], notify: Callable[[str, int], object]) -> None:
        self._unit = unit
        self._today = today
        self._notify = notify

    def borrow(self, member: str, numbers: Sequence[int]) -> date:
        """Lend all of the books, or none. Returns the day on which they are due."""
        today = self._today()
        with self._unit() as books:
            loans = books.lent_to(member)
            if any(book.days_late(today) for book in loans):
                raise Refused(f"{member} has late books")
            if len(loans) + len(numbers) > LIMIT:
                raise Refused(f"{member} would have more than {LIMIT} books")
            for number in numbers:
                book = _book(books, number).lend(member, today)
                books.save(book)
        assert book.due is not None
        return book.due

    def give_back(self, numbers: Sequence[int]) -> int:
        """Take all of the books back, or none, and tell whoever waits first for each. Returns the fine in cents."""
        today = self._today()
        fine = 0
        wanted: list[Book] = []
        with self._unit() as books:
            for number in numbers:
                book = _book(books, number)
                fine += FINE * book.days_late(today)
                book = book.give_back()
                books.save(book)
                if book.queue:
                    wanted.append(book)
        for book in wanted:
            self._notify(book.queue[0], book.number)
        return fine

    def reserve(self, member: str, number: int) -> int:
        """Put the member into the book's queue. Returns the place there."""
        with self._unit() as books:
            book = _book(books, number).reserve(member)
            books.save(book)
        return len(book.queue)

    def loans(self, member: str) -> list[Book]:
        """Return what the member has, by due day, then number."""
        with self._unit() as books:
            return sorted(books.lent_to(member), key=lambda book: (book.due or date.max, book.number))


def _book(books: Books, number: int) -> Book:
    book = books.get(number)
    if book is None:
        raise Unknown(f"there is no book {number}")
    return book
