"""Runs beside the submission: loads targets in virtual time, runs programs on histograms, compares runs."""

from __future__ import annotations

from array import array
from asyncio import CancelledError, Task, create_task, get_running_loop
from collections.abc import Callable
from functools import lru_cache
from math import ceil
from typing import Any

from probe_kit import ended, plain
from probe_kit.nameless import drawn_name
from probe_kit.running import unfinished_tasks
from probe_kit.virtual_time import LoopClock, VirtualLoop, run_virtually

import loadtest

KEPT: list[Any] = []
"""Whatever was filled, so that its memory can be read afterwards."""
ROUNDING = 1e-6
"""By so much a time may miss a tick, because of a sum of floats."""
HIGHEST = 3600.0
LOWEST = 1e-6
TROUBLES: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (ValueError, KeyError, OSError, TimeoutError, RuntimeError)
}
CLOCK = LoopClock()


def number(value: Any) -> Any:
    """Return a number as a float; anything else is named."""
    bare = plain(value)
    return float(bare) if type(bare) in (int, float) else ["not a number", bare]


# --- load ------------------------------------------------------------------------------------------------------------


class PacedClock:
    """A clock that has a beginning and a pace of its own, so that it differs from the loop's if the plan says so."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._start: float = plan["start"]
        self._loop_start: float = plan.get("loop_start", self._start)
        self._pace: float = plan.get("pace", 1.0)
        self._reached = self._start

    def __call__(self) -> float:
        return max(self._reached, self._start + (CLOCK() - self._loop_start) * self._pace)

    async def sleep_until(self, when: float) -> None:
        if when > self():
            await CLOCK.sleep_until(self._loop_start + (when - self._start) / self._pace)
            # Rounding must not let it end early, and nobody gains by turning the loop's time back.
            self._reached = max(self._reached, when)

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self() + seconds)

    def block(self, seconds: float) -> None:
        """Let the time pass without a turn for anybody else."""
        loop = get_running_loop()
        if isinstance(loop, VirtualLoop):
            loop.advance(seconds / self._pace)


class CoarseClock:
    """A clock whose sleeps end at the next multiple of a tick, counted from the start; without a tick, exactly."""

    def __init__(self, exact: PacedClock, plan: dict[str, Any]) -> None:
        self._exact = exact
        self._start: float = plan["start"]
        self._tick: float = plan.get("tick", 0.0)

    def __call__(self) -> float:
        return self._exact()

    async def sleep_until(self, when: float) -> None:
        if self._tick and when > self():
            when = self._start + ceil((when - self._start - ROUNDING) / self._tick) * self._tick
        await self._exact.sleep_until(when)


def hidden(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable without attributes that lead to the function, and so to the plan and what has been noted."""
    wrapper = lru_cache(maxsize=0)(function)
    vars(wrapper).clear()
    return wrapper


def handed_over(clock: CoarseClock) -> Any:
    """Return the clock as the submission gets it."""
    methods = {
        "__call__": hidden(lambda _self: clock()),
        "sleep_until": hidden(lambda _self, when: clock.sleep_until(when)),
    }
    return type(drawn_name(), (), {"__slots__": (), "__module__": "__main__", **methods})()


class Target:
    """Requests that take as long as the plan says for the time at which they start, and do what it says for their
    number.
    """

    def __init__(self, plan: dict[str, Any], clock: PacedClock) -> None:
        self._clock = clock
        self._start: float = plan["start"]
        self._phases: list[list[float]] = plan["phases"]
        self._blocks = {int(position): seconds for position, seconds in plan.get("blocks", [])}
        self._troubles = {int(position): kind for position, kind in plan.get("troubles", [])}
        self._cleanups: list[float] = plan.get("cleanups", [0.0])
        self.errors: list[tuple[int, Exception]] = []
        self.log: list[list[Any]] = []
        """When each request started and ended, and how, in the order of the starts."""

    def now(self) -> float:
        return self._clock() - self._start

    async def __call__(self) -> int:
        position, started = len(self.log), self.now()
        entry = [started, -1.0, "unfinished"]
        self.log.append(entry)
        try:
            if position in self._blocks:
                self._clock.block(self._blocks[position])
            await self._clock.sleep(self._seconds(started))
            if position in self._troubles:
                self.errors.append((position, TROUBLES[self._troubles[position]](position)))
                raise self.errors[-1][1]
            entry[2] = "ended"
        except CancelledError:
            await self._clock.sleep(self._cleanups[position % len(self._cleanups)])
            entry[2] = "cancelled"
            raise
        finally:
            entry[1] = self.now()
        return position

    def _seconds(self, started: float) -> float:
        return next(seconds for until, seconds in self._phases if started < until)

    def cause(self, error: object) -> Any:
        """Return the number of the request whose own exception this is, None for none; anything else is named."""
        if error is None:
            return None
        own = [position for position, raised in self.errors if raised is error]
        return own[0] if own else ["not the exception of a request", type(error).__name__]


