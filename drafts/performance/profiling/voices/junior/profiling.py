"""Finds the functions and lines of your code that cost time and memory. The brief says what each part promises."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = tuple[str, int, str]
Pair: TypeAlias = tuple[int, int, float, float]
Stats: TypeAlias = dict[Label, tuple[int, int, float, float, dict[Label, Pair]]]

COMPREHENSIONS = ["<listcomp>", "<setcomp>", "<dictcomp>"]


class Busy(RuntimeError):
    """Memory is being traced already."""


class Function(NamedTuple):
    """Where a function is defined."""

    file: str
    line: int
    name: str


@dataclass
class Hotspot:
    """What one function of yours cost, in seconds."""

    function: Function
    calls: int
    own: float
    cumulative: float
    callers: dict[Function | None, int]


@dataclass
class Line:
    """What one line of yours has allocated and is still held."""

    file: str
    line: int
    size: int
    blocks: int


@dataclass
class Memory(Generic[T]):
    """Where the memory of a call went: the highest `size` first."""

    result: T
    peak: int
    lines: list[Line]


@dataclass
class Change:
    """What a function costs after a change, minus what it cost before."""

    file: str
    name: str
    calls: int
    own: float


def is_mine(label: Label, root: str) -> bool:
    file, line, name = label
    if name in COMPREHENSIONS:
        return False
    return file.startswith(root + "/")


def foreign_time(stats: Stats, me: Label, root: str) -> float:
    """Time of all the foreign functions that `me` calls."""
    time = 0.0
    for label, entry in stats.items():
        if is_mine(label, root):
            continue
        callers = entry[4]
        if me in callers:
            pair = callers[me]
            if label[2] in COMPREHENSIONS:
                # a comprehension calls my own functions, so don't count what it calls
                time += pair[2]
            else:
                # total, so it has everything the library calls inside
                time += pair[3]
    return time


def get_callers(callers: dict[Label, Pair], calls: int, root: str) -> dict[Function | None, int]:
    result: dict[Function | None, int] = {}
    known = 0
    for label, pair in callers.items():
        if is_mine(label, root):
            result[Function(label[0], label[1], label[2])] = pair[0]
            known += pair[0]
    # everything else was not called by us
    if calls - known > 0:
        result[None] = calls - known
    return result


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    """Return what each function of yours cost in a recorded profile, the highest `own` first."""
    result = []
    for label, entry in stats.items():
        if is_mine(label, root):
            primitive, calls, inline, total, callers = entry
            hotspot = Hotspot(
                function=Function(label[0], label[1], label[2]),
                calls=calls,
                own=inline + foreign_time(stats, label, root),
                cumulative=total,
                callers=get_callers(callers, calls, root),
            )
            result.append(hotspot)
    result.sort(key=lambda h: h.own, reverse=True)
    return result


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while memory is being traced."""
    if tracemalloc.is_tracing():
        raise Busy("tracemalloc is already running")
    tracemalloc.start()
    try:
        result = call()
    except Exception:
        tracemalloc.stop()
        raise
    current, peak = tracemalloc.get_traced_memory()
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()

    lines = []
    for stat in snapshot.statistics("lineno"):
        frame = stat.traceback[0]
        if frame.filename.startswith(root + "/"):
            lines.append(Line(frame.filename, frame.lineno, stat.size, stat.count))
    lines.sort(key=lambda line: line.size, reverse=True)
    return Memory(result, peak, lines)


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    """Return what changed from one profile to another, the highest saving first."""
    old = {(h.function.file, h.function.name): h for h in before}
    new = {(h.function.file, h.function.name): h for h in after}
    changes = []
    for key in set(old) | set(new):
        calls = 0
        own = 0.0
        if key in new:
            calls += new[key].calls
            own += new[key].own
        if key in old:
            calls -= old[key].calls
            own -= old[key].own
        if calls != 0 or abs(own) > 1e-9:
            changes.append(Change(key[0], key[1], calls, own))
    changes.sort(key=lambda c: c.own)
    return changes
