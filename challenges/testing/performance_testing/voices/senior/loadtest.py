"""Load tests that tell the truth: an open-model load generator, a histogram, and a detector of regressions."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Any, Final, Protocol


class Clock(Protocol):
    """The time, and waiting for it."""

    def __call__(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


# --- Load -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One request that has ended."""

    due: float
    latency: float
    error: Exception | None


async def load(
    target: Callable[[], Coroutine[Any, Any, object]], *, rate: float, seconds: float, clock: Clock
) -> list[Request]:
    """Call `target` `rate` times a second for so many seconds; return the requests in the order of their due times."""
    if not (rate > 0 and seconds > 0):
        raise ValueError("`rate` and `seconds` must be above 0")
    began = clock()

    async def run(due: float) -> Request:
        error = None
        try:
            await target()
        except Exception as caught:
            error = caught
        return Request(due, clock() - (began + due), error)

    tasks: list[asyncio.Task[Request]] = []
    # The group cancels what is in flight, and waits for it, if we are cancelled.
    async with asyncio.TaskGroup() as group:
        # Each due time is computed afresh, so that rounding errors do not add up.
        while (due := len(tasks) / rate) < seconds:
            await clock.sleep_until(began + due)
            tasks.append(group.create_task(run(due)))
    return [task.result() for task in tasks]


# --- Histogram --------------------------------------------------------------------------------------------------------

# Each power of two is divided into so many buckets of equal width. The middle of the first one, which is the widest
# relative to its values, is within 1/128 of all of them.
BUCKETS_PER_OCTAVE: Final = 64


def _bucket(value: float) -> int:
    mantissa, exponent = math.frexp(value)  # 0.5 <= mantissa < 1
    return exponent * BUCKETS_PER_OCTAVE + int((2 * mantissa - 1) * BUCKETS_PER_OCTAVE)


def _middle(bucket: int) -> float:
    exponent, part = divmod(bucket, BUCKETS_PER_OCTAVE)
    return math.ldexp(1 + (part + 0.5) / BUCKETS_PER_OCTAVE, exponent - 1)


class Histogram:
    """Counts values in bounded memory, so that percentiles are within 1 %.

    There are 2,048 buckets for the values from a microsecond to an hour, and another one for zero.
    """

    def __init__(self) -> None:
        self._zeros = 0
        self._buckets: Counter[int] = Counter()

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return self._zeros + self._buckets.total()

    def record(self, seconds: float, count: int = 1) -> None:
        """Record a value `count` times."""
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError("a value must be finite and not negative")
        if count < 1:
            raise ValueError("`count` must be 1 or more")
        if seconds:
            self._buckets[_bucket(seconds)] += count
        else:
            self._zeros += count

    def merge(self, other: Histogram) -> None:
        """Add everything that the other histogram has recorded so far."""
        self._zeros += other._zeros
        self._buckets.update(other._buckets)

    def percentile(self, percent: float) -> float:
        """Return the value at the nearest rank, within 1 %."""
        if not 0 <= percent <= 100:
            raise ValueError("`percent` must be from 0 to 100")
        if not self.count:
            raise ValueError("nothing was recorded")
        # Exactly, and as it is written: 99.9 % of 1,000 values are 999, not 1,000 as by floating point.
        rank = max(1, math.ceil(Fraction(str(percent)) * self.count / 100))
        return self._at(rank)

    def _at(self, rank: int) -> float:
        passed = self._zeros
        value = 0.0
        for bucket in sorted(self._buckets):
            if passed >= rank:
                break
            passed += self._buckets[bucket]
            value = _middle(bucket)
        return value


# --- Detector ---------------------------------------------------------------------------------------------------------

# One false alarm in 150, by the normal distribution.
ALARM: Final = 2.47
# Slowdowns that are less than this are nobody's concern.
RELEVANT: Final = 1.06
# How many values of each run an estimate looks at.
SAMPLE: Final = 101


@dataclass(frozen=True)
class Regression:
    """A slowdown that is more than noise."""

    slowdown: float


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    """Return a Regression if the second run is slower, beyond noise.

    Whether it is slower is decided by ranks (Mann and Whitney), which neither tails nor humps disturb. How much slower
    is estimated by the median of the ratios of pairs (Hodges and Lehmann), since a median of two humps may lie anywhere.
    """
    if not (before and after):
        raise ValueError("there must be latencies of both runs")
    # A service that warms up makes the shorter run look slower. So a difference must show in the whole runs as well as
    # in as many requests from their beginnings.
    common = min(len(before), len(after))
    if min(_surprise(before, after), _surprise(before[:common], after[:common])) < ALARM:
        return None
    slowdown = _ratio(before[:common], after[:common])
    return Regression(slowdown) if slowdown >= RELEVANT else None


def _surprise(before: Sequence[float], after: Sequence[float]) -> float:
    """By how many standard deviations the ranks of `after` are higher than by chance."""
    m, n = len(before), len(after)
    total = m + n
    pooled = sorted([(value, 0) for value in before] + [(value, 1) for value in after], key=itemgetter(0))
    ranks = 0.0
    ties = 0
    passed = 0
    for _, group in groupby(pooled, key=itemgetter(0)):
        sides = [side for _, side in group]
        size = len(sides)
        ranks += sum(sides) * (passed + (size + 1) / 2)
        ties += size**3 - size
        passed += size
    wins = ranks - n * (n + 1) / 2
    deviation = math.sqrt(m * n / 12 * max(total + 1 - ties / (total * (total - 1)), 0.0))
    return (wins - m * n / 2) / deviation if deviation else 0.0


def _ratio(before: Sequence[float], after: Sequence[float]) -> float:
    old, new = _quantiles(before), _quantiles(after)
    return median([b / a for a in old for b in new])


def _quantiles(values: Sequence[float]) -> list[float]:
    """At most SAMPLE values that are distributed like all of them."""
    ordered = sorted(values)
    if len(ordered) <= SAMPLE:
        return ordered
    return [ordered[int((i + 0.5) * len(ordered) / SAMPLE)] for i in range(SAMPLE)]
