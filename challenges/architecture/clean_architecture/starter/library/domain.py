"""The rules of a book. Nothing in here knows that there is a program around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class Unknown(Exception):
    """Given. There is no such book."""


class Refused(Exception):
    """Given. A rule is against it."""


@dataclass(frozen=True)
class Book:
    """A book: on the shelf, or lent until the due day; `queue` names the members who wait for it.

    The fields are given. Add methods.
    """

    number: int
    title: str
    borrower: str | None = None
    due: date | None = None
    queue: tuple[str, ...] = ()
