"""Finds the functions and lines of your code that cost time and memory. The brief says what each part promises."""

from __future__ import annotations

import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = tuple[str, int, str]
Pair: TypeAlias = tuple[int, int, float, float]
Stats: TypeAlias = dict[Label, tuple[int, int, float, float, dict[Label, Pair]]]
Callees: TypeAlias = dict[Label, dict[Label, Pair]]

COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>"})
FRAMES = 40
NANOSECOND = 1e-9


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


def _is_yours(label: Label, root: str) -> bool:
    file, _, name = label
    return file.startswith(f"{root}/") and name not in COMPREHENSIONS


def _callees(stats: Stats) -> Callees:
    """Turn the profile around: {caller: {callee: pair}}."""
    result: Callees = defaultdict(dict)
    for label, (_, _, _, _, callers) in stats.items():
        for caller, pair in callers.items():
            result[caller][label] = pair
    return result


def _foreign_below(label: Label, callees: Callees, root: str, seen: set[Label]) -> set[Label]:
    """All foreign functions reached from `label` without passing through a function of yours."""
    for callee in callees.get(label, {}):
        if callee not in seen and not _is_yours(callee, root):
            seen.add(callee)
            _foreign_below(callee, callees, root, seen)
    return seen


def _own(label: Label, inline: float, callees: Callees, root: str) -> float:
    """Inline time, plus the total of the foreign calls, minus what these call back."""
    own = inline
    for callee, pair in callees.get(label, {}).items():
        if not _is_yours(callee, root):
            own += pair[3]
    for foreign in _foreign_below(label, callees, root, set()):
        for callee, pair in callees.get(foreign, {}).items():
            if _is_yours(callee, root):
                own -= pair[3]
    return max(own, 0.0)


def _responsible(label: Label, stats: Stats, root: str, seen: set[Label]) -> Label | None:
    """The function of yours that `label` works for: itself, or the first one found upwards."""
    if _is_yours(label, root):
        return label
    seen.add(label)
    if label not in stats:
        return None
    for caller in stats[label][4]:
        if caller in seen:
            continue
        found = _responsible(caller, stats, root, seen)
        if found is not None:
            return found
    return None


def _callers(label: Label, stats: Stats, root: str) -> dict[Function | None, int]:
    _, calls, _, _, pairs = stats[label]
    callers: dict[Function | None, int] = defaultdict(int)
    for caller, pair in pairs.items():
        responsible = _responsible(caller, stats, root, set())
        callers[None if responsible is None else Function(*responsible)] += pair[0]
    outside = calls - sum(pair[0] for pair in pairs.values())
    if outside > 0:
        callers[None] += outside
    return dict(callers)


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    """Return what each function of yours cost in a recorded profile, the highest `own` first."""
    callees = _callees(stats)
    found = [
        Hotspot(
            function=Function(*label),
            calls=calls,
            own=_own(label, inline, callees, root),
            cumulative=total,
            callers=_callers(label, stats, root),
        )
        for label, (_, calls, inline, total, _) in stats.items()
        if _is_yours(label, root)
    ]
    return sorted(found, key=lambda hotspot: hotspot.own, reverse=True)


def _held(snapshot: tracemalloc.Snapshot, root: str) -> list[Line]:
    sizes: dict[tuple[str, int], list[int]] = defaultdict(list)
    for trace in snapshot.traces:
        inside = [frame for frame in trace.traceback if frame.filename.startswith(f"{root}/")]
        if inside:
            # the most recent frame is the last one
            sizes[inside[-1].filename, inside[-1].lineno].append(trace.size)
    lines = [Line(file, line, sum(held), len(held)) for (file, line), held in sizes.items()]
    lines.sort(key=lambda line: line.size, reverse=True)
    return lines


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while memory is being traced."""
    if tracemalloc.is_tracing():
        raise Busy("tracemalloc is tracing already")
    tracemalloc.start(FRAMES)
    try:
        result = call()
        _, peak = tracemalloc.get_traced_memory()
        snapshot = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    return Memory(result, peak, _held(snapshot, root))


def _summed(found: list[Hotspot]) -> dict[tuple[str, str], tuple[int, float]]:
    sums: dict[tuple[str, str], tuple[int, float]] = {}
    for hotspot in found:
        key = (hotspot.function.file, hotspot.function.name)
        calls, own = sums.get(key, (0, 0.0))
        sums[key] = (calls + hotspot.calls, own + hotspot.own)
    return sums


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    """Return what changed from one profile to another, the highest saving first."""
    old, new = _summed(before), _summed(after)
    changes = []
    for key in old.keys() | new.keys():
        old_calls, old_own = old.get(key, (0, 0.0))
        new_calls, new_own = new.get(key, (0, 0.0))
        calls, own = new_calls - old_calls, new_own - old_own
        if calls or abs(own) >= NANOSECOND:
            changes.append(Change(key[0], key[1], calls, own))
    return sorted(changes, key=lambda change: change.own)
