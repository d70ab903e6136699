"""Load tests that tell the truth: an open-model load generator, a histogram, and a detector of regressions."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from itertools import count as count_from
from itertools import takewhile
from statistics import correlation, fmean
from typing import Any, NamedTuple, Protocol

PRECISION = 0.009
"""Relative: somewhat better than the 1 % promised, which leaves room for rounding."""
LOG_GROWTH = math.log((1 + PRECISION) / (1 - PRECISION))
"""The logarithm of the factor between buckets: neither end of one differs by more than PRECISION from its middle."""
CERTAIN = 2.4
"""Standard deviations: without a change, more than that is seen in one comparison of 120."""
IMMATERIAL = 1.05
"""A slowdown up to this factor is not reported, however certain it is."""


class Clock(Protocol):
    """The time, and waiting for it."""

    def __call__(self) -> float:
        """Return the time in seconds."""

    async def sleep_until(self, when: float) -> None:
        """Wait until `when`, or somewhat longer."""


class Request(NamedTuple):
    """One request that has ended. Times are in seconds: `due` after the beginning of the run, `latency` after that."""

    due: float
    latency: float
    error: Exception | None


async def load(
    target: Callable[[], Coroutine[Any, Any, object]], *, rate: float, seconds: float, clock: Clock
) -> list[Request]:
    """Call `target` `rate` times a second for `seconds` seconds; return the requests in the order of their due times.

    Raises ValueError if `rate` or `seconds` is not above 0.
    """
    if rate <= 0 or seconds <= 0:
        raise ValueError(f"rate and seconds must be above 0, got {rate} and {seconds}")
    start = clock()

    async def send(due: float) -> Request:
        error: Exception | None = None
        try:
            await target()
        except Exception as raised:
            error = raised
        return Request(due, clock() - (start + due), error)

    async with asyncio.TaskGroup() as group:
        sent = []
        for due in takewhile(lambda due: due < seconds, (number / rate for number in count_from())):
            await clock.sleep_until(start + due)
            sent.append(group.create_task(send(due)))
    return [task.result() for task in sent]


class Histogram:
    """Counts values in buckets that grow by a constant factor, so that percentiles are within 1 %."""

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        """By the number of the bucket, a whole number; that of 0 is -inf, below all others."""

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return self._counts.total()

    def record(self, seconds: float, count: int = 1) -> None:
        """Record a value `count` times. Raises ValueError."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds must be finite and not negative, got {seconds}")
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        self._counts[math.floor(math.log(seconds) / LOG_GROWTH) if seconds else -math.inf] += count

    def merge(self, other: Histogram) -> None:
        """Add everything that the other histogram has recorded so far."""
        self._counts.update(other._counts)

    def percentile(self, percent: float) -> float:
        """Return the value at the nearest rank, within 1 %. Raises ValueError."""
        if not 0 <= percent <= 100:
            raise ValueError(f"percent must be between 0 and 100, got {percent}")
        if not self._counts:
            raise ValueError("nothing was recorded")
        rank = math.ceil(percent / 100 * self.count)
        for bucket in sorted(self._counts):
            rank -= self._counts[bucket]
            if rank <= 0:
                break
        return math.exp(bucket * LOG_GROWTH) * (1 + PRECISION)


class Regression(NamedTuple):
    """A slowdown that is more than noise: requests take about `slowdown` times as long."""

    slowdown: float


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    """Return a Regression if the second run is slower: by ranks, which no tail and no hump disturbs.

    Raises ValueError if either is empty, as `fmean` does.
    """
    slowdown = math.exp(fmean(map(math.log, after)) - fmean(map(math.log, before)))
    if slowdown <= IMMATERIAL or _surprise(before, after) < CERTAIN:
        return None
    return Regression(slowdown)


def _surprise(before: Sequence[float], after: Sequence[float]) -> float:
    """Return how far the values of `after` rank above the others, in standard deviations of what chance alone gives.

    Raises ValueError if all values are equal.
    """
    values = [*before, *after]
    ranks = {value: rank for rank, value in enumerate(sorted(values))}
    is_after = [False] * len(before) + [True] * len(after)
    return correlation([ranks[value] for value in values], is_after) * math.sqrt(len(values))
