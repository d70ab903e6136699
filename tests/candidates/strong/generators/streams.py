"""Streams larger than memory: small stages over the standard library's own lazy tools."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class StreamError(ValueError):
    pass


class LineTooLong(StreamError):
    pass


class Unsorted(StreamError):
    pass


class BadFrame(StreamError):
    pass


class Comparable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True)
class Node(Generic[T]):
    value: T
    children: Iterable[Node[T]] = ()


def close_all(iterators: Iterable[Iterator[Any]]) -> None:
    for iterator in iterators:
        if hasattr(iterator, "close"):
            iterator.close()


def at_least_one(**arguments: int) -> None:
    for name, value in arguments.items():
        if value <= 0:
            raise ValueError(f"{name}={value} is not a positive number")


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    at_least_one(limit=limit)

    def lines() -> Generator[str, None, None]:
        source = iter(chunks)
        buffer = bytearray()
        try:
            for chunk in source:
                for piece in _split(chunk):
                    buffer += piece
                    ended = piece.endswith(b"\n")
                    if len(buffer) - ended > limit:
                        raise LineTooLong(f"more than {limit} bytes without a line end")
                    if ended:
                        yield buffer[:-1].decode()
                        buffer.clear()
        finally:
            close_all([source])
        if buffer:
            yield buffer.decode()

    return lines()


def _split(chunk: bytes) -> Iterator[bytes]:
    start = 0
    while end := chunk.find(b"\n", start) + 1:
        yield chunk[start:end]
        start = end
    yield chunk[start:]


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    at_least_one(size=size)

    def batches() -> Generator[list[T], None, None]:
        items = iter(source)
        batch: list[T] = []
        try:
            for item in items:
                batch.append(item)
                if len(batch) == size:
                    yield batch
                    batch = []
        finally:
            close_all([items])
        if batch:
            yield batch

    return batches()


def merge(*sources: Iterable[T], key: Callable[[T], Comparable] | None = None) -> Generator[T, None, None]:
    iterators = [iter(source) for source in sources]

    def order(item: T) -> _Order:
        return _Order(item if key is None else key(item))

    def checked(items: Iterator[T]) -> Iterator[T]:
        last: list[T] = []
        for item in items:
            if last and heapq.nsmallest(1, [last[0], item], key=order)[0] is not last[0]:
                raise Unsorted(f"{item!r} after {last[0]!r}")
            last = [item]
            yield item

    def merged() -> Generator[T, None, None]:
        try:
            yield from heapq.merge(*map(checked, iterators), key=order)
        finally:
            close_all(iterators)

    return merged()


@dataclass(frozen=True, eq=False)
class _Order:
    """A key whose `==` follows from its `<`: heapq.merge asks for both."""

    key: Any

    def __lt__(self, other: _Order) -> bool:
        return bool(self.key < other.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Order) and not (self < other or other < self)


def walk(node: Node[T]) -> Generator[T, None, int]:
    yield node.value
    children = iter(node.children)
    sizes = [1]
    try:
        for child in children:
            sizes.append((yield from walk(child)))
    finally:
        close_all([children])
    return sum(sizes)


class _InputEnded(Exception):
    pass


@dataclass
class _Feed:
    """What has arrived and is not consumed, and what is ready to be handed out."""

    pending: bytearray = field(default_factory=bytearray)
    ready: list[bytes] = field(default_factory=list)

    def exactly(self, count: int) -> Generator[list[bytes], bytes | None, bytes]:
        while len(self.pending) < count:
            ready, self.ready = self.ready, []
            data = yield ready
            if data == b"":
                raise _InputEnded
            self.pending.extend(data or ())
        taken = bytes(itertools.islice(self.pending, count))
        del self.pending[:count]
        return taken


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    at_least_one(limit=limit)
    return _parse(_Feed(), limit)


def _parse(feed: _Feed, limit: int) -> Generator[list[bytes], bytes | None, int]:
    for completed in itertools.count():
        try:
            header = yield from feed.exactly(4)
        except _InputEnded:
            if feed.pending:
                raise BadFrame("the input ended within a length") from None
            return completed
        length = int.from_bytes(header, "big")
        if length > limit:
            raise BadFrame(f"length {length} exceeds {limit}")
        try:
            payload = yield from feed.exactly(length)
        except _InputEnded:
            raise BadFrame("the input ended within a payload") from None
        feed.ready.append(payload)
    raise AssertionError("count() does not end")
