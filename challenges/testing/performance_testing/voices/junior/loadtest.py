"""Load tests that tell the truth: an open-model load generator, a histogram, and a detector of regressions."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol


class Clock(Protocol):
    """The time, and waiting for it."""

    def __call__(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


class Request:
    """One request that has ended."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.latency = 0.0
        self.error: Exception | None = None


async def load(
    target: Callable[[], Coroutine[Any, Any, object]], *, rate: float, seconds: float, clock: Clock
) -> list[Request]:
    """Call `target` `rate` times a second for so many seconds; return the requests in the order of their due times."""
    if rate <= 0:
        raise ValueError("rate must be above 0")
    if seconds <= 0:
        raise ValueError("seconds must be above 0")

    async def send(request: Request) -> None:
        start = clock()
        try:
            await target()
        except Exception as e:
            request.error = e
        request.latency = clock() - start

    interval = 1 / rate
    number = math.ceil(rate * seconds)
    requests = []
    tasks = []
    for i in range(number):
        request = Request(i * interval)
        requests.append(request)
        # do not wait for the response: open model
        tasks.append(asyncio.create_task(send(request)))
        if i < number - 1:
            await clock.sleep_until(clock() + interval)
    await asyncio.gather(*tasks)
    return requests


class Histogram:
    """Counts how often every value was recorded."""

    def __init__(self) -> None:
        self.counts: Counter[float] = Counter()
        self.count = 0

    def record(self, seconds: float, count: int = 1) -> None:
        """Record a value `count` times."""
        if seconds < 0 or math.isinf(seconds) or math.isnan(seconds):
            raise ValueError("seconds must be a positive number")
        if count < 1:
            raise ValueError("count must be at least 1")
        # microseconds are precise enough and save memory
        self.counts[round(seconds, 6)] += count
        self.count += count

    def merge(self, other: Histogram) -> None:
        """Add everything that the other histogram has recorded so far."""
        self.counts.update(other.counts)
        self.count += other.count

    def percentile(self, percent: float) -> float:
        """Return the value at the nearest rank."""
        if self.count == 0:
            raise ValueError("nothing was recorded")
        if percent < 0 or percent > 100:
            raise ValueError("percent must be between 0 and 100")
        rank = math.ceil(percent / 100 * self.count)
        seen = 0
        for value in sorted(self.counts):
            seen += self.counts[value]
            if seen >= rank:
                return value
        return max(self.counts)


class Regression:
    """A slowdown that is more than noise."""

    def __init__(self, slowdown: float) -> None:
        self.slowdown = slowdown


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    """Return a Regression if the second run is slower, beyond noise."""
    if len(before) == 0 or len(after) == 0:
        raise ValueError("there must be values in both runs")
    # The median does not care about outliers (the mean does).
    slowdown = statistics.median(after) / statistics.median(before)
    # With few values there is more noise, so be more careful.
    if min(len(before), len(after)) < 200:
        threshold = 1.5
    else:
        threshold = 1.15
    if slowdown > threshold:
        return Regression(slowdown)
    return None
