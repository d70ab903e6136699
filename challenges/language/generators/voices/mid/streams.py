"""Generators for streams larger than memory."""

from __future__ import annotations

import heapq
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


def _close(iterator: Any) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        close()


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    """Give the lines of UTF-8 text that arrives in chunks cut anywhere."""
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return _read_lines(chunks, limit)


def _read_lines(chunks: Iterable[bytes], limit: int) -> Generator[str, None, None]:
    iterator = iter(chunks)
    try:
        pending = b""
        for chunk in iterator:
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                yield _decoded(line, limit)
            if len(pending) > limit:
                raise LineTooLong(f"a line has more than {limit} bytes")
        if pending:
            yield _decoded(pending, limit)
    finally:
        _close(iterator)


def _decoded(line: bytes, limit: int) -> str:
    if len(line) > limit:
        raise LineTooLong(f"a line has more than {limit} bytes")
    return line.decode("utf-8")


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Give lists of `size` items; the last may be shorter."""
    if size < 1:
        raise ValueError("size must be at least 1")
    return _batched(source, size)


def _batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    iterator = iter(source)
    try:
        batch: list[T] = []
        for item in iterator:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch
    finally:
        _close(iterator)


def merge(*sources: Iterable[T], key: Callable[[T], Any] | None = None) -> Generator[T, None, None]:
    """Merge sorted sources into one sorted stream."""
    iterators = [iter(source) for source in sources]
    try:
        yield from heapq.merge(*(_in_order(iterator, key) for iterator in iterators), key=key)
    finally:
        for iterator in iterators:
            _close(iterator)


def _in_order(iterator: Iterator[T], key: Callable[[T], Any] | None) -> Generator[T, None, None]:
    last: Any = None
    first = True
    for item in iterator:
        value = key(item) if key else item
        if not first and value < last:
            raise Unsorted("a source is not in order")
        first, last = False, value
        yield item


def walk(node: Node[T]) -> Generator[T, None, int]:
    """Give the values of a tree, depth first, and return how many there were."""
    yield node.value
    count = 1
    children = iter(node.children)
    try:
        for child in children:
            count += yield from walk(child)
    finally:
        _close(children)
    return count


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    """Take bytes by `send` and give the payloads that they completed; return how many there were."""
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return _frame_parser(limit)


def _frame_parser(limit: int) -> Generator[list[bytes], bytes | None, int]:
    pending = b""
    count = 0
    frames: list[bytes] = []
    while True:
        data = yield frames
        frames = []
        if data is None:
            continue
        if not data:
            if pending:
                raise BadFrame("the input ends in the middle of a frame")
            return count
        pending += data
        while len(pending) >= 4:
            length = int.from_bytes(pending[:4], "big")
            if length > limit:
                raise BadFrame(f"a frame of {length} bytes is above the limit of {limit}")
            if len(pending) < 4 + length:
                break
            frames.append(pending[4 : 4 + length])
            pending = pending[4 + length :]
            count += 1
