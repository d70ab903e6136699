"""Building blocks of the ingestion service."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, List, Optional, Protocol, TypeVar

T = TypeVar("T")

HEADER = struct.Struct(">I")


class StreamError(ValueError):
    """Base of the errors of this module."""


class LineTooLong(StreamError):
    """A line has more bytes than the limit allows."""


class Unsorted(StreamError):
    """A source of a merge is not in order."""


class BadFrame(StreamError):
    """The bytes are no frames."""


class Comparable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True)
class Node(Generic[T]):
    value: T
    children: Iterable[Node[T]] = ()


def _close(iterator: Iterator[Any]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        close()


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return _read_lines(chunks, limit)


def _read_lines(chunks: Iterable[bytes], limit: int) -> Generator[str, None, None]:
    iterator = iter(chunks)
    pending = bytearray()
    try:
        for chunk in iterator:
            pending += chunk
            start = 0
            end = pending.find(b"\n")
            while end != -1:
                if end - start > limit:
                    raise LineTooLong(f"a line of {end - start} bytes, the limit is {limit}")
                yield pending[start:end].decode("utf-8")
                start = end + 1
                end = pending.find(b"\n", start)
            del pending[:start]
            if len(pending) > limit:
                raise LineTooLong(f"a line of more than {limit} bytes")
        if pending:
            yield pending.decode("utf-8")
    finally:
        _close(iterator)


def batched(source: Iterable[T], size: int) -> Generator[List[T], None, None]:
    if size < 1:
        raise ValueError("size must be at least 1")

    def generate() -> Generator[List[T], None, None]:
        iterator = iter(source)
        batch: List[T] = []
        try:
            for item in iterator:
                batch.append(item)
                if len(batch) == size:
                    yield batch
                    batch = []
            if batch:
                yield batch
        finally:
            _close(iterator)

    return generate()


def merge(*sources: Iterable[T], key: Optional[Callable[[T], Comparable]] = None) -> Generator[T, None, None]:
    get_key: Callable[[T], Any] = key if key is not None else lambda item: item
    iterators = [iter(source) for source in sources]
    heap: List[Any] = []

    def push(index: int, previous: Any = None, check: bool = False) -> None:
        for item in iterators[index]:
            item_key = get_key(item)
            if check and item_key < previous:
                raise Unsorted(f"source {index} is not sorted: {item!r}")
            heapq.heappush(heap, (item_key, index, item))
            break

    try:
        for index in range(len(iterators)):
            push(index)
        while heap:
            item_key, index, item = heapq.heappop(heap)
            yield item
            push(index, item_key, check=True)
    finally:
        for iterator in iterators:
            _close(iterator)


def walk(node: Node[T]) -> Generator[T, None, int]:
    yield node.value
    count = 1
    for child in node.children:
        count += yield from walk(child)
    return count


def frame_parser(*, limit: int = 65536) -> Generator[List[bytes], Optional[bytes], int]:
    if limit < 1:
        raise ValueError("limit must be at least 1")
    buffer = bytearray()
    payloads: List[bytes] = []
    count = 0
    while True:
        data = yield payloads
        payloads = []
        if data is None:
            continue
        if not data:
            break
        buffer.extend(data)
        while len(buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(buffer)
            if length > limit:
                raise BadFrame(f"a frame of {length} bytes, the limit is {limit}")
            end = HEADER.size + length
            if len(buffer) < end:
                break
            payloads.append(bytes(buffer[HEADER.size : end]))
            del buffer[:end]
            count += 1
    if buffer:
        raise BadFrame(f"{len(buffer)} bytes of an incomplete frame")
    return count
