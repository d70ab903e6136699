"""Finds the functions and lines of your code that cost time and memory.

Time: `cProfile` records pairs (caller, callee), no stacks. Two kinds of foreign functions have to be told apart:

- *Plain* ones never lead back to a function of yours. Whatever happens between call and return is foreign, so the total
  of the pair that enters them (from yours, or from a leading one) is charged, and pairs among plain ones are ignored.
  The caller cannot be on the stack twice inside such a call, so these totals have lost nothing to recursion.
- *Leading* ones do lead back to yours. Their totals contain your functions and leave out recursive calls, so only the
  inline seconds of their pairs are usable. They all work for one function of yours, which is found once, top down.
"""

from __future__ import annotations

import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Label: TypeAlias = tuple[str, int, str]
Pair: TypeAlias = tuple[int, int, float, float]
Stats: TypeAlias = dict[Label, tuple[int, int, float, float, dict[Label, Pair]]]

_COMPREHENSIONS = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>"))
_FRAMES = 48  # up to 40 between the allocation and the line of yours, that line, and some to spare
_ROUNDING = 1e-9


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


def _below(file: str, root: str) -> bool:
    return file.startswith(root + "/")


class _Profile:
    """A recorded profile in which each foreign function that leads back to yours knows whom it works for."""

    def __init__(self, stats: Stats, root: str) -> None:
        self.stats = stats
        self.root = root
        self.yours = [label for label in stats if self.is_yours(label)]
        self.leading = self._find_leading()
        self.owners = self._find_owners()

    def is_yours(self, label: Label) -> bool:
        return label[2] not in _COMPREHENSIONS and _below(label[0], self.root)

    def callers_of(self, label: Label) -> dict[Label, Pair]:
        return self.stats[label][4] if label in self.stats else {}

    def _find_leading(self) -> set[Label]:
        """Climb from yours through foreign callers."""
        leading: set[Label] = set()
        todo = list(self.yours)
        while todo:
            for caller in self.callers_of(todo.pop()):
                if caller not in leading and not self.is_yours(caller):
                    leading.add(caller)
                    todo.append(caller)
        return leading

    def _find_owners(self) -> dict[Label, Label]:
        """Descend from yours through leading functions. What isn't reached works for nobody."""
        callees: dict[Label, list[Label]] = defaultdict(list)
        for label in self.leading:
            for caller in self.callers_of(label):
                callees[caller].append(label)
        owners: dict[Label, Label] = {}
        todo = [(label, label) for label in self.yours]
        while todo:
            label, owner = todo.pop()
            for callee in callees[label]:
                if callee not in owners:
                    owners[callee] = owner
                    todo.append((callee, owner))
        return owners

    def owner(self, caller: Label) -> Label | None:
        """The function of yours that answers for calls made by `caller`; None for plain and for unowned ones."""
        return caller if self.is_yours(caller) else self.owners.get(caller)

    def own(self) -> dict[Label, float]:
        seconds = {label: float(self.stats[label][2]) for label in self.yours}
        for label in self.stats:
            if not self.is_yours(label):
                self._charge(label, seconds)
        return seconds

    def _charge(self, label: Label, seconds: dict[Label, float]) -> None:
        leads = label in self.leading
        for caller, (_, _, inline, total) in self.callers_of(label).items():
            owner = self.owner(caller)
            if owner is not None and owner in seconds:
                seconds[owner] += inline if leads else total

    def callers(self, label: Label) -> dict[Function | None, int]:
        counts: dict[Function | None, int] = defaultdict(int)
        outside = self.stats[label][1]
        for caller, pair in self.callers_of(label).items():
            owner = self.owner(caller)
            if owner is not None:
                counts[Function(*owner)] += pair[0]
                outside -= pair[0]
        counts[None] = outside
        return {function: count for function, count in counts.items() if count > 0}


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    """Return what each function of yours cost in a recorded profile, the highest `own` first."""
    profile = _Profile(stats, root)
    found = [
        Hotspot(Function(*label), stats[label][1], own, float(stats[label][3]), profile.callers(label))
        for label, own in profile.own().items()
    ]
    found.sort(key=lambda hotspot: hotspot.own, reverse=True)
    return found


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    """Measure what a call allocates and still holds at its end. Raises Busy while memory is being traced."""
    if tracemalloc.is_tracing():
        raise Busy("tracemalloc is tracing already")
    tracemalloc.start(_FRAMES)
    try:
        result = call()
        peak = tracemalloc.get_traced_memory()[1]  # before the snapshot adds its own
        snapshot = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    return Memory(result, peak, _lines(snapshot.statistics("traceback"), root))


def _lines(statistics: Iterable[tracemalloc.Statistic], root: str) -> list[Line]:
    lines: dict[tuple[str, int], Line] = {}
    for statistic in statistics:
        place = _innermost(statistic.traceback, root)
        if place is not None:
            line = lines.setdefault(place, Line(*place, size=0, blocks=0))
            line.size += statistic.size
            line.blocks += statistic.count
    return sorted(lines.values(), key=lambda line: line.size, reverse=True)


def _innermost(traceback: tracemalloc.Traceback, root: str) -> tuple[str, int] | None:
    for frame in reversed(tuple(traceback)):  # the oldest frame comes first
        if _below(frame.filename, root):
            return frame.filename, frame.lineno
    return None


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    """Return what changed from one profile to another, the highest saving first."""
    changes: dict[tuple[str, str], Change] = {}
    for sign, found in ((1, after), (-1, before)):
        for hotspot in found:
            file, _, name = hotspot.function
            change = changes.setdefault((file, name), Change(file, name, 0, 0.0))
            change.calls += sign * hotspot.calls
            change.own += sign * hotspot.own
    differing = [change for change in changes.values() if change.calls or abs(change.own) >= _ROUNDING]
    return sorted(differing, key=lambda change: change.own)
