"""Finds the functions and lines of a project that cost time and memory, from recorded profiles and tracemalloc.

Both profilers blame libraries and comprehensions. Here such *foreign* code is charged to the project's function that
called for it: by the time of the call if it never comes back to the project, and as a whole to the only function that
can have called for it otherwise, because cProfile records pairs of caller and callee, no stacks.
"""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = tuple[str, int, str]
Pair: TypeAlias = tuple[int, int, float, float]
Stats: TypeAlias = dict[Label, tuple[int, int, float, float, dict[Label, Pair]]]

COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>"})
FRAMES = 50
"""How many frames of each allocation are kept: foreign code is at most 40 deep."""
ROUNDING = 1e-9


class Busy(RuntimeError):
    """Memory is being traced already."""


class Function(NamedTuple):
    """Where a function is defined."""

    file: str
    line: int
    name: str


class Hotspot(NamedTuple):
    """What one function of the project cost, in seconds."""

    function: Function
    calls: int
    own: float
    """In its own code, and in foreign code on its behalf."""
    cumulative: float
    callers: dict[Function | None, int]
    """How many calls came from each function of the project; None for those that came from none."""


class Line(NamedTuple):
    """The bytes that one line of the project has allocated and that are still held."""

    file: str
    line: int
    size: int
    blocks: int


class Memory(NamedTuple, Generic[T]):
    """What a call returned, the most bytes it held at one time, and what it still holds: the largest line first."""

    result: T
    peak: int
    lines: list[Line]


class Change(NamedTuple):
    """What a function costs after a change, minus what it cost before."""

    file: str
    name: str
    calls: int
    own: float


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    """Return what each function of the project cost in a recorded profile, the highest own time first."""
    graph = _CallGraph(stats, root)
    own = graph.own()
    found = [
        Hotspot(Function(*label), calls, own[label], cumulative, graph.callers(label))
        for label, (_, calls, _, cumulative, _) in stats.items()
        if graph.is_shown(label)
    ]
    return sorted(found, key=lambda hotspot: hotspot.own, reverse=True)


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while memory is being traced."""
    with _tracing():
        result = call()
        _, peak = tracemalloc.get_traced_memory()
        snapshot = tracemalloc.take_snapshot()
    sizes, blocks = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for group in snapshot.statistics("traceback"):
        place = _innermost(group.traceback, root)
        if place is not None:
            sizes[place] += group.size
            blocks[place] += group.count
    return Memory(result, peak, [Line(*place, size, blocks[place]) for place, size in sizes.most_common()])


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    """Return what changed between two profiles of the same work, the highest saving first."""
    calls: defaultdict[tuple[str, str], int] = defaultdict(int)
    own: defaultdict[tuple[str, str], float] = defaultdict(float)
    for measured, sign in ((before, -1), (after, 1)):
        for hotspot in measured:
            key = hotspot.function.file, hotspot.function.name
            calls[key] += sign * hotspot.calls
            own[key] += sign * hotspot.own
    changes = [Change(*key, calls[key], own[key]) for key in calls if calls[key] or abs(own[key]) > ROUNDING]
    return sorted(changes, key=lambda change: change.own)


@contextmanager
def _tracing() -> Iterator[None]:
    if tracemalloc.is_tracing():
        raise Busy("memory is being traced already")
    tracemalloc.start(FRAMES)
    try:
        yield
    finally:
        tracemalloc.stop()


def _is_below(file: str, root: str) -> bool:
    return file.startswith(root + "/")


def _innermost(traceback: Iterable[tracemalloc.Frame], root: str) -> tuple[str, int] | None:
    """Return the last line of the project in a traceback, which begins with the oldest call."""
    places = [(frame.filename, frame.lineno) for frame in traceback if _is_below(frame.filename, root)]
    return places[-1] if places else None


class _CallGraph:
    """Who called whom, for how long. Foreign functions are in it as well."""

    def __init__(self, stats: Stats, root: str) -> None:
        self._stats = stats
        self._root = root

    def is_shown(self, label: Label) -> bool:
        """Return whether it is a function of the project."""
        return label[2] not in COMPREHENSIONS and _is_below(label[0], self._root)

    def own(self) -> defaultdict[Label | None, float]:
        """Return seconds by principal: the whole of what leads back to the project, and the pairs to all else."""
        leading = self._upwards({label for label in self._stats if self.is_shown(label)}, lambda _: True)
        seconds: defaultdict[Label | None, float] = defaultdict(float)
        for label, (_, _, inline, _, callers) in self._stats.items():
            if label in leading:
                seconds[self._principal(label)] += inline
                continue
            for caller in leading & callers.keys():
                seconds[self._principal(caller)] += callers[caller][3]
        return seconds

    def callers(self, label: Label) -> dict[Function | None, int]:
        """Return calls by principal of the caller; None has those that no pair accounts for, too."""
        _, calls, _, _, pairs = self._stats[label]
        counts = Counter[Function | None]({None: calls})
        for caller, (count, *_) in pairs.items():
            principal = self._principal(caller)
            counts[None] -= count
            counts[Function(*principal) if principal else None] += count
        return dict(+counts)

    def _principal(self, label: Label) -> Label | None:
        """Return the project's function on whose behalf a function works: itself, or the first one above it."""
        above = self._upwards({label}, lambda label: not self.is_shown(label))
        return next((label for label in above if self.is_shown(label)), None)

    def _upwards(self, labels: set[Label], passes: Callable[[Label], bool]) -> set[Label]:
        """Return these functions and all that lead to a call of them, on paths of functions that pass."""
        found, fresh = set(labels), list(labels)
        while fresh:
            label = fresh.pop()
            if passes(label):
                above = self._stats[label][4].keys() - found
                fresh += above
                found |= above
        return found
