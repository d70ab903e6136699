"""A profiler for code that can be changed: everything foreign is charged to whoever of yours wanted it.

Works downwards: from each function of yours through the foreign functions that call back, which then are its own.
"""

from __future__ import annotations

import itertools
import sys
import time
import tracemalloc
from cProfile import Profile as Recorder
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Busy(RuntimeError):
    pass


class Function(NamedTuple):
    file: str
    line: int
    name: str


@dataclass
class Hotspot:
    function: Function
    calls: int
    own: float
    cumulative: float
    callers: dict[Function | None, int]


@dataclass
class Profile(Generic[T]):
    result: T
    seconds: float
    hotspots: list[Hotspot]


class Line(NamedTuple):
    file: str
    line: int
    size: int
    blocks: int


@dataclass
class Memory(Generic[T]):
    result: T
    peak: int
    lines: list[Line]


class Change(NamedTuple):
    file: str
    name: str
    calls: int
    own: float


class _Node:
    """A function that ran, yours or foreign, and what it called: calls and seconds by function."""

    def __init__(self, entry: Any, root: str) -> None:
        code: CodeType = entry.code
        self.function = Function(code.co_filename, code.co_firstlineno, code.co_qualname)
        comprehends = code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>")
        self.is_yours = code.co_filename.startswith(f"{root}/") and not comprehends
        self.calls: int = entry.callcount
        self.inline: float = entry.inlinetime
        self.total: float = entry.totaltime
        self.below: list[tuple[CodeType, int, float]] = [
            (callee.code, callee.callcount, callee.totaltime) for callee in entry.calls or []
        ]
        self.leads = self.is_yours
        """Whether it is yours, or leads to a call of yours."""


def profile(call: Callable[[], T], *, root: str, clock: Callable[[], float] = time.process_time) -> Profile[T]:
    _refuse_if_busy()
    recorder = Recorder(timer=clock, builtins=False)
    started = clock()
    recorder.enable()
    try:
        result = call()
    finally:
        recorder.disable()
    seconds = clock() - started
    nodes = {id(entry.code): _Node(entry, root) for entry in recorder.getstats() if not isinstance(entry.code, str)}
    _mark_leading(nodes)
    hotspots = {node.function: Hotspot(node.function, node.calls, 0.0, node.total, {}) for node in _yours(nodes)}
    for node in _yours(nodes):
        _charge(node, nodes, hotspots)
    for hotspot in hotspots.values():
        missing = hotspot.calls - sum(hotspot.callers.values())
        if missing:
            hotspot.callers[None] = missing
    return Profile(result, seconds, sorted(hotspots.values(), key=lambda hotspot: -hotspot.own))


def _yours(nodes: dict[int, _Node]) -> Iterator[_Node]:
    return (node for node in nodes.values() if node.is_yours)


def _mark_leading(nodes: dict[int, _Node]) -> None:
    """Mark callers of what is marked, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for node in nodes.values():
            if not node.leads and any(nodes[id(code)].leads for code, _, _ in node.below):
                node.leads = changed = True


def _charge(mine: _Node, nodes: dict[int, _Node], hotspots: dict[Function, Hotspot]) -> None:
    """Charge a function of yours with what it and all its foreign ones do, down to the next ones of yours."""
    seen, waiting = {id(mine)}, [mine]
    while waiting:
        node = waiting.pop()
        hotspots[mine.function].own += node.inline
        for code, calls, seconds in node.below:
            callee = nodes[id(code)]
            if callee.is_yours:
                callers = hotspots[callee.function].callers
                callers[mine.function] = callers.get(mine.function, 0) + calls
            elif not callee.leads:
                hotspots[mine.function].own += seconds
            elif id(code) not in seen:
                seen.add(id(code))
                waiting.append(callee)


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    _refuse_if_busy()
    tracemalloc.start(64)
    try:
        result = call()
        peak = tracemalloc.get_traced_memory()[1]
        traces = tracemalloc.take_snapshot().traces
    finally:
        tracemalloc.stop()
    by_line: dict[tuple[str, int], list[int]] = {}
    for trace in traces:
        for frame in reversed(trace.traceback):
            if frame.filename.startswith(f"{root}/"):
                by_line.setdefault((frame.filename, frame.lineno), []).append(trace.size)
                break
    lines = [Line(file, line, sum(sizes), len(sizes)) for (file, line), sizes in by_line.items()]
    return Memory(result, peak, sorted(lines, key=lambda line: line.size, reverse=True))


def _refuse_if_busy() -> None:
    if sys.getprofile() or tracemalloc.is_tracing():
        raise Busy("another measurement is going on")


def compare(before: Profile[Any], after: Profile[Any]) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    changes = []
    for file, name in dict.fromkeys(itertools.chain(old, new)):
        (calls, own), (now_calls, now_own) = old.get((file, name), (0, 0.0)), new.get((file, name), (0, 0.0))
        if (calls, own) != (now_calls, now_own):
            changes.append(Change(file, name, now_calls - calls, now_own - own))
    return sorted(changes, key=lambda change: change.own)


def _by_name(measured: Profile[Any]) -> dict[tuple[str, str], tuple[int, float]]:
    totals: dict[tuple[str, str], tuple[int, float]] = {}
    for hotspot in measured.hotspots:
        key = hotspot.function.file, hotspot.function.name
        calls, own = totals.get(key, (0, 0.0))
        totals[key] = calls + hotspot.calls, own + hotspot.own
    return totals
