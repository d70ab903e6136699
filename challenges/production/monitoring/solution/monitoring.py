"""Instrumented handlers for Prometheus, and burn-rate alerts.

call -> _Request: begins -> the handler gives a value: ends
                         -> the handler gives a stream: _Stream or _AsyncStream ends it

samples -> _History: what both counters gained in a window -> evaluate: the condition, its run, the state
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import wraps
from inspect import iscoroutinefunction
from itertools import accumulate, pairwise
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

Outcome = Literal["ok", "error", "cancelled"]
State = Literal["inactive", "pending", "firing"]

OTHER = "other"


@dataclass
class _Figures:
    """What is known about one route."""

    durations: list[int]
    """How many fell between two bounds each; the last are above all bounds."""
    in_flight: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)


class _Request:
    """One request from its begin to its end. As a context, it ends with an exception, and goes on without."""

    def __init__(self, registry: Registry, figures: _Figures) -> None:
        self._registry = registry
        self._figures = figures
        self._began = registry.clock()
        self._ended = False
        figures.in_flight += 1

    def end(self, outcome: Outcome) -> None:
        """Count the request, unless it has ended before."""
        if self._ended:
            return
        self._ended = True
        seconds = self._registry.clock() - self._began
        self._figures.in_flight -= 1
        self._figures.outcomes[outcome] += 1
        self._figures.seconds += seconds
        self._figures.durations[bisect_left(self._registry.buckets, seconds)] += 1

    def carries(self, given: Any) -> Any:
        """Return what the handler gave; a stream keeps the request going."""
        if hasattr(given, "__anext__"):
            return _AsyncStream(given, self)
        if hasattr(given, "__next__"):
            return _Stream(given, self)
        self.end("ok")
        return given

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self.end("error" if isinstance(error, Exception) else "cancelled")


class _Stream(Iterator[Any]):
    """A handler's stream, which ends its request."""

    def __init__(self, stream: Iterator[Any], request: _Request) -> None:
        self._stream = stream
        self._request = request

    def __next__(self) -> Any:
        with self._request:
            try:
                return next(self._stream)
            except StopIteration:
                self._request.end("ok")
                raise

    def close(self) -> None:
        """Close the handler's stream, if that can be done."""
        try:
            if hasattr(self._stream, "close"):
                self._stream.close()
        finally:
            self._request.end("cancelled")

    def __del__(self) -> None:
        self._request.end("cancelled")


class _AsyncStream(AsyncIterator[Any]):
    """A handler's asynchronous stream, which ends its request."""

    def __init__(self, stream: AsyncIterator[Any], request: _Request) -> None:
        self._stream = stream
        self._request = request

    async def __anext__(self) -> Any:
        with self._request:
            try:
                return await anext(self._stream)
            except StopAsyncIteration:
                self._request.end("ok")
                raise

    async def aclose(self) -> None:
        """Close the handler's stream, if that can be done."""
        try:
            if hasattr(self._stream, "aclose"):
                await self._stream.aclose()
        finally:
            self._request.end("cancelled")

    def __del__(self) -> None:
        self._request.end("cancelled")


class Registry:
    """Counts the requests of its handlers, and tells Prometheus."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        self.buckets = tuple(buckets)
        self.clock = clock
        if not self.buckets or any(low >= high for low, high in pairwise(self.buckets)):
            raise ValueError(f"buckets must rise strictly, got {self.buckets}")
        if max_routes < 1:
            raise ValueError(f"max_routes must be at least 1, got {max_routes}")
        self._max_routes = max_routes
        self._figures: dict[str, _Figures] = {}

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return a function that is called like the handler, and counts."""

        @wraps(handler)
        async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
            request = _Request(self, self._figures_of(route(*args, **kwargs)))
            with request:
                return request.carries(await cast(Any, handler)(*args, **kwargs))

        @wraps(handler)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            request = _Request(self, self._figures_of(route(*args, **kwargs)))
            with request:
                return cast(R, request.carries(handler(*args, **kwargs)))

        return cast(Callable[P, R], awaited) if iscoroutinefunction(handler) else called

    def _figures_of(self, route: str) -> _Figures:
        places = self._max_routes + (OTHER in self._figures)
        label = route if route in self._figures or len(self._figures) < places else OTHER
        return self._figures.setdefault(label, _Figures([0] * (len(self.buckets) + 1)))

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        lines = ["# TYPE requests_in_flight gauge"]
        lines += [_line("requests_in_flight", known.in_flight, route=route) for route, known in self._figures.items()]
        lines.append("# TYPE requests_total counter")
        for route, known in self._figures.items():
            for outcome, count in known.outcomes.items():
                lines.append(_line("requests_total", count, route=route, outcome=outcome))
        lines.append("# TYPE request_duration_seconds histogram")
        for route, known in self._figures.items():
            lines += self._histogram("request_duration_seconds", route, known)
        return "".join(f"{line}\n" for line in lines)

    def _histogram(self, name: str, route: str, known: _Figures) -> Iterator[str]:
        counts = list(accumulate(known.durations))
        for bound, count in zip([*map(str, self.buckets), "+Inf"], counts, strict=True):
            yield _line(f"{name}_bucket", count, route=route, le=bound)
        yield _line(f"{name}_sum", known.seconds, route=route)
        yield _line(f"{name}_count", counts[-1], route=route)


def _line(name: str, value: float, **labels: str) -> str:
    quoted = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{quoted}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


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
            raise ValueError(f"the windows must be 0 < short < long, got {self.short} and {self.long}")


class _History:
    """Both counters as if they had never been reset, without what happened in gaps."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: Sample | None = None
        self._times: list[int] = []
        self._totals = [0]
        self._errors = [0]

    def add(self, sample: Sample) -> bool:
        """Take note of what both counters gained; return whether nobody knows, because this sample follows a gap."""
        last, self._last = self._last, sample
        self._times.append(sample.at)
        if last is None:
            return True
        gap = sample.at - last.at > self._rule.gap
        self._totals.append(self._totals[-1] + (0 if gap else _gained(last.total, sample.total)))
        self._errors.append(self._errors[-1] + (0 if gap else _gained(last.errors, sample.errors)))
        return gap

    def burns(self) -> bool:
        """Return whether both windows burn."""
        return self._window_burns(self._rule.long) and self._window_burns(self._rule.short)

    def _window_burns(self, seconds: int) -> bool:
        start = bisect_left(self._times, self._times[-1] - seconds)
        total = self._totals[-1] - self._totals[start]
        errors = self._errors[-1] - self._errors[start]
        return total > 0 and errors >= self._rule.factor * self._rule.budget * total


def _gained(old: int, new: int) -> int:
    return new - old if new >= old else new


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Return the alert's state at each sample."""
    history = _History(rule)
    states: list[tuple[int, State]] = []
    state: State = "inactive"
    condition, since = False, 0
    for sample in samples:
        gap = history.add(sample)
        before, condition = condition, history.burns()
        if gap or condition != before:
            since = sample.at
        state = _next_state(rule, state, condition=condition, age=sample.at - since)
        states.append((sample.at, state))
    return states


def _next_state(rule: Rule, state: State, *, condition: bool, age: int) -> State:
    if condition:
        return "firing" if state == "firing" or age >= rule.hold else "pending"
    return "firing" if state == "firing" and age < rule.keep else "inactive"
