"""The rules of a book. Nothing in here knows that there is a program around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

LOAN = timedelta(days=28)
FINE = 20
"""Cents for each day."""


class Unknown(Exception):
    """There is no such book."""


class Refused(Exception):
    """A rule is against it."""


@dataclass(frozen=True)
class Book:
    """A book: on the shelf, or lent until the due day; `queue` names the members who wait for it."""

    number: int
    title: str
    borrower: str | None = None
    due: date | None = None
    queue: tuple[str, ...] = ()

    def lend(self, member: str, today: date) -> Book:
        """Return the book as lent to the member, who waits for it no longer."""
        if self.borrower is not None:
            raise Refused(f"{self.title} is lent")
        if self.queue and self.queue[0] != member:
            raise Refused(f"{self.title} is reserved")
        return replace(self, borrower=member, due=today + LOAN, queue=self.queue[1:])

    def give_back(self) -> Book:
        """Return the book as it is back on the shelf."""
        if self.borrower is None:
            raise Refused(f"{self.title} is not lent")
        return replace(self, borrower=None, due=None)

    def reserve(self, member: str) -> Book:
        """Return the book with the member at the end of its queue."""
        if member == self.borrower or member in self.queue:
            raise Refused(f"{member} has {self.title}, or waits for it")
        if self.borrower is None and not self.queue:
            raise Refused(f"{self.title} is on the shelf")
        return replace(self, queue=(*self.queue, member))

    def days_late(self, today: date) -> int:
        """Return for how many days the book should have been back."""
        return 0 if self.due is None else max(0, (today - self.due).days)