def load(plan: dict[str, Any]) -> dict[str, Any]:
    """Load a target as planned, and perhaps cancel that; return when requests started and ended, and what came back.

    With `watch`, tasks that are left are counted, and requests that start within so many seconds after the end.
    """
    exact = PacedClock(plan)
    target, clock = Target(plan, exact), CoarseClock(exact, plan)

    async def main() -> dict[str, Any]:
        task = create_task(_loading(target, clock, plan))
        if "cancel" in plan:
            await exact.sleep_until(plan["start"] + plan["cancel"])
            task.cancel()
        how, requests = await _outcome(task)
        at, log = target.now(), [list(entry) for entry in target.log]
        left = unfinished_tasks() if "watch" in plan else 0
        await exact.sleep(plan.get("watch", 0.0))
        return {
            "how": how,
            "at": at,
            "log": log,
            "left": left,
            "more": len(target.log) - len(log),
            "requests": [
                [number(request.due), number(request.latency), target.cause(request.error)] for request in requests
            ],
        }

    return run_virtually(main(), start=plan.get("loop_start", plan["start"]))


async def _loading(target: Target, clock: CoarseClock, plan: dict[str, Any]) -> Any:
    request = hidden(lambda: target())
    return await loadtest.load(request, rate=plan["rate"], seconds=plan["seconds"], clock=handed_over(clock))


async def _outcome(task: Task[Any]) -> tuple[str, list[Any]]:
    try:
        requests = await task
    except CancelledError:
        return "cancelled", []
    if not isinstance(requests, list):
        return f"returned a {type(requests).__name__}", []
    return "returned", requests


def refuses(rate: float, seconds: float) -> dict[str, Any]:
    """Return how a load ends whose arguments may be wrong, and when requests started."""
    plan = {"start": 5.0, "phases": [[1e9, 0.25]], "rate": rate, "seconds": seconds}
    exact = PacedClock(plan)
    target = Target(plan, exact)

    async def counted() -> int:
        return len(await _loading(target, CoarseClock(exact, plan), plan))

    outcome = ended(lambda: run_virtually(counted(), start=5.0))
    return {"outcome": outcome, "starts": [started for started, _ended, _how in target.log]}


# --- histograms ------------------------------------------------------------------------------------------------------


def histograms(steps: list[list[Any]]) -> list[Any]:
    """Carry out steps `[verb, number of the histogram, ...]`; return how each ended."""
    made: dict[int, Any] = {}

    def histogram(position: int) -> Any:
        if position not in made:
            made[position] = loadtest.Histogram()
        return made[position]

    verbs: dict[str, Callable[..., Any]] = {
        "record": lambda own, *arguments: histogram(own).record(*arguments),
        "merge": lambda own, other: histogram(own).merge(histogram(other)),
        "percentile": lambda own, percent: number(histogram(own).percentile(percent)),
        "count": lambda own: histogram(own).count,
    }
    return [ended(verbs[verb], *arguments) for verb, *arguments in steps]


def ready() -> int:
    """Have the submission imported, and histograms used."""
    fill(3, 10, [50.0])
    return len(KEPT)


def fill(first: int, size: int, percents: list[float]) -> list[Any]:
    """Record so many different values in two histograms, spread evenly over all magnitudes, the lowest after the
    highest; merge these to and fro; return percentiles.
    """
    full, other = loadtest.Histogram(), loadtest.Histogram()
    KEPT.append((full, other))
    growth = HIGHEST / LOWEST
    for index in range(size):
        (other if index % 2 else full).record(LOWEST * growth ** ((first + index) % size / size))
    for step in range(20):  # each time, both count about 2.6 times as many values
        other.record(LOWEST * 2**step)
        other.merge(full)
        full.merge(other)
    for step in range(150):
        other.record(LOWEST * 1.1**step)
        full.merge(other)
    return [number(full.percentile(percent)) for percent in percents]


# --- regressions -----------------------------------------------------------------------------------------------------


def compare(pairs: list[tuple[bytes, bytes]]) -> list[Any]:
    """Compare pairs of runs, each as single-precision numbers; return the slowdown of each, or None."""
    verdicts = []
    for before, after in pairs:
        verdict = loadtest.compare(array("f", before).tolist(), array("f", after).tolist())
        verdicts.append(None if verdict is None else number(verdict.slowdown))
    return verdicts


def compare_nothing(sides: list[list[float]]) -> list[Any]:
    """Return how a comparison ends."""
    return ended(lambda: loadtest.compare(*sides) is None)
