"""The same library in another style: a task per request from the beginning, tables of counts, wins by bisection."""

import asyncio
import math
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate
from statistics import NormalDist, median
from typing import NamedTuple, Protocol

STEPS = 64
"""Buckets between a power of two and the next."""
LOWEST, HIGHEST = -20, 13
"""Powers of two around a microsecond and an hour."""


class Clock(Protocol):
    def __call__(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


class Request(NamedTuple):
    due: float
    latency: float
    error: Exception | None = None


async def load(target: Callable[[], Awaitable[object]], *, rate: float, seconds: float, clock: Clock) -> list[Request]:
    if not (rate > 0 and seconds > 0):
        raise ValueError("a load needs a rate and a duration above 0")
    start = clock()

    async def request(due: float) -> Request:
        await clock.sleep_until(start + due)
        try:
            await target()
        except Exception as error:
            return Request(due, clock() - start - due, error)
        return Request(due, clock() - start - due)

    dues: list[float] = []
    while len(dues) / rate < seconds:
        dues.append(len(dues) / rate)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(request(due)) for due in dues]
    return [task.result() for task in tasks]


class Histogram:
    def __init__(self) -> None:
        self.count = 0
        self.zeros = 0
        self.table = [0] * ((HIGHEST - LOWEST) * STEPS)

    def record(self, seconds: float, count: int = 1) -> None:
        if seconds < 0 or not math.isfinite(seconds) or count < 1:
            raise ValueError("only finite values that are not negative can be recorded, once or more often")
        self.count += count
        if seconds == 0:
            self.zeros += count
            return
        mantissa, exponent = math.frexp(seconds)
        self.table[(exponent - LOWEST) * STEPS + int((2 * mantissa - 1) * STEPS)] += count

    def merge(self, other: "Histogram") -> None:
        self.count += other.count
        self.zeros += other.zeros
        self.table = [own + more for own, more in zip(self.table, other.table, strict=True)]

    def percentile(self, percent: float) -> float:
        if self.count == 0 or not 0 <= percent <= 100:
            raise ValueError(f"there is no percentile {percent} of {self.count} values")
        rank = max(1, math.ceil(percent * self.count / 100))
        if rank <= self.zeros:
            return 0.0
        place = bisect_left(list(accumulate(self.table)), rank - self.zeros)
        exponent, step = divmod(place, STEPS)
        return math.ldexp(1 + (step + 0.5) / STEPS, exponent + LOWEST - 1)


class Regression(NamedTuple):
    slowdown: float


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    if not (before and after):
        raise ValueError("both runs must have values")
    old, new = sorted(before), sorted(after)
    slowdown = median(_quantile(new, share / 40) / _quantile(old, share / 40) for share in range(1, 40))
    if slowdown > 1.05 and _chance(old, new) < 0.008:
        return Regression(slowdown)
    return None


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[int(share * len(ordered))]


def _chance(old: list[float], new: list[float]) -> float:
    """Return how likely it is that values win as often as the new ones do if both runs are alike."""
    wins = sum(bisect_left(old, own) + bisect_right(old, own) for own in new) / 2
    pairs = len(old) * len(new)
    deviation = math.sqrt(pairs * (len(old) + len(new) + 1) / 12)
    return 1 - NormalDist(pairs / 2, deviation).cdf(wins)
