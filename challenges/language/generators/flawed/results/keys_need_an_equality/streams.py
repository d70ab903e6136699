"""Generators for streams larger than memory.

Each public function checks its arguments at once and hands over to a generator, whose body would not run before the
first `next`. Each generator closes the iterators that it reads from, however it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")

LENGTH_BYTES = 4


class StreamError(ValueError):
    """Base of the errors of this module."""


class LineTooLong(StreamError):
    """A line has more bytes than the limit allows."""


class Unsorted(StreamError):
    """A source of a merge is not in order."""


class BadFrame(StreamError):
    """The bytes are no frames: a length above the limit, or an end in the middle of a frame."""


class Comparable(Protocol):
    """What keys must be able to do."""

    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True)
class Node(Generic[T]):
    """A tree. The children may come from a generator: they can be iterated once."""

    value: T
    children: Iterable[Node[T]] = ()


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    """Give the lines of UTF-8 text that arrives in chunks cut anywhere."""
    _require_positive("limit", limit)
    return _read_lines(chunks, limit)


def _read_lines(chunks: Iterable[bytes], limit: int) -> Generator[str, None, None]:
    pending = b""
    with _reading(chunks) as source:
        for chunk in source:
            *complete, pending = (pending + chunk).split(b"\n")
            for line in complete:
                yield _decoded(line, limit)
            _require_short(pending, limit)
    if pending:
        yield _decoded(pending, limit)


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Give lists of `size` items; the last may be shorter."""
    _require_positive("size", size)
    return _batched(source, size)


def _batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    with _reading(source) as items:
        while batch := list(islice(items, size)):
            yield batch


def merge(*sources: Iterable[T], key: Callable[[T], Comparable] | None = None) -> Generator[T, None, None]:
    """Merge sorted sources into one sorted stream."""
    with ExitStack() as stack:
        readers = [stack.enter_context(_reading(source)) for source in sources]
        heads = [head for rank, items in enumerate(readers) for head in _Head.first(rank, items, key)]
        heapify(heads)
        while heads:
            head = heads[0]
            yield head.item
            if head.advance():
                heapreplace(heads, head)
            else:
                heappop(heads)


def walk(node: Node[T]) -> Generator[T, None, int]:
    """Give the values of a tree, depth first, and return how many there were."""
    yield node.value
    count = 1
    with _reading(node.children) as children:
        for child in children:
            count += yield from walk(child)
    return count


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    """Take bytes by `send` and give the payloads that they completed; return how many there were."""
    _require_positive("limit", limit)
    return _frame_parser(limit)


def _frame_parser(limit: int) -> Generator[list[bytes], bytes | None, int]:
    buffer, count = bytearray(), 0
    frames: list[bytes] = []
    while (data := (yield frames)) != b"":
        buffer += data or b""
        frames = list(_take_frames(buffer, limit))
        count += len(frames)
    if buffer:
        raise BadFrame(f"the input ended {len(buffer)} bytes into a frame")
    return count


def _take_frames(buffer: bytearray, limit: int) -> Iterator[bytes]:
    """Remove the complete frames from the front of `buffer`, all at once in the end: deleting moves what follows."""
    start = 0
    while len(buffer) >= start + LENGTH_BYTES:
        payload = start + LENGTH_BYTES
        length = int.from_bytes(buffer[start:payload], "big")
        if length > limit:
            raise BadFrame(f"a frame of {length} bytes; the limit is {limit}")
        if len(buffer) < payload + length:
            break
        start = payload + length
        yield bytes(buffer[payload:start])
    del buffer[:start]


class _Head(Generic[T]):
    """The foremost item of one source of a merge, ordered by key and then by the rank of its source."""

    def __init__(self, rank: int, items: Iterator[T], key: Callable[[T], Any] | None, item: T) -> None:
        self._rank = rank
        self._items = items
        self._key = key
        self.item = item
        self._order = self._order_of(item)

    @classmethod
    def first(cls, rank: int, items: Iterator[T], key: Callable[[T], Any] | None) -> Iterator[_Head[T]]:
        """Give the head of a source, or nothing for an empty one."""
        for item in islice(items, 1):
            yield cls(rank, items, key, item)

    def advance(self) -> bool:
        """Read the next item; False at the source's end."""
        for self.item in self._items:
            last, self._order = self._order, self._order_of(self.item)
            if self._order < last:
                raise Unsorted(f"source {self._rank} has {self._order!r} after {last!r}")
            return True
        return False

    def __lt__(self, other: _Head[T]) -> bool:
        return (self._order, self._rank) < (other._order, other._rank)

    def _order_of(self, item: T) -> Any:
        return item if self._key is None else self._key(item)


@contextmanager
def _reading(source: Iterable[T]) -> Iterator[Iterator[T]]:
    """An iterator over `source` that is closed at the end, where it can be. Closing one that has ended does nothing."""
    iterator = iter(source)
    try:
        yield iterator
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


def _decoded(line: bytes, limit: int) -> str:
    _require_short(line, limit)
    return line.decode("utf-8")


def _require_short(line: bytes, limit: int) -> None:
    if len(line) > limit:
        raise LineTooLong(f"a line of at least {len(line)} bytes; the limit is {limit}")


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
