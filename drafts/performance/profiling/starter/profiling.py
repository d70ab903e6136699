"""Finds the functions and lines of your code that cost time and memory. The brief says what each part promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = tuple[str, int, str]
Pair: TypeAlias = tuple[int, int, float, float]
Stats: TypeAlias = dict[Label, tuple[int, int, float, float, dict[Label, Pair]]]


class Busy(RuntimeError):
    """Memory is being traced already."""


class Function(NamedTuple):
    """Where a function is defined."""

    file: str
    line: int
    name: str


class Hotspot:
    """What one function of yours cost, in seconds."""

    function: Function
    calls: int
    own: float
    cumulative: float
    callers: dict[Function | None, int]


class Line:
    """What one line of yours has allocated and is still held."""

    file: str
    line: int
    size: int
    blocks: int


class Memory(Generic[T]):
    """Where the memory of a call went: the highest `size` first."""

    result: T
    peak: int
    lines: list[Line]


class Change:
    """What a function costs after a change, minus what it cost before."""

    file: str
    name: str
    calls: int
    own: float


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    """Return what each function of yours cost in a recorded profile, the highest `own` first."""
    raise NotImplementedError


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while memory is being traced."""
    raise NotImplementedError


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    """Return what changed from one profile to another, the highest saving first."""
    raise NotImplementedError
