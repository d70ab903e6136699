"""Instrumented handlers for Prometheus, and burn-rate alerts."""

from __future__ import annotations

import inspect
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import wraps
from itertools import accumulate, pairwise
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

State = Literal["inactive", "pending", "firing"]
_Outcome: TypeAlias = Literal["ok", "error", "cancelled"]

_OTHER = "other"


# ---- requests


@dataclass
class _Route:
    """What is known of the requests with one label."""

    buckets: list[int]  # not cumulative; the last one is +Inf
    in_flight: int = 0
    seconds: float = 0.0
    outcomes: dict[_Outcome, int] = field(default_factory=lambda: {"ok": 0, "error": 0, "cancelled": 0})


class _Request:
    """A request that has begun. It ends once, however often it is told."""

    def __init__(self, route: _Route, bounds: Sequence[float], clock: Callable[[], float]) -> None:
        self._route = route
        self._bounds = bounds
        self._clock = clock
        self._has_ended = False
        self._began = clock()
        route.in_flight += 1

    def end(self, outcome: _Outcome) -> None:
        """End the request, unless it has ended."""
        if self._has_ended:
            return
        self._has_ended = True
        seconds = self._clock() - self._began
        self._route.in_flight -= 1
        self._route.outcomes[outcome] += 1
        self._route.seconds += seconds
        self._route.buckets[bisect_left(self._bounds, seconds)] += 1

    def fail(self, error: BaseException) -> None:
        """End the request with what came out of it."""
        self.end("error" if isinstance(error, Exception) else "cancelled")


# ---- streams: classes, since generators that never started run no `finally`


class _Stream(Iterator[Any]):
    """A handler's iterator; the request ends with it."""

    def __init__(self, stream: Iterator[Any], request: _Request) -> None:
        self._stream = stream
        self._request = request

    def __next__(self) -> Any:
        try:
            return next(self._stream)
        except StopIteration:
            self._request.end("ok")
            raise
        except BaseException as error:
            self._request.fail(error)
            raise

    def close(self) -> None:
        """Close the handler's stream, if it can be closed."""
        try:
            close = getattr(self._stream, "close", None)
            if close is not None:
                close()
        finally:
            self._request.end("cancelled")

    def __del__(self) -> None:
        self._request.end("cancelled")


class _AsyncStream(AsyncIterator[Any]):
    """A handler's asynchronous iterator; the request ends with it."""

    def __init__(self, stream: AsyncIterator[Any], request: _Request) -> None:
        self._stream = stream
        self._request = request

    async def __anext__(self) -> Any:
        try:
            return await self._stream.__anext__()
        except StopAsyncIteration:
            self._request.end("ok")
            raise
        except BaseException as error:
            self._request.fail(error)
            raise

    async def aclose(self) -> None:
        """Close the handler's stream, if it can be closed."""
        try:
            close = getattr(self._stream, "aclose", None)
            if close is not None:
                await close()
        finally:
            self._request.end("cancelled")

    def __del__(self) -> None:
        self._request.end("cancelled")


def _finished(request: _Request, result: Any) -> Any:
    """End a request whose handler gave a value, unless this is a stream, which ends it later."""
    if hasattr(type(result), "__anext__"):
        return _AsyncStream(result, request)
    if hasattr(type(result), "__next__"):
        return _Stream(result, request)
    request.end("ok")
    return result


# ---- the registry


