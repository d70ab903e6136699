"""Generators for streams larger than memory.

All functions check their arguments at once and leave the work to a generator. Sources are read through `_Source`, which
knows whether its iterator has begun and not ended, and closes only such an iterator.

A suspended generator keeps its local variables alive. Where these could be large, they are dropped before a `yield`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

__all__ = [
    "BadFrame",
    "Comparable",
    "LineTooLong",
    "Node",
    "StreamError",
    "Unsorted",
    "batched",
    "frame_parser",
    "merge",
    "read_lines",
    "walk",
]

T = TypeVar("T")

_HEADER_SIZE = 4


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


class _Source(Generic[T]):
    """An iterator that is closed if it has begun and not ended."""

    def __init__(self, iterable: Iterable[T]) -> None:
        self._iterator = iter(iterable)
        self._is_running = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        self._is_running = False  # whatever it raises now ends it
        item = next(self._iterator)
        self._is_running = True
        return item

    def close(self) -> None:
        if self._is_running:
            self._is_running = False
            close = getattr(self._iterator, "close", None)
            if close is not None:
                close()


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


# --- lines ---------------------------------------------------------------------------------------------------------


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    """Give the lines of UTF-8 text that arrives in chunks cut anywhere."""
    _require_positive("limit", limit)
    return _lines(chunks, limit)


def _lines(chunks: Iterable[bytes], limit: int) -> Generator[str, None, None]:
    pending = bytearray()

    def extend(part: bytes, start: int, end: int) -> None:
        if len(pending) + end - start > limit:
            raise LineTooLong(f"a line has more than {limit} bytes")
        pending.extend(memoryview(part)[start:end])

    def take() -> str:
        line = bytes(pending)
        pending.clear()
        return line.decode()

    with closing(_Source(chunks)) as source:
        for chunk in source:
            start = 0
            while (end := chunk.find(b"\n", start)) >= 0:
                extend(chunk, start, end)
                start = end + 1
                yield take()
            extend(chunk, start, len(chunk))
            chunk = b""
        if pending:
            yield take()


# --- batches -------------------------------------------------------------------------------------------------------


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Give lists of `size` items; the last may be shorter."""
    _require_positive("size", size)
    return _batches(source, size)


def _batches(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    with closing(_Source(source)) as items:
        while batch := list(islice(items, size)):
            is_last = len(batch) < size
            yield batch
            del batch
            if is_last:
                return


# --- merge ---------------------------------------------------------------------------------------------------------


class _Head(Generic[T]):
    """The item of a source that waits to be delivered. Heads are ordered by key, then by the order of the sources."""

    __slots__ = ("_index", "_key_of", "_source", "item", "key")

    def __init__(self, index: int, source: _Source[T], key_of: Callable[[T], Comparable], first: T) -> None:
        self._index = index
        self._source = source
        self._key_of = key_of
        self.item = first
        self.key = key_of(first)

    def __lt__(self, other: _Head[T]) -> bool:
        if self.key < other.key:
            return True
        return self._index < other._index and not other.key < self.key

    def advance(self) -> bool:
        """Let go of the item and take the source's next one; say whether there was one."""
        del self.item
        for item in self._source:
            key = self._key_of(item)
            if key < self.key:
                raise Unsorted(f"source {self._index} is not in order")
            self.item, self.key = item, key
            return True
        return False


def merge(*sources: Iterable[T], key: Callable[[T], Comparable] | None = None) -> Generator[T, None, None]:
    """Merge sorted sources into one sorted stream."""
    return _merged(sources, _itself if key is None else key)


def _itself(item: Any) -> Any:
    return item


def _merged(sources: tuple[Iterable[T], ...], key_of: Callable[[T], Comparable]) -> Generator[T, None, None]:
    heads: list[_Head[T]] = []
    with ExitStack() as stack:
        for index, iterable in enumerate(sources):
            source = stack.enter_context(closing(_Source(iterable)))
            heads.extend(_Head(index, source, key_of, first) for first in islice(source, 1))
        heapq.heapify(heads)
        while heads:
            yield heads[0].item
            if heads[0].advance():
                heapq.heapreplace(heads, heads[0])
            else:
                heapq.heappop(heads)


# --- walk ----------------------------------------------------------------------------------------------------------


def walk(node: Node[T]) -> Generator[T, None, int]:
    """Give the values of a tree, depth first, and return how many there were."""
    yield node.value
    count = 1
    with closing(_Source(node.children)) as children:
        for child in children:
            count += yield from walk(child)
            del child
    return count


# --- frames --------------------------------------------------------------------------------------------------------


class _FrameBuffer:
    """Header and payload of the frame that is not complete yet, and how many have been."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._header = bytearray()
        self._payload = bytearray()
        self._length = 0
        self.completed = 0

    @property
    def is_empty(self) -> bool:
        return not self._header

    def feed(self, data: bytes) -> list[bytes]:
        """Give the payloads that the data completes."""
        payloads: list[bytes] = []
        rest = memoryview(data)
        while rest:
            rest = self._feed_payload(rest) if self._has_header() else self._feed_header(rest)
            if self._has_header() and len(self._payload) == self._length:
                payloads.append(bytes(self._payload))
                self._header.clear()
                self._payload.clear()
        self.completed += len(payloads)
        return payloads

    def _has_header(self) -> bool:
        return len(self._header) == _HEADER_SIZE

    def _feed_header(self, data: memoryview) -> memoryview:
        missing = _HEADER_SIZE - len(self._header)
        self._header += data[:missing]
        if self._has_header():
            self._length = int.from_bytes(self._header, "big")
            if self._length > self._limit:
                raise BadFrame(f"a frame of {self._length} bytes is longer than {self._limit}")
        return data[missing:]

    def _feed_payload(self, data: memoryview) -> memoryview:
        missing = self._length - len(self._payload)
        self._payload += data[:missing]
        return data[missing:]


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    """Take bytes by `send` and give the payloads that they completed; return how many there were."""
    _require_positive("limit", limit)
    return _frames(_FrameBuffer(limit))


def _frames(buffer: _FrameBuffer) -> Generator[list[bytes], bytes | None, int]:
    data = yield []
    while data is None or data:
        payloads = [] if data is None else buffer.feed(data)
        data = None
        outgoing = [payloads]
        del payloads
        data = yield outgoing.pop()
    if not buffer.is_empty:
        raise BadFrame("the input ends in the middle of a frame")
    return buffer.completed
