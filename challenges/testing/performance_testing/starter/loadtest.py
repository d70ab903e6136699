"""Load tests that tell the truth: an open-model load generator, a histogram, and a detector of regressions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


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


async def load(
    target: Callable[[], Coroutine[Any, Any, object]], *, rate: float, seconds: float, clock: Clock
) -> list[Request]:
    """Call `target` `rate` times a second for so many seconds; return the requests in the order of their due times."""
    raise NotImplementedError


class Histogram:
    """Counts values in bounded memory, so that percentiles are within 1 %."""

    def __init__(self) -> None:
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many values were recorded."""
        raise NotImplementedError

    def record(self, seconds: float, count: int = 1) -> None:
        """Record a value `count` times."""
        raise NotImplementedError

    def merge(self, other: Histogram) -> None:
        """Add everything that the other histogram has recorded so far."""
        raise NotImplementedError

    def percentile(self, percent: float) -> float:
        """Return the value at the nearest rank, within 1 %."""
        raise NotImplementedError


@dataclass(frozen=True)
class Regression:
    """A slowdown that is more than noise."""

    slowdown: float


def compare(before: Sequence[float], after: Sequence[float]) -> Regression | None:
    """Return a Regression if the second run is slower, beyond noise."""
    raise NotImplementedError
