"""The rules of a book. Nothing in here knows that there is a program around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


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
        if self.borrower != None:
            raise Refused("book is already lent")
        if len(self.queue) > 0:
            if self.queue[0] != member:
                raise Refused("somebody else is waiting for this book")
        # remove the member from the queue
        new_queue = []
        for name in self.queue:
            if name != member:
                new_queue.append(name)
        return Book(self.number, self.title, member, today + timedelta(days=28), tuple(new_queue))

    def give_back(self) -> Book:
        if self.borrower == None:
            raise Refused("book is not lent")
        return Book(self.number, self.title, None, None, self.queue)

    def reserve(self, member: str) -> Book:
        if self.borrower == None:
            raise Refused("book is free, you can just borrow it")
        if member in self.queue:
            raise Refused("you are already in the queue")
        return Book(self.number, self.title, self.borrower, self.due, self.queue + (member,))
