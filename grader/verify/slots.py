"""How many jobs run at a time: one per core, and more while the cores are idle."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MOST = 4
"""The maximum number of jobs at a time per core: a submission may spend nearly all of its time waiting."""
WINDOW = 1.0
"""Seconds of observation before the number changes."""
IDLE, BUSY = 0.4, 0.1
"""Shares of idle processor time above which the number grows, and below which it shrinks."""


class JobSlots:
    """Admits as many threads as the processors have room for."""

    def __init__(self, jobs: int) -> None:
        self.most = MOST * jobs
        self.limit = jobs
        self._least = jobs
        self._taken = 0
        self._changed = threading.Condition()
        self._since = time.monotonic()
        self._clock = processor_clock()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a slot and hold it."""
        with self._changed:
            while self._taken >= self.limit:
                self._changed.wait(WINDOW)
                self._adapt()
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._adapt()
                self._changed.notify_all()

    def _adapt(self) -> None:
        now = time.monotonic()
        if now - self._since < WINDOW:
            return
        clock = processor_clock()
        idle, whole = (new - old for new, old in zip(clock, self._clock, strict=True))
        self._since, self._clock = now, clock
        if whole and idle / whole > IDLE:
            self.limit = min(self.most, self.limit + self._least)
        elif whole and idle / whole < BUSY:
            self.limit = self._least


def processor_clock() -> tuple[int, int]:
    """Return the processors' idle time and total time so far, in the kernel's ticks, or zeros if unknown."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=11)[1:9]
    except OSError:
        return 0, 0
    ticks = [int(field) for field in fields]
    return ticks[3] + ticks[4], sum(ticks)
