"""The time that a suite has used. Time in which work was ready and got no processor does not count, up to a bound: a
machine that is busy elsewhere costs nobody points.

A submission can starve itself with many threads, but what it gains is bounded, and it earns nothing by it.
"""

from __future__ import annotations

import os
import time

from sandbox.machine.schedule import waited_seconds

MOST_EXCUSED = 2.0
"""The most that does not count, as a multiple of the time allowed."""
LONGEST = 1 + MOST_EXCUSED
"""How many times the time allowed can pass by the clock."""


class Stopwatch:
    """Runs from its creation, in the process that counts."""

    def __init__(self, allowed: float) -> None:
        self._allowed = allowed
        self._began = time.monotonic()
        self._starved = -own_starvation()

    def excuse(self, seconds: float) -> None:
        """Note for how long a child of a sandbox was ready and got no processor."""
        self._starved += seconds

    @property
    def is_over(self) -> bool:
        """Whether the time allowed is used up."""
        used = time.monotonic() - self._began
        return used - excused(self._starved + own_starvation(), self._allowed) > self._allowed


def excused(starved: float, allowed: float) -> float:
    """Return how many seconds of those that something was starved do not count."""
    return min(starved, MOST_EXCUSED * allowed)


def own_starvation() -> float:
    """Return the seconds for which this process was ready so far and got no processor."""
    return waited_seconds(os.getpid())
