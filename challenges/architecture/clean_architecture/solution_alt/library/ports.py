"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol, TypeAlias

from .domain import Book


class Books(Protocol):
    """The books, as a unit of work sees them."""

    def get(self, number: int) -> Book | None:
        """Return the book, or None."""

    def save(self, book: Book) -> None:
        """Add the book, or replace the one with its number."""

    def lent_to(self, member: str) -> list[Book]:
        """Return what the member has, in any order."""


Unit: TypeAlias = Callable[[], AbstractContextManager[Books]]
Today: TypeAlias = Callable[[], date]
Notify: TypeAlias = Callable[[str, int], object]
