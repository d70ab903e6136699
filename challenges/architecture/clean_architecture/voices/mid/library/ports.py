"""What the use cases need from the outside world."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from library.domain import Book


class Books(Protocol):
    """The repository, as it is seen within one unit of work."""

    def get(self, number: int) -> Book | None: ...

    def save(self, book: Book) -> None: ...

    def lent_to(self, member: str) -> list[Book]: ...


Unit = Callable[[], AbstractContextManager[Books]]
Clock = Callable[[], date]
Notifier = Callable[[str, int], object]
