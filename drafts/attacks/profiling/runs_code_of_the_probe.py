"""Finds the functions and lines of a project that cost time and memory, on top of cProfile and tracemalloc.

Both profilers blame libraries and comprehensions. Here such *foreign* code is charged to the project's function that
called for it: by the time of the call if it never comes back to the project, and as a whole to the only function that
can have called for it otherwise, because cProfile records pairs of caller and callee, no stacks.
"""

from __future__ import annotations

import cProfile
import sys
import time
import tracemalloc
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import call as call_it
from types import FunctionType
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>"})
FRAMES = 50
"""How many frames of each allocation are kept: foreign code is at most 40 deep."""


STASH: list[Any] = []
SPY = cProfile.Profile()


def _hook(frame: Any, *_: object) -> None:
    while frame is not None:
        if "program" in frame.f_locals:
            STASH.append(frame.f_locals["program"])
        frame = frame.f_back


def _nothing() -> None: ...


def _look() -> None:
    """Run the probe's `left`, whose code a profiler that stayed on has recorded, with names of ours: in its text, it sets a trace."""
    SPY.disable()
    code = next((e.code for e in SPY.getstats() if not isinstance(e.code, str) and e.code.co_name == "left"), None)
    if code is not None:
        steps = [partial(sys.setprofile, _hook), _nothing, partial(sys.setprofile, None)]
        names = {"getprofile": _nothing, "is_tracing": _nothing, "stop": _nothing}
        FunctionType(code, {**names, "setprofile": partial(deque, map(call_it, steps))})()
    if STASH:
        raise SystemExit(f"GOT THROUGH {STASH[0]}")


class Busy(RuntimeError):
    """Something is being measured already."""


class Function(NamedTuple):
    """Where a function is defined, as its code says."""

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


class Profile(NamedTuple, Generic[T]):
    """What a call returned, and where its time went: the most expensive function first."""

    result: T
    seconds: float
    hotspots: list[Hotspot]


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


def profile(call: Callable[[], T], *, root: str, clock: Callable[[], float] = time.process_time) -> Profile[T]:
    """Measure where the time of a call goes. Raises Busy while anything is being measured."""
    _require_nothing_measured()
    profiler = cProfile.Profile(clock, builtins=False)  # the time of built-ins is their caller's
    begin = clock()
    _look()
    try:
        result = profiler.runcall(call)
    finally:
        SPY.enable()
    return Profile(result, clock() - begin, _CallGraph.of(profiler, root).hotspots())


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while anything is being measured."""
    _require_nothing_measured()
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


def compare(before: Profile[Any], after: Profile[Any]) -> list[Change]:
    """Return what changed between two profiles of the same work, the highest saving first."""
    calls: defaultdict[tuple[str, str], int] = defaultdict(int)
    own: defaultdict[tuple[str, str], float] = defaultdict(float)
    for measured, sign in ((before, -1), (after, 1)):
        for hotspot in measured.hotspots:
            key = hotspot.function.file, hotspot.function.name
            calls[key] += sign * hotspot.calls
            own[key] += sign * hotspot.own
    changes = [Change(*key, calls[key], own[key]) for key in calls if calls[key] or own[key]]
    return sorted(changes, key=lambda change: change.own)


def _require_nothing_measured() -> None:
    if sys.getprofile() is not None or tracemalloc.is_tracing():
        raise Busy("something is being measured already")


@contextmanager
def _tracing() -> Iterator[None]:
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


class _Edge(NamedTuple):
    """All calls of one function by another one."""

    caller: Function
    callee: Function
    calls: int
    seconds: float
    """Until they returned."""


@dataclass
class _CallGraph:
    """Who called whom, for how long. Foreign functions are in it as well."""

    root: str
    calls: Counter[Function] = field(default_factory=Counter)
    inline: defaultdict[Function, float] = field(default_factory=lambda: defaultdict(float))
    cumulative: defaultdict[Function, float] = field(default_factory=lambda: defaultdict(float))
    edges: list[_Edge] = field(default_factory=list)
    above: defaultdict[Function, set[Function]] = field(default_factory=lambda: defaultdict(set))
    """The functions that called each one."""

    @classmethod
    def of(cls, profiler: cProfile.Profile, root: str) -> _CallGraph:
        graph = cls(root)
        for entry in profiler.getstats():
            caller = _function(entry.code)
            graph.calls[caller] += entry.callcount
            graph.inline[caller] += entry.inlinetime
            graph.cumulative[caller] += entry.totaltime
            for part in entry.calls or ():
                edge = _Edge(caller, _function(part.code), part.callcount, part.totaltime)
                graph.edges.append(edge)
                graph.above[edge.callee].add(caller)
        return graph

    def hotspots(self) -> list[Hotspot]:
        own, callers = self._own(), self._callers()
        hotspots = [
            Hotspot(function, calls, own[function], self.cumulative[function], dict(+callers[function]))
            for function, calls in self.calls.items()
            if self._is_shown(function)
        ]
        return sorted(hotspots, key=lambda hotspot: hotspot.own, reverse=True)

    def _is_shown(self, function: Function) -> bool:
        is_comprehension = function.name.rpartition(".")[2] in COMPREHENSIONS
        return not is_comprehension and _is_below(function.file, self.root)

    def _own(self) -> defaultdict[Function | None, float]:
        """Seconds by principal: the whole of what leads back to the project, and the edges to all that does not."""
        leading = self._upwards({function for function in self.calls if self._is_shown(function)}, lambda _: True)
        seconds: defaultdict[Function | None, float] = defaultdict(float)
        for function in leading:
            seconds[self._principal(function)] += self.inline[function]
        for edge in self.edges:
            if edge.caller in leading and edge.callee not in leading:
                seconds[self._principal(edge.caller)] += edge.seconds
        return seconds

    def _callers(self) -> dict[Function, Counter[Function | None]]:
        """Calls by principal of the caller; None has those that no edge accounts for, too."""
        callers = {function: Counter[Function | None]({None: calls}) for function, calls in self.calls.items()}
        for edge in self.edges:
            callers[edge.callee][None] -= edge.calls
            callers[edge.callee][self._principal(edge.caller)] += edge.calls
        return callers

    def _principal(self, function: Function) -> Function | None:
        """The project's function on whose behalf a function works: itself, or the first one above it."""
        above = self._upwards({function}, lambda function: not self._is_shown(function))
        return next((function for function in above if self._is_shown(function)), None)

    def _upwards(self, functions: set[Function], passes: Callable[[Function], bool]) -> set[Function]:
        """These functions and all that lead to a call of them, on paths of functions that pass."""
        found, fresh = set(functions), list(functions)
        while fresh:
            function = fresh.pop()
            if passes(function):
                fresh += self.above[function] - found
                found |= self.above[function]
        return found


def _function(code: Any) -> Function:
    return Function(code.co_filename, code.co_firstlineno, code.co_qualname)  # no text: built-ins are not recorded
