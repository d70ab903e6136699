"""Generators for streams larger than memory."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


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


class _Held:
    """Iterators that are closed when the block ends, unless they ended by themselves."""

    def __init__(self) -> None:
        self._begun: list[Iterator[Any]] = []

    def begin(self, source: Iterable[T]) -> Iterator[T]:
        iterator = iter(source)
        self._begun.append(iterator)
        return iterator

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *_: object) -> None:
        errors = []
        for iterator in reversed(self._begun):
            close = getattr(iterator, "close", None)
            if close is not None:
                try:
                    close()
                except Exception as error:
                    errors.append(error)
        if errors:
            raise errors[0]


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    """Give the lines of UTF-8 text that arrives in chunks cut anywhere."""
    _require_positive("limit", limit)
    return _read_lines(chunks, limit)


def _read_lines(chunks: Iterable[bytes], limit: int) -> Generator[str, None, None]:
    with _Held() as held:
        pending = bytearray()
        for chunk in held.begin(chunks):
            begin = 0
            while (end := chunk.find(b"\n", begin)) >= 0:
                pending += chunk[begin:end]
                yield _line(pending, limit)
                pending.clear()
                begin = end + 1
            pending += chunk[begin:]
            if len(pending) > limit:
                raise LineTooLong(f"a line has more than {limit} bytes")
        if pending:
            yield _line(pending, limit)


def _line(content: bytearray, limit: int) -> str:
    if len(content) > limit:
        raise LineTooLong(f"a line has more than {limit} bytes")
    return content.decode("utf-8")


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Give lists of `size` items; the last may be shorter."""
    _require_positive("size", size)
    return _batched(source, size)


def _batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    with _Held() as held:
        iterator = held.begin(source)
        while batch := list(itertools.islice(iterator, size)):
            yield batch


class _Head(Generic[T]):
    """The next item of one source, compared by key, then by the place of its source."""

    __slots__ = ("item", "iterator", "key", "place")

    def __init__(self, item: T, key: Comparable, place: int, iterator: Iterator[T]) -> None:
        self.item, self.key, self.place, self.iterator = item, key, place, iterator

    def __lt__(self, other: _Head[T]) -> bool:
        if self.key < other.key:
            return True
        if other.key < self.key:
            return False
        return self.place < other.place


def _itself(item: Any) -> Any:
    return item


def merge(*sources: Iterable[T], key: Callable[[T], Comparable] | None = None) -> Generator[T, None, None]:
    """Merge sorted sources into one sorted stream."""
    by = key or _itself
    with _Held() as held:
        heads: list[_Head[T]] = []
        for place, source in enumerate(sources):
            iterator = held.begin(source)
            for item in iterator:
                heads.append(_Head(item, by(item), place, iterator))
                break
        heapq.heapify(heads)
        while heads:
            head = heads[0]
            yield head.item
            try:
                item = next(head.iterator)
            except StopIteration:
                heapq.heappop(heads)
                continue
            following = by(item)
            if following < head.key:
                raise Unsorted(f"source {head.place} is not in order")
            heapq.heapreplace(heads, _Head(item, following, head.place, head.iterator))


def walk(node: Node[T]) -> Generator[T, None, int]:
    """Give the values of a tree, depth first, and return how many there were."""
    yield node.value
    count = 1
    with _Held() as held:
        for child in held.begin(node.children):
            count += yield from walk(child)
    return count


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    """Take bytes by `send` and give the payloads that they completed; return how many there were."""
    _require_positive("limit", limit)
    return _frame_parser(limit)


def _frame_parser(limit: int) -> Generator[list[bytes], bytes | None, int]:
    pending, count = bytearray(), 0
    data = yield []
    while data != b"":
        frames = _take(pending, data or b"", limit)
        count += len(frames)
        data = yield frames
    if pending:
        raise BadFrame("the input ends in the middle of a frame")
    return count


def _take(pending: bytearray, data: bytes, limit: int) -> list[bytes]:
    pending += data
    frames: list[bytes] = []
    begin = 0
    while len(pending) - begin >= 4:
        length = int.from_bytes(pending[begin : begin + 4], "big")
        if length > limit:
            raise BadFrame(f"a frame of {length} bytes is above the limit of {limit}")
        end = begin + 4 + length
        if len(pending) < end:
            break
        frames.append(bytes(pending[begin + 4 : end]))
        begin = end
    del pending[:begin]
    return frames
