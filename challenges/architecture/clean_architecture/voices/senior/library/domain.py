"""The rules of a book. Nothing in here knows that there is a program around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

LOAN_DAYS: Final = 28
CENTS_PER_DAY: Final = 20
MOST_LOANS: Final = 5


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

    def lend(self, member: str, today: date) -> Book:
        if self.borrower is not None:
            raise Refused(f"book {self.number} is lent")
        if self.queue and member != self.queue[0]:
            raise Refused(f"others wait for book {self.number}")
        return replace(self, borrower=member, due=due_day(today), queue=self.queue[1:])

    def give_back(self) -> Book:
        if self.borrower is None:
            raise Refused(f"book {self.number} is not lent")
        return replace(self, borrower=None, due=None)

    def reserve(self, member: str) -> Book:
        if self.borrower is None and not self.queue:
            raise Refused(f"book {self.number} is free")
        if member == self.borrower or member in self.queue:
            raise Refused(f"{member} has book {self.number} or waits for it already")
        return replace(self, queue=(*self.queue, member))

    def days_late(self, today: date) -> int:
        """How many days after its due day; 0 for a book in time and for a free one."""
        return 0 if self.due is None else max(0, (today - self.due).days)

    def fine(self, today: date) -> int:
        """What giving it back today costs, in cents."""
        return CENTS_PER_DAY * self.days_late(today)


def due_day(today: date) -> date:
    """When a book lent today is due."""
    return today + timedelta(days=LOAN_DAYS)


def check_member(member: str, loans: list[Book], more: int, today: date) -> None:
    """Whether the member with these loans may have so many more; `Refused` if not."""
    if any(book.days_late(today) for book in loans):
        raise Refused(f"{member} has a late book")
    if len(loans) + more > MOST_LOANS:
        raise Refused(f"{member} would have more than {MOST_LOANS} books")
