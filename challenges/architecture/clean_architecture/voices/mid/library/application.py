"""The use cases, and the ports through which they reach what is outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from library.domain import LOAN_PERIOD, Book, Refused, Unknown
from library.ports import Books, Clock, Notifier, Unit

__all__ = ["Books", "Lending", "Unit"]

MAX_LOANS = 5
FINE_PER_DAY = 20


class Lending:
    """The use cases of the library."""

    def __init__(self, unit: Unit, today: Clock, notify: Notifier) -> None:
        self._unit = unit
        self._today = today
        self._notify = notify

    def borrow(self, member: str, numbers: Sequence[int]) -> date:
        """Lend all of the books to the member, and return the due day."""
        today = self._today()
        self._check_member(member, len(numbers), today)
        with self._unit() as books:
            lent = [book.lend(member, today) for book in self._load(books, numbers)]
            for book in lent:
                books.save(book)
        return today + LOAN_PERIOD

    def give_back(self, numbers: Sequence[int]) -> int:
        """Take the books back, tell those who wait, and return the fine in cents."""
        today = self._today()
        with self._unit() as books:
            lent = self._load(books, numbers)
            returned = [book.give_back() for book in lent]
            for book in returned:
                books.save(book)
        for book in returned:
            if book.queue:
                self._notify(book.queue[0], book.number)
        return sum(self._fine(book, today) for book in lent)

    def reserve(self, member: str, number: int) -> int:
        """Let the member wait for the book, and return their place in the queue."""
        with self._unit() as books:
            [book] = self._load(books, [number])
            reserved = book.reserve(member)
            books.save(reserved)
        return len(reserved.queue)

    def loans(self, member: str) -> list[Book]:
        """What the member has, the most urgent first."""
        with self._unit() as books:
            loans = books.lent_to(member)
        return sorted(loans, key=lambda book: (book.due or date.max, book.number))

    def _check_member(self, member: str, wanted: int, today: date) -> None:
        loans = self.loans(member)
        if any(book.due is not None and book.due < today for book in loans):
            raise Refused(f"{member} has a late book")
        if len(loans) + wanted > MAX_LOANS:
            raise Refused(f"{member} may not have more than {MAX_LOANS} books")

    @staticmethod
    def _load(books: Books, numbers: Sequence[int]) -> list[Book]:
        """Load all of the books up front, so that nothing is saved if one of them is unknown."""
        found = []
        for number in numbers:
            book = books.get(number)
            if book is None:
                raise Unknown(f"There is no book {number}")
            found.append(book)
        return found

    @staticmethod
    def _fine(book: Book, today: date) -> int:
        if book.due is None:
            return 0
        return max(0, (today - book.due).days) * FINE_PER_DAY