class Registry:
    """Counts the requests of its handlers, and tells Prometheus."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        if not buckets or not all(low < high for low, high in pairwise(buckets)):
            raise ValueError("buckets must not be empty, and must rise strictly")
        if max_routes < 1:
            raise ValueError("max_routes must be at least 1")
        self._bounds = tuple(buckets)
        self._max_routes = max_routes
        self._clock = clock
        self._routes: dict[str, _Route] = {}

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return a function that is called like the handler, and counts."""
        if inspect.iscoroutinefunction(handler):
            return cast(Callable[P, R], self._instrumented_coroutine(handler, route))

        @wraps(handler)
        def instrumented(*args: P.args, **kwargs: P.kwargs) -> R:
            request = self._begin(route(*args, **kwargs))
            try:
                result = handler(*args, **kwargs)
            except BaseException as error:
                request.fail(error)
                raise
            return cast(R, _finished(request, result))

        return instrumented

    def _instrumented_coroutine(
        self, handler: Callable[P, Awaitable[Any]], route: Callable[P, str]
    ) -> Callable[P, Awaitable[Any]]:
        @wraps(handler)
        async def instrumented(*args: P.args, **kwargs: P.kwargs) -> Any:
            request = self._begin(route(*args, **kwargs))
            try:
                result = await handler(*args, **kwargs)
            except BaseException as error:
                request.fail(error)
                raise
            return _finished(request, result)

        return instrumented

    def _begin(self, route: str) -> _Request:
        label = self._label(route)
        if label not in self._routes:
            self._routes[label] = _Route([0] * (len(self._bounds) + 1))
        return _Request(self._routes[label], self._bounds, self._clock)

    def _label(self, route: str) -> str:
        if route in self._routes:
            return route
        own = len(self._routes) - (_OTHER in self._routes)
        return route if own < self._max_routes else _OTHER

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        routes = [(_escaped(label), route) for label, route in self._routes.items()]
        lines = ["# HELP requests_in_flight Requests that have begun and not ended.", "# TYPE requests_in_flight gauge"]
        lines += (f'requests_in_flight{{route="{label}"}} {route.in_flight}' for label, route in routes)
        lines += ["# HELP requests_total Requests that have ended.", "# TYPE requests_total counter"]
        lines += (
            f'requests_total{{route="{label}",outcome="{outcome}"}} {count}'
            for label, route in routes
            for outcome, count in route.outcomes.items()
        )
        lines += [
            "# HELP request_duration_seconds How long requests took.",
            "# TYPE request_duration_seconds histogram",
        ]
        lines += (line for label, route in routes for line in self._histogram(label, route))
        return "".join(f"{line}\n" for line in lines)

    def _histogram(self, label: str, route: _Route) -> Iterator[str]:
        name = "request_duration_seconds"
        bounds = [*(repr(float(bound)) for bound in self._bounds), "+Inf"]
        counts = list(accumulate(route.buckets))
        for bound, count in zip(bounds, counts, strict=True):
            yield f'{name}_bucket{{route="{label}",le="{bound}"}} {count}'
        yield f'{name}_sum{{route="{label}"}} {float(route.seconds)!r}'
        yield f'{name}_count{{route="{label}"}} {counts[-1]}'


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


# ---- alerts


@dataclass(frozen=True)
class Sample:
    """The values of two counters at one time."""

    at: int
    total: int
    errors: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When to raise an alert, and when to withdraw it. Times are in seconds."""

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


def _increase(old: int, new: int) -> int:
    return new - old if new >= old else new


class _History:
    """The increases of both counters since the first sample, so that each window is one subtraction."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: Sample | None = None
        self._times: list[int] = []
        self._totals: list[int] = []
        self._errors: list[int] = []

    def add(self, sample: Sample) -> bool:
        """Add a sample, and return whether it follows another one without a gap."""
        last, self._last = self._last, sample
        is_next = last is not None and sample.at - last.at <= self._rule.gap
        total = errors = 0
        if last is not None and is_next:
            total, errors = _increase(last.total, sample.total), _increase(last.errors, sample.errors)
        self._times.append(sample.at)
        self._totals.append(total + (self._totals[-1] if self._totals else 0))
        self._errors.append(errors + (self._errors[-1] if self._errors else 0))
        return is_next

    def burns(self, seconds: int) -> bool:
        """Return whether the window of that length burns at the last sample."""
        first = bisect_left(self._times, self._times[-1] - seconds)
        total = self._totals[-1] - self._totals[first]
        errors = self._errors[-1] - self._errors[first]
        return total > 0 and errors >= self._rule.factor * self._rule.budget * total


def _next_state(rule: Rule, state: State, age: int, *, condition: bool) -> State:
    if condition:
        return "firing" if state == "firing" or age >= rule.hold else "pending"
    return "firing" if state == "firing" and age < rule.keep else "inactive"


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Return the alert's state at each sample."""
    history = _History(rule)
    states: list[tuple[int, State]] = []
    state: State = "inactive"
    was_true = False
    begin = 0
    for sample in samples:
        is_next = history.add(sample)
        condition = history.burns(rule.long) and history.burns(rule.short)
        if not is_next or condition != was_true:
            begin = sample.at
        was_true = condition
        state = _next_state(rule, state, sample.at - begin, condition=condition)
        states.append((sample.at, state))
    return states
