"""Load tests that tell the truth: an open-model load generator, a histogram, and a detector of regressions."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Any, Protocol

Target = Callable[[], Coroutine[Any, Any, object]]


class Clock(Protocol):
    """The time, and waiting for it."""

    def __call__(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


@dataclass(frozen=True)
class Request:
    """One request that has ended."""

    due: float
    latency: float
    error: Exception | None


async def load(target: Target, *, rate: float, seconds: float, clock: Clock) -> list[Request]:
    """Call `target` `rate` times a second for so many seconds; return the requests in the order of their due times."""
    if rate <= 0 or seconds <= 0:
        raise ValueError("rate and seconds must be above 0")
    start = clock()
    tasks: list[asyncio.Task[Request]] = []
    try:
        i = 0
        while i / rate < seconds:
            due = i / rate
            await clock.sleep_until(start + due)
            tasks.append(asyncio.create_task(_request(target, start, due, clock)))
            i += 1
        return await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        raise


async def _request(target: Target, start: float, due: float, clock: Clock) -> Request:
    error: Exception | None = None
    try:
        await target()
    except Exception as exc:
        error = exc
    # Measured from when the request was due, not from when we got around to it: no coordinated omission.
    return Request(due, clock() - (start + due), error)


class Histogram:
    """Counts values in logarithmic buckets.

    Bucket `i` holds the values from GROWTH**i to GROWTH**(i + 1). Its geometric middle is within 1 % of
    all of them. From a microsecond to an hour there are about 1,100 buckets.
    """

    GROWTH = 1.0195

    def __init__(self) -> None:
        self.count = 0
        self._zeros = 0
        self._buckets: defaultdict[int, int] = defaultdict(int)

    def record(self, seconds: float, count: int = 1) -> None:
        """Record a value `count` times."""
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"not a duration: {seconds}")
        if count < 1:
            raise ValueError(f"count must be at least 1, not {count}")
        if seconds == 0:
            self._zeros += count
        else:
            self._buckets[math.floor(math.log(seconds, self.GROWTH))] += count
        self.count += count

    def merge(self, other: Histogram) -> None:
        """Add everything that the other histogram has recorded so far."""
        self.count += other.count
        self._zeros += other._zeros
        for index, count in other._buckets.items():
            self._buckets[index] += count

    def percentile(self, percent: float) -> float:
        """Return the value at the nearest rank, within 1 %."""
        if not 0 <= percent <= 100:
            raise ValueError(f"percent must be between 0 and 100, not {percent}")
        if self.count == 0:
            raise ValueError("nothing was recorded")
        rank = max(1, math.ceil(percent / 100 * self.count))
        seen = self._zeros
        if seen >= rank:
            return 0.0
        for index in sorted(self._buckets):
            seen += self._buckets[index]
            if seen >= rank:
                break
        return float(self.GROWTH ** (index + 0.5))


@dataclass(frozen=True)
class Regression:
    """A slowdown that is more than noise."""

    slowdown: float


# One-sided 1 % quantile of the normal distribution
SIGNIFICANT = 2.33
# Slowdowns below this do not matter to anybody
RELEVANT = 1.05


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    """Return a Regression if the second run is slower, beyond noise.

    This is Welch's t-test on the logarithms of the latencies. A slowdown is a factor, so it shifts the logarithms, and
    they have no heavy tail that a single value could dominate.
    """
    if not before or not after:
        raise ValueError("both runs need at least one latency")
    if len(before) < 2 or len(after) < 2:
        return None  # no idea how noisy they are
    old = [math.log(value) for value in before]
    new = [math.log(value) for value in after]
    shift = fmean(new) - fmean(old)
    error = math.sqrt(variance(old) / len(old) + variance(new) / len(new))
    if shift > SIGNIFICANT * error and shift > math.log(RELEVANT):
        return Regression(math.exp(shift))
    return None
