"""Instrumented handlers for Prometheus, and burn-rate alerts."""

from __future__ import annotations

import inspect
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import wraps
from itertools import accumulate, pairwise
from typing import Any, Literal, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

State = Literal["inactive", "pending", "firing"]
Outcome = Literal["ok", "error", "cancelled"]

OTHER = "other"


@dataclass
class _Route:
    """What is counted for one label."""

    label: str
    buckets: list[int]
    in_flight: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: {"ok": 0, "error": 0, "cancelled": 0})
    duration: float = 0.0


class _Request:
    """One request, from its begin to its end."""

    def __init__(self, registry: Registry, route: _Route) -> None:
        self._registry = registry
        self._route = route
        self._is_over = False
        self._began = registry.clock()
        route.in_flight += 1

    def end(self, outcome: Outcome) -> None:
        if self._is_over:
            return
        self._is_over = True
        duration = self._registry.clock() - self._began
        self._route.in_flight -= 1
        self._route.outcomes[outcome] += 1
        self._route.duration += duration
        self._route.buckets[bisect_left(self._registry.buckets, duration)] += 1

    def fail(self, error: BaseException) -> None:
        self.end("error" if isinstance(error, Exception) else "cancelled")


class Registry:
    """Counts the requests of its handlers, and tells Prometheus."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        if not buckets or any(a >= b for a, b in pairwise(buckets)):
            raise ValueError("buckets must not be empty, and rise")
        if max_routes < 1:
            raise ValueError("max_routes must be at least 1")
        self.buckets = list(buckets)
        self.clock = clock
        self._max_routes = max_routes
        self._routes: dict[str, _Route] = {}

    def _route(self, label: str) -> _Route:
        if label not in self._routes and len(self._routes) >= self._max_routes:
            label = OTHER
        if label not in self._routes:
            self._routes[label] = _Route(label, [0] * (len(self.buckets) + 1))
        return self._routes[label]

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return a function that is called like the handler, and counts."""
        if inspect.iscoroutinefunction(handler):
            return cast(Callable[P, R], self._instrument_async(handler, route))

        @wraps(handler)
        def instrumented(*args: P.args, **kwargs: P.kwargs) -> R:
            request = _Request(self, self._route(route(*args, **kwargs)))
            try:
                result = handler(*args, **kwargs)
            except BaseException as error:
                request.fail(error)
                raise
            return cast(R, _finish(request, result))

        return instrumented

    def _instrument_async(self, handler: Callable[P, Any], route: Callable[P, str]) -> Callable[P, Any]:
        @wraps(handler)
        async def instrumented(*args: P.args, **kwargs: P.kwargs) -> Any:
            request = _Request(self, self._route(route(*args, **kwargs)))
            try:
                result = await handler(*args, **kwargs)
            except BaseException as error:
                request.fail(error)
                raise
            return _finish(request, result)

        return instrumented

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        routes = [(_escape(route.label), route) for route in self._routes.values()]
        lines = ["# HELP requests_in_flight Requests that have begun and not ended.", "# TYPE requests_in_flight gauge"]
        lines += [f'requests_in_flight{{route="{label}"}} {route.in_flight}' for label, route in routes]
        lines += ["# HELP requests_total Requests that have ended.", "# TYPE requests_total counter"]
        for label, route in routes:
            for outcome, count in route.outcomes.items():
                lines.append(f'requests_total{{route="{label}",outcome="{outcome}"}} {count}')
        lines += ["# HELP request_duration_seconds Durations of requests.", "# TYPE request_duration_seconds histogram"]
        for label, route in routes:
            lines += self._histogram(label, route)
        return "\n".join(lines) + "\n"

    def _histogram(self, label: str, route: _Route) -> Iterator[str]:
        name = "request_duration_seconds"
        bounds = [*(str(float(bound)) for bound in self.buckets), "+Inf"]
        counts = list(accumulate(route.buckets))
        for bound, count in zip(bounds, counts, strict=True):
            yield f'{name}_bucket{{route="{label}",le="{bound}"}} {count}'
        yield f'{name}_sum{{route="{label}"}} {route.duration}'
        yield f'{name}_count{{route="{label}"}} {counts[-1]}'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# ---- streams


def _finish(request: _Request, result: Any) -> Any:
    """End the request, or let a stream do it."""
    if hasattr(result, "__anext__"):
        return _async_stream(request, result)
    if hasattr(result, "__next__"):
        return _stream(request, result)
    request.end("ok")
    return result


def _stream(request: _Request, stream: Any) -> Iterator[Any]:
    try:
        yield from _items(stream)
        request.end("ok")
    except BaseException as error:
        request.fail(error)
        raise
    finally:
        request.end("cancelled")


def _items(stream: Any) -> Iterator[Any]:
    try:
        while True:
            try:
                item = next(stream)
            except StopIteration:
                return
            yield item
    finally:
        if hasattr(stream, "close"):
            stream.close()


async def _async_stream(request: _Request, stream: Any) -> AsyncIterator[Any]:
    try:
        while True:
            try:
                item = await stream.__anext__()
            except StopAsyncIteration:
                break
            yield item
        request.end("ok")
    except BaseException as error:
        request.fail(error)
        raise
    finally:
        if hasattr(stream, "aclose"):
            await stream.aclose()


# ---- alerts


@dataclass(frozen=True)
class Sample:
    """The values of two counters at one time."""

    at: int
    total: int
    errors: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When to raise an alert, and when to withdraw it."""

    budget: Fraction
    factor: Fraction
    long: int
    short: int
    gap: int
    hold: int
    keep: int

    def __post_init__(self) -> None:
        if not 0 < self.short < self.long:
            raise ValueError("0 < short < long must hold")


class _Window:
    """The increases of both counters over the last seconds."""

    def __init__(self, rule: Rule, seconds: int) -> None:
        self._rule = rule
        self._seconds = seconds
        self._samples: deque[Sample] = deque()

    def burns(self, sample: Sample) -> bool:
        self._samples.append(sample)
        while self._samples[0].at < sample.at - self._seconds:
            self._samples.popleft()
        total = errors = 0
        for old, new in pairwise(self._samples):
            if new.at - old.at <= self._rule.gap:
                more, wrong = _increase(old, new)
                total += more
                errors += wrong
        return total > 0 and Fraction(errors, total) >= self._rule.factor * self._rule.budget


def _increase(old: Sample, new: Sample) -> tuple[int, int]:
    if new.total < old.total:  # the process was restarted
        return new.total, new.errors
    return new.total - old.total, max(new.errors - old.errors, 0)


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Return the alert's state at each sample."""
    windows = [_Window(rule, rule.long), _Window(rule, rule.short)]
    states: list[tuple[int, State]] = []
    state: State = "inactive"
    run: tuple[bool, int] | None = None  # condition and begin
    for sample in samples:
        condition = all([window.burns(sample) for window in windows])
        is_gap = bool(states) and sample.at - states[-1][0] > rule.gap
        if run is None or run[0] != condition or is_gap:
            run = (condition, sample.at)
        state = _next(rule, state, condition, sample.at - run[1])
        states.append((sample.at, state))
    return states


def _next(rule: Rule, state: State, condition: bool, age: int) -> State:
    if condition:
        return "firing" if state == "firing" or age >= rule.hold else "pending"
    return "firing" if state == "firing" and age < rule.keep else "inactive"
