"""Request metrics on prometheus_client, and an alert that is a pipeline of small functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

P = ParamSpec("P")
R = TypeVar("R")
State = Literal["inactive", "pending", "firing"]
End = Callable[[str], None]


def _failed(error: BaseException) -> str:
    return "error" if isinstance(error, Exception) else "cancelled"


def _items(stream: Any, end: End) -> Generator[Any, None, None]:
    """Repeat a stream; what is given first is for nobody: once started, a generator can always clean up."""
    outcome = "cancelled"
    try:
        yield None
        for item in stream:  # noqa: UP028 - `yield from` would close it, and a failure to close would look like its own
            yield item
        outcome = "ok"
    except GeneratorExit:
        if hasattr(stream, "close"):
            stream.close()
        raise
    except BaseException as error:
        outcome = _failed(error)
        raise
    finally:
        end(outcome)


async def _async_items(stream: Any, end: End) -> AsyncGenerator[Any, None]:
    """Repeat an asynchronous stream, with a start like that of `_items`."""
    outcome = "cancelled"
    try:
        yield None
        async for item in stream:
            yield item
        outcome = "ok"
    except GeneratorExit:
        if hasattr(stream, "aclose"):
            await stream.aclose()
        raise
    except BaseException as error:
        outcome = _failed(error)
        raise
    finally:
        end(outcome)


def _followed(given: Any, end: End) -> Any:
    """Let the stream end the request, or end it now."""
    if hasattr(given, "__next__"):
        items = _items(given, end)
        next(items)
        return items
    if hasattr(given, "__anext__"):
        chunks = _async_items(given, end)
        try:
            chunks.asend(None).send(None)
        except StopIteration:
            return chunks
    end("ok")
    return given


class Registry:
    """Instruments handlers on a `CollectorRegistry` of its own."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        if len(buckets) == 0 or sorted(set(buckets)) != list(buckets):
            raise ValueError("buckets must rise")
        if max_routes < 1:
            raise ValueError("there must be room for a route")
        self._registry = CollectorRegistry()
        self._in_flight = Gauge("requests_in_flight", "Requests now", ["route"], registry=self._registry)
        self._total = Counter("requests", "Requests that ended", ["route", "outcome"], registry=self._registry)
        self._seconds = Histogram(
            "request_duration_seconds", "Their time", ["route"], buckets=buckets, registry=self._registry
        )
        self._clock = clock
        self._max_routes = max_routes
        self._own: set[str] = set()

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return the handler, counted."""
        function: Any = handler

        @functools.wraps(handler)
        async def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            end = self._begin(route(*args, **kwargs))
            try:
                given = await function(*args, **kwargs)
            except BaseException as error:
                end(_failed(error))
                raise
            return _followed(given, end)

        @functools.wraps(handler)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            end = self._begin(route(*args, **kwargs))
            try:
                given = function(*args, **kwargs)
            except BaseException as error:
                end(_failed(error))
                raise
            return _followed(given, end)

        return cast(Callable[P, R], run if inspect.iscoroutinefunction(handler) else call)

    def _begin(self, route: str) -> End:
        if route != "other" and len(self._own) < self._max_routes:
            self._own.add(route)
        label = route if route in self._own else "other"
        start = self._clock()
        self._in_flight.labels(label).inc()

        def end(outcome: str) -> None:
            self._seconds.labels(label).observe(self._clock() - start)
            self._total.labels(label, outcome).inc()
            self._in_flight.labels(label).dec()

        return end

    def exposition(self) -> str:
        """Return what Prometheus scrapes."""
        return generate_latest(self._registry).decode()


class Sample(NamedTuple):
    """Two counters at one time."""

    at: int
    total: int
    errors: int


class Rule:
    """A burn-rate alert."""

    def __init__(
        self, *, budget: Fraction, factor: Fraction, long: int, short: int, gap: int, hold: int, keep: int
    ) -> None:
        if short <= 0 or long <= short:
            raise ValueError("the windows must be 0 < short < long")
        self.budget = budget
        self.factor = factor
        self.long = long
        self.short = short
        self.gap = gap
        self.hold = hold
        self.keep = keep


class _Step(NamedTuple):
    """What happened between two samples."""

    begin: int
    end: int
    total: int
    errors: int


def _steps(rule: Rule, samples: list[Sample]) -> list[_Step]:
    def rise(old: int, new: int) -> int:
        return new if new < old else new - old

    return [
        _Step(old.at, new.at, rise(old.total, new.total), rise(old.errors, new.errors))
        for old, new in pairwise(samples)
        if new.at - old.at <= rule.gap
    ]


def _burns(rule: Rule, steps: list[_Step], begin: int, end: int) -> bool:
    inside = [step for step in steps if begin <= step.begin and step.end <= end]
    total = sum(step.total for step in inside)
    errors = sum(step.errors for step in inside)
    return total > 0 and Fraction(errors, total) >= rule.factor * rule.budget


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Follow the alert from sample to sample."""
    known = list(samples)
    steps = _steps(rule, known)
    answer: list[tuple[int, State]] = []
    state: State = "inactive"
    run: tuple[bool, int] | None = None
    before = 0
    for at, _, _ in known:
        burning = all(_burns(rule, steps, at - window, at) for window in (rule.long, rule.short))
        if run is None or run[0] != burning or at - before > rule.gap:
            run = (burning, at)
        state = _after(rule, state, burning, at - run[1])
        answer.append((at, state))
        before = at
    return answer


def _after(rule: Rule, state: State, burning: bool, age: int) -> State:
    if state == "firing":
        return "firing" if burning or age < rule.keep else "inactive"
    if not burning:
        return "inactive"
    return "firing" if age >= rule.hold else "pending"
