"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import assert_type
from wsgiref.types import WSGIApplication

from library.adapters.memory import MemoryStore
from library.adapters.sqlite import SqliteStore
from library.adapters.web import Web
from library.application import Books, Lending, Unit
from library.domain import Book, Refused, Unknown
from library.main import build


class Shelf:
    def get(self, number: int) -> Book | None:
        return None

    def save(self, book: Book) -> None: ...

    def lent_to(self, member: str) -> list[Book]:
        return []


class ReadOnly:
    def get(self, number: int) -> Book | None:
        return None

    def lent_to(self, member: str) -> list[Book]:
        return []


class Titles:
    def get(self, number: int) -> str:
        return ""

    def save(self, book: Book) -> None: ...

    def lent_to(self, member: str) -> list[Book]:
        return []


@contextmanager
def shelf() -> Iterator[Shelf]:
    yield Shelf()


@contextmanager
def read_only() -> Iterator[ReadOnly]:
    yield ReadOnly()


@contextmanager
def titles() -> Iterator[Titles]:
    yield Titles()


def bare() -> Shelf:
    return Shelf()


class Entered:
    def __call__(self) -> AbstractContextManager[Books]:
        return shelf()


def tell(member: str, number: int) -> bool:
    return True


def tell_a_book(book: Book) -> None: ...


def bringing(unit: Unit, today: Callable[[], date]) -> None:
    Lending(shelf, date.today, print)
    Lending(unit, today, tell)
    Lending(Entered(), today, lambda member, number: None)
    Lending(read_only, today, tell)  # type: ignore[arg-type]
    Lending(titles, today, tell)  # type: ignore[arg-type]
    Lending(bare, today, tell)  # type: ignore[arg-type]
    Lending(shelf(), today, tell)  # type: ignore[arg-type]
    Lending(unit, today(), tell)  # type: ignore[arg-type]
    Lending(unit, today, tell_a_book)  # type: ignore[arg-type]
    Lending(unit, today)  # type: ignore[call-arg]


def lending(use: Lending, numbers: Sequence[int]) -> list[Book]:
    assert_type(use.borrow("ann", [1, 2]), date)
    assert_type(use.borrow("ann", numbers), date)
    assert_type(use.give_back((1, 2)), int)
    assert_type(use.reserve("ann", 1), int)
    assert_type(use.loans("ann"), list[Book])
    use.borrow("ann", 1)  # type: ignore[arg-type]
    use.borrow(1, [1])  # type: ignore[arg-type]
    use.give_back(["Emma"])  # type: ignore[list-item]
    use.give_back(1)  # type: ignore[arg-type]
    use.reserve("ann", "Emma")  # type: ignore[arg-type]
    use.loans(1)  # type: ignore[arg-type]
    return use.loans("ann")


def rules(book: Book, today: date) -> list[Exception]:
    assert_type(book.lend("ann", today), Book)
    assert_type(book.give_back(), Book)
    assert_type(book.reserve("ann"), Book)
    assert_type(book.queue, tuple[str, ...])
    book.lend("ann", 28)  # type: ignore[arg-type]
    book.reserve(1)  # type: ignore[arg-type]
    book.borrower = "ann"  # type: ignore[misc]
    return [Refused("lent"), Unknown("none")]


def storing(path: str) -> list[Unit]:
    with MemoryStore().unit() as books:
        books.save(Book(1, "Emma"))
        assert_type(books.get(1), Book | None)
        assert_type(books.lent_to("ann"), list[Book])
        books.save("Emma")  # type: ignore[arg-type]
        books.get("1")  # type: ignore[arg-type]
    with SqliteStore(path).unit() as books:
        books.save(Book(1, "Emma", "ann", date.today(), ("bob",)))
    SqliteStore(1)  # type: ignore[arg-type]
    return [MemoryStore().unit, SqliteStore(path).unit]


def serving(use: Lending, path: str, today: Callable[[], date]) -> list[WSGIApplication]:
    Web(MemoryStore())  # type: ignore[arg-type]
    build(path, today, tell_a_book)  # type: ignore[arg-type]
    build(1, today, tell)  # type: ignore[arg-type]
    return [Web(use), build(path, today, tell), build(path, date.today, print)]
