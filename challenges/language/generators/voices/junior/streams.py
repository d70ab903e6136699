"""Generators for streams larger than memory."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterable
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


def read_lines(chunks, *, limit=65536):
    if limit < 1:
        raise ValueError("limit must be at least 1")
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            if len(line) > limit:
                raise LineTooLong("line too long")
            yield line.decode("utf-8")
        if len(buffer) > limit:
            raise LineTooLong("line too long")
    if buffer:
        yield buffer.decode("utf-8")


def batched(source, size):
    if size < 1:
        raise ValueError("size must be at least 1")
    batch = []
    for item in source:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def merge(*sources, key=None):
    yield from heapq.merge(*sources, key=key)


def walk(node):
    count = 1
    yield node.value
    for child in node.children:
        count += yield from walk(child)
    return count


def frame_parser(*, limit=65536):
    buffer = b""
    count = 0
    frames = []
    while True:
        data = yield frames
        frames = []
        if data == b"":
            if buffer:
                raise BadFrame("incomplete frame")
            return count
        buffer += data or b""
        while len(buffer) >= 4:
            length = int.from_bytes(buffer[:4], "big")
            if length > limit:
                raise BadFrame("frame too long")
            if len(buffer) < 4 + length:
                break
            frames.append(buffer[4 : 4 + length])
            buffer = buffer[4 + length :]
            count += 1
