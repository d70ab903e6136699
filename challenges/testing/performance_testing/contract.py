"""Typed usage of the API of `loadtest`: checked with `mypy --strict` beside a submission, never run."""

from collections.abc import Sequence
from typing import assert_type

from loadtest import Clock, Histogram, Regression, Request, compare, load


class Steady:
    """Structural: it has both methods, and does not inherit."""

    def __call__(self) -> float:
        return 0.0

    async def sleep_until(self, when: float) -> None: ...


class Stopped:
    """Not a clock: nobody can wait for it."""

    def __call__(self) -> float:
        return 0.0


clock: Clock = Steady()
stopped: Clock = Stopped()  # type: ignore[assignment]


async def fetch() -> bytes:
    return b""


async def fetch_page(number: int) -> bytes:
    return bytes(number)


def blocks() -> None: ...


async def run() -> Histogram:
    requests = await load(fetch, rate=50, seconds=0.5, clock=clock)
    assert_type(requests, list[Request])
    assert_type(requests[0].due, float)
    assert_type(requests[0].latency, float)
    assert_type(requests[0].error, Exception | None)
    await load(lambda: fetch_page(3), rate=0.25, seconds=8, clock=Steady())
    await load(fetch_page, rate=50, seconds=1, clock=clock)  # type: ignore[arg-type]
    await load(blocks, rate=50, seconds=1, clock=clock)  # type: ignore[arg-type]
    await load(fetch, rate="50", seconds=1, clock=clock)  # type: ignore[arg-type]
    await load(fetch, rate=50, seconds=1, clock=Stopped())  # type: ignore[arg-type]
    await load(fetch, rate=50, clock=clock)  # type: ignore[call-arg]
    load(fetch, rate=50, seconds=1, clock=clock)  # type: ignore[unused-coroutine]
    histogram = Histogram()
    for request in requests:
        histogram.record(request.latency)
    return histogram


def summary(histogram: Histogram, other: Histogram) -> float:
    histogram.record(1)
    histogram.record(0.25, 3)
    histogram.record(0.25, count=3)
    histogram.record("0.25")  # type: ignore[arg-type]
    histogram.record(0.25, 0.5)  # type: ignore[arg-type]
    histogram.merge(other)
    histogram.merge([0.25])  # type: ignore[arg-type]
    assert_type(histogram.count, int)
    assert_type(histogram.percentile(50), float)
    return histogram.percentile(99.9)


def judge(before: Sequence[float], after: list[float]) -> float:
    verdict = compare(before, after)
    assert_type(verdict, Regression | None)
    verdict.slowdown  # type: ignore[union-attr]
    compare(before, 0.25)  # type: ignore[arg-type]
    compare((0.25, 1), ["0.5"])  # type: ignore[list-item]
    if verdict is None:
        return 1.0
    assert_type(verdict.slowdown, float)
    return verdict.slowdown
