"""Generators for streams larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class StreamError(ValueError):
    """Base of this module's errors."""


class LineTooLong(StreamError):
    """A line has more bytes than the limit allows."""


class Unsorted(StreamError):
    """A source of a merge is not in order."""


class BadFrame(StreamError):
    """The bytes are not frames: a length is above the limit, or the input ends in the middle of a frame."""


class Comparable(Protocol):
    """The comparison that keys must support."""

    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True)
class Node(Generic[T]):
    """A tree. The children may come from a generator: they can be iterated once."""

    value: T
    children: Iterable[Node[T]] = ()


def read_lines(chunks: Iterable[bytes], *, limit: int = 65536) -> Generator[str, None, None]:
    """Yield the lines of UTF-8 text that arrives in chunks cut anywhere."""
    raise NotImplementedError


def batched(source: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Yield lists of `size` items; the last may be shorter."""
    raise NotImplementedError


def merge(*sources: Iterable[T], key: Callable[[T], Comparable] | None = None) -> Generator[T, None, None]:
    """Merge sorted sources into one sorted stream."""
    raise NotImplementedError


def walk(node: Node[T]) -> Generator[T, None, int]:
    """Yield the values of a tree, depth first, and return how many there were."""
    raise NotImplementedError


def frame_parser(*, limit: int = 65536) -> Generator[list[bytes], bytes | None, int]:
    """Take bytes by `send` and yield the payloads that they complete; return how many there were."""
    raise NotImplementedError
