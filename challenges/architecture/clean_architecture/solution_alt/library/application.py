"""The use cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from . import ports
from .domain import Book, Unknown, check_member, fine_of
from .ports import Notify, Today, Unit

__all__ = ["Books", "Lending", "Unit"]


class Books(ports.Books, Protocol):
    """The port, by the name under which it is known here."""


class Shelves:
    """Books of which each that is asked for exists."""

    def __init__(self, books: ports.Books) -> None:
        self._books = books

    def __getitem__(self, number: int) -> Book:
        if (book := self._books.get(number)) is None:
            raise Unknown(f"No book has the number {number}.")
        return book

    def put(self, book: Book) -> Book:
        self._books.save(book)
        return book


@dataclass(frozen=True)
class Lending:
    """What members do."""

    unit: Unit
    today: Today
    notify: Notify

    def borrow(self, member: str, numbers: Sequence[int]) -> date:
        with self.unit() as books:
            today, shelves = self.today(), Shelves(books)
            check_member(books.lent_to(member), len(numbers), today)
            days = [shelves.put(shelves[number].lend(member, today)).due for number in numbers]
        return days[0] or today

    def give_back(self, numbers: Sequence[int]) -> int:
        calls: list[tuple[str, int]] = []
        with self.unit() as books:
            today, shelves, fine = self.today(), Shelves(books), 0
            for number in numbers:
                lent = shelves[number]
                fine += fine_of(lent, today)
                shelves.put(lent.give_back())
                calls.extend((member, number) for member in lent.queue[:1])
        for call in calls:
            self.notify(*call)
        return fine

    def reserve(self, member: str, number: int) -> int:
        with self.unit() as books:
            shelves = Shelves(books)
            return len(shelves.put(shelves[number].reserve(member)).queue)

    def loans(self, member: str) -> list[Book]:
        with self.unit() as books:
            loans = list(books.lent_to(member))
        loans.sort(key=lambda book: book.number)
        loans.sort(key=lambda book: book.due.toordinal() if book.due else 0)
        return loans
