"""Figures of a run: for each operation, what clients saw within a window of time."""

from __future__ import annotations

import math
from typing import NamedTuple

from simulator.run import Result


class Figures(NamedTuple):
    """What clients of one operation saw of the requests that they first made within a window."""

    count: int
    served: float
    """The share that was answered, by whichever try."""
    degraded: float
    """The share that was answered without the dependency."""
    stale: float
    """The share that was answered with data older than allowed."""
    p50: float
    p99: float
    """Seconds from the first try to the answer; what was never answered counts as infinitely slow."""
    late: int
    """Calls from the queue that did not succeed in time, whenever they were accepted."""


def figures(result: Result, start: float = 0.0, end: float = math.inf) -> dict[str, Figures]:
    """Return the figures of each operation for requests first made from `start` to `end`."""
    by_name: dict[str, list[tuple[float, bool, bool]]] = {}
    for name, first, latency, degraded, stale in result.requests:
        if start <= first < end:
            by_name.setdefault(name, []).append((latency, degraded, stale))
    return {name: _figures(entries, result.late.get(name, 0)) for name, entries in sorted(by_name.items())}


def _figures(entries: list[tuple[float, bool, bool]], late: int) -> Figures:
    count = len(entries)
    latencies = sorted(latency for latency, _, _ in entries)
    return Figures(
        count=count,
        served=sum(latency < math.inf for latency in latencies) / count,
        degraded=sum(degraded for _, degraded, _ in entries) / count,
        stale=sum(stale for _, _, stale in entries) / count,
        p50=latencies[(count - 1) // 2],
        p99=latencies[min(count - 1, math.ceil(count * 0.99) - 1)],
        late=late,
    )
