"""Books, and what may be done with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, timedelta


class Unknown(Exception):
    """There is no such book."""


class Refused(Exception):
    """A rule is against it."""


@dataclasses.dataclass(frozen=True)
class Book:
    """A book: on the shelf, or lent until the due day; `queue` names the members who wait for it."""

    number: int
    title: str
    borrower: str | None = None
    due: date | None = None
    queue: tuple[str, ...] = ()

    def lend(self, member: str, today: date) -> Book:
        if self.borrower:
            raise Refused("This book is lent.")
        if not self.queue:
            return self._with(member, today + timedelta(weeks=4), ())
        first, *rest = self.queue
        if member != first:
            raise Refused(f"{first} is first.")
        return self._with(member, today + timedelta(weeks=4), rest)

    def give_back(self) -> Book:
        if not self.borrower:
            raise Refused("This book is here.")
        return self._with(None, None, self.queue)

    def reserve(self, member: str) -> Book:
        if self.borrower is None and self.queue == ():
            raise Refused("This book can be had at once.")
        if member in {self.borrower, *self.queue}:
            raise Refused("Once is enough.")
        return self._with(self.borrower, self.due, (*self.queue, member))

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today

    def _with(self, borrower: str | None, due: date | None, queue: Iterable[str]) -> Book:
        return Book(self.number, self.title, borrower, due, tuple(queue))


def fine_of(book: Book, today: date) -> int:
    """Return the fine in cents if the book comes back today."""
    if book.due is None or not book.is_late(today):
        return 0
    return 20 * (today - book.due).days


def check_member(loans: list[Book], more: int, today: date) -> None:
    """Refuse a member with these loans who wants more, if there is a reason."""
    for book in loans:
        if book.is_late(today):
            raise Refused(f"Bring back {book.title} first.")
    if len(loans) + more > 5:
        raise Refused("Five books are enough.")
