"""The rules of a book. Nothing in here knows that there is a program around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

LOAN_PERIOD = timedelta(days=28)


class Unknown(Exception):
    """Given. There is no such book."""


class Refused(Exception):
    """Given. A rule is against it."""


@dataclass(frozen=True)
class Book:
    """A book: on the shelf, or lent until the due day; `queue` names the members who wait for it."""

    number: int
    title: str
    borrower: str | None = None
    due: date | None = None
    queue: tuple[str, ...] = ()

    @property
    def is_lent(self) -> bool:
        return self.borrower is not None

    def lend(self, member: str, today: date) -> Book:
        """Lend the book to the member for the loan period."""
        if self.is_lent:
            raise Refused(f"Book {self.number} is already lent")
        if self.queue and self.queue[0] != member:
            raise Refused(f"Book {self.number} is reserved for {self.queue[0]}")
        return replace(self, borrower=member, due=today + LOAN_PERIOD, queue=self.queue[1:])

    def give_back(self) -> Book:
        """Put the book back on the shelf. The queue stays."""
        if not self.is_lent:
            raise Refused(f"Book {self.number} is not lent")
        return replace(self, borrower=None, due=None)

    def reserve(self, member: str) -> Book:
        """Put the member at the end of the queue."""
        if self.borrower == member:
            raise Refused(f"{member} already has book {self.number}")
        if member in self.queue:
            raise Refused(f"{member} already waits for book {self.number}")
        if not self.is_lent and not self.queue:
            raise Refused(f"Book {self.number} is free")
        return replace(self, queue=(*self.queue, member))
