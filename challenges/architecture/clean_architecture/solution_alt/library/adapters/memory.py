"""Books in memory."""

from __future__ import annotations

from collections import ChainMap
from types import TracebackType

from library.application import Books
from library.domain import Book


class MemoryBooks:
    """A repository over a mapping."""

    def __init__(self, books: ChainMap[int, Book]) -> None:
        self._books = books

    def get(self, number: int) -> Book | None:
        return self._books.get(number)

    def save(self, book: Book) -> None:
        self._books[book.number] = book

    def lent_to(self, member: str) -> list[Book]:
        return [book for book in self._books.values() if book.borrower == member]


class MemoryUnit:
    """What is saved lies before the books until the block has ended."""

    def __init__(self, books: dict[int, Book]) -> None:
        self._books = books
        self._saved: dict[int, Book] = {}

    def __enter__(self) -> Books:
        return MemoryBooks(ChainMap(self._saved, self._books))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._books.update(self._saved)


class MemoryStore:
    """Books for as long as the program runs."""

    def __init__(self) -> None:
        self._books: dict[int, Book] = {}

    def unit(self) -> MemoryUnit:
        return MemoryUnit(self._books)
