"""The use cases, and the ports through which they reach what is outside.

A unit may be any context manager, so a type checker cannot know that it lets exceptions through. Hence results are
built in the block but returned after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from library.domain import Book, Unknown, check_member, due_day


class Books(Protocol):
    """The books, within one unit."""

    def get(self, number: int) -> Book | None: ...

    def save(self, book: Book) -> None:
        """Save a new book, or one in place of the one with its number."""

    def lent_to(self, member: str) -> list[Book]:
        """Return what the member has, in any order."""
        ...


Unit = Callable[[], AbstractContextManager[Books]]
"""Opens a unit of work: all that was saved in its block is stored when the block ends, or nothing."""


class Lending:
    """What members can do. Each use case is one unit."""

    def __init__(self, unit: Unit, today: Callable[[], date], notify: Callable[[str, int], object]) -> None:
        self._unit = unit
        self._today = today
        self._notify = notify

    def borrow(self, member: str, numbers: Sequence[int]) -> date:
        today = self._today()
        with self._unit() as books:
            check_member(member, books.lent_to(member), len(numbers), today)
            for number in numbers:
                books.save(_existing(books, number).lend(member, today))
        return due_day(today)

    def give_back(self, numbers: Sequence[int]) -> int:
        today = self._today()
        fine = 0
        waiting: list[tuple[str, int]] = []
        with self._unit() as books:
            for number in numbers:
                lent = _existing(books, number)
                free = lent.give_back()
                books.save(free)
                fine += lent.fine(today)
                waiting.extend((member, number) for member in free.queue[:1])
        for member, number in waiting:
            self._notify(member, number)
        return fine

    def reserve(self, member: str, number: int) -> int:
        with self._unit() as books:
            reserved = _existing(books, number).reserve(member)
            books.save(reserved)
        return len(reserved.queue)

    def loans(self, member: str) -> list[Book]:
        with self._unit() as books:
            loans = sorted(books.lent_to(member), key=_by_due_day)
        return loans


def _existing(books: Books, number: int) -> Book:
    book = books.get(number)
    if book is None:
        raise Unknown(f"there is no book {number}")
    return book


def _by_due_day(book: Book) -> tuple[date, int]:
    return book.due or date.max, book.number
