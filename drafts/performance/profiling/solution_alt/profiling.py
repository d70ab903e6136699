"""A profiler for code that can be changed: everything foreign is charged to whoever of yours wanted it.

Works downwards: from each function of yours through the foreign functions that call back, which then are its own.
"""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Label = tuple[str, int, str]
Pair = tuple[int, int, float, float]
Stats = Mapping[Label, tuple[int, int, float, float, Mapping[Label, Pair]]]


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


@dataclass
class _Node:
    """A function that ran, yours or foreign, and what it called: calls and seconds by function."""

    function: Function
    is_yours: bool
    calls: int
    inline: float
    total: float
    leads: bool
    """Whether it is yours, or leads to a call of yours."""
    below: list[tuple[Label, int, float]] = field(default_factory=list)


def hotspots(stats: Stats, *, root: str) -> list[Hotspot]:
    nodes = _nodes(stats, root)
    yours = [node for node in nodes.values() if node.is_yours]
    found = {node.function: Hotspot(node.function, node.calls, 0.0, node.total, {}) for node in yours}
    for node in yours:
        _charge(node, nodes, found)
    for hotspot in found.values():
        missing = hotspot.calls - sum(hotspot.callers.values())
        if missing:
            hotspot.callers[None] = missing
    return sorted(found.values(), key=lambda hotspot: -hotspot.own)


def _nodes(stats: Stats, root: str) -> dict[Label, _Node]:
    nodes: dict[Label, _Node] = {}
    for label, (_, calls, inline, total, _) in stats.items():
        comprehends = label[2] in ("<listcomp>", "<setcomp>", "<dictcomp>")
        is_yours = label[0].startswith(f"{root}/") and not comprehends
        nodes[label] = _Node(Function(*label), is_yours, calls, inline, total, leads=is_yours)
    for label, (*_, callers) in stats.items():
        for caller, (calls, _, _, seconds) in callers.items():
            nodes[caller].below.append((label, calls, seconds))
    _mark_leading(nodes)
    return nodes


def _mark_leading(nodes: dict[Label, _Node]) -> None:
    """Mark callers of what is marked, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for node in nodes.values():
            if not node.leads and any(nodes[label].leads for label, _, _ in node.below):
                node.leads = changed = True


def _charge(mine: _Node, nodes: dict[Label, _Node], found: dict[Function, Hotspot]) -> None:
    """Charge a function of yours with what it and all its foreign ones do, down to the next ones of yours."""
    seen, waiting = {mine.function}, [mine]
    while waiting:
        node = waiting.pop()
        found[mine.function].own += node.inline
        for label, calls, seconds in node.below:
            callee = nodes[label]
            if callee.is_yours:
                callers = found[callee.function].callers
                callers[mine.function] = callers.get(mine.function, 0) + calls
            elif not callee.leads:
                found[mine.function].own += seconds
            elif callee.function not in seen:
                seen.add(callee.function)
                waiting.append(callee)


def memory(call: Callable[[], T], *, root: str) -> Memory[T]:
    if tracemalloc.is_tracing():
        raise Busy("another measurement is going on")
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


def compare(before: list[Hotspot], after: list[Hotspot]) -> list[Change]:
    old, new = _by_name(before), _by_name(after)
    changes = []
    for file, name in dict.fromkeys(itertools.chain(old, new)):
        (calls, own), (now_calls, now_own) = old.get((file, name), (0, 0.0)), new.get((file, name), (0, 0.0))
        change = Change(file, name, now_calls - calls, now_own - own)
        if change.calls or abs(change.own) >= 1e-9:
            changes.append(change)
    return sorted(changes, key=lambda change: change.own)


def _by_name(measured: list[Hotspot]) -> dict[tuple[str, str], tuple[int, float]]:
    totals: dict[tuple[str, str], tuple[int, float]] = {}
    for hotspot in measured:
        key = hotspot.function.file, hotspot.function.name
        calls, own = totals.get(key, (0, 0.0))
        totals[key] = calls + hotspot.calls, own + hotspot.own
    return totals
