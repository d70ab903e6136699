"""Books in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from library.application import Books
from library.domain import Book


class MemoryBooks:
    """A repository over a dictionary."""

    def __init__(self, books: dict[int, Book]) -> None:
        self._books = books

    def get(self, number: int) -> Book | None:
        return self._books.get(number)

    def save(self, book: Book) -> None:
        self._books[book.number] = book

    def lent_to(self, member: str) -> list[Book]:
        return [book for book in self._books.values() if book.borrower == member]


class MemoryStore:
    """Books that are gone with the process."""

    def __init__(self) -> None:
        self._books: dict[int, Book] = {}

    @contextmanager
    def unit(self) -> Iterator[Books]:
        """Work on a copy, which takes the place of the books unless an exception leaves the block."""
        copy = dict(self._books)
        yield MemoryBooks(copy)
        self._books = copy
