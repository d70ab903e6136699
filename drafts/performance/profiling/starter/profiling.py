"""Finds the functions and lines of your code that cost time and memory. The brief says what each part promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Busy(RuntimeError):
    """Something is being measured already."""


class Function(NamedTuple):
    """Where a function is defined, as its code object says."""

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


class Profile(Generic[T]):
    """Where the time of a call went: the highest `own` first."""

    result: T
    seconds: float
    hotspots: list[Hotspot]


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


def profile(call: Callable[[], T], *, root: str, clock: Callable[[], float] = time.process_time) -> Profile[T]:
    """Measure where the time of a call goes. Raises Busy while anything is being measured."""
    raise NotImplementedError


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while anything is being measured."""
    raise NotImplementedError


def compare(before: Profile[Any], after: Profile[Any]) -> list[Change]:
    """Return what changed from one profile to another, the highest saving first."""
    raise NotImplementedError
