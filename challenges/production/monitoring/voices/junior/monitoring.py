"""Instrumented handlers for Prometheus, and burn-rate alerts."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

State = Literal["inactive", "pending", "firing"]


class Registry:
    """Counts the requests of its handlers, and tells Prometheus."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        if not buckets:
            raise ValueError("no buckets")
        if list(buckets) != sorted(buckets):
            raise ValueError("buckets must rise")
        if max_routes < 1:
            raise ValueError("max_routes must be at least 1")
        self.buckets = buckets
        self.max_routes = max_routes
        self.clock = clock
        self.routes = []
        self.in_flight = defaultdict(int)
        self.total = defaultdict(int)
        self.bucket_counts = {}
        self.sums = defaultdict(float)
        self.counts = defaultdict(int)

    def label(self, route):
        if route in self.routes:
            return route
        if len(self.routes) < self.max_routes:
            self.routes.append(route)
            return route
        return "other"

    def begin(self, route):
        self.in_flight[route] += 1
        return self.clock()

    def end(self, route, start, outcome):
        duration = self.clock() - start
        self.in_flight[route] -= 1
        self.total[(route, outcome)] += 1
        if route not in self.bucket_counts:
            self.bucket_counts[route] = [0] * len(self.buckets)
        for i, bound in enumerate(self.buckets):
            if duration <= bound:
                self.bucket_counts[route][i] += 1
        self.sums[route] += duration
        self.counts[route] += 1

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return a function that is called like the handler, and counts."""
        if inspect.iscoroutinefunction(handler):

            @functools.wraps(handler)
            async def async_wrapper(*args, **kwargs):
                label = self.label(route(*args, **kwargs))
                start = self.begin(label)
                try:
                    result = await handler(*args, **kwargs)
                except asyncio.CancelledError:
                    self.end(label, start, "cancelled")
                    raise
                except Exception:
                    self.end(label, start, "error")
                    raise
                return self.finish(result, label, start)

            return async_wrapper

        @functools.wraps(handler)
        def wrapper(*args, **kwargs):
            label = self.label(route(*args, **kwargs))
            start = self.begin(label)
            try:
                result = handler(*args, **kwargs)
            except Exception:
                self.end(label, start, "error")
                raise
            return self.finish(result, label, start)

        return wrapper

    def finish(self, result, label, start):
        if inspect.isgenerator(result):
            return self.stream(result, label, start)
        if inspect.isasyncgen(result):
            return self.async_stream(result, label, start)
        self.end(label, start, "ok")
        return result

    def stream(self, items, label, start):
        try:
            for item in items:
                yield item
        except GeneratorExit:
            self.end(label, start, "cancelled")
            raise
        except Exception:
            self.end(label, start, "error")
            raise
        self.end(label, start, "ok")

    async def async_stream(self, items, label, start):
        try:
            async for item in items:
                yield item
        except (GeneratorExit, asyncio.CancelledError):
            self.end(label, start, "cancelled")
            raise
        except Exception:
            self.end(label, start, "error")
            raise
        self.end(label, start, "ok")

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        lines = ["# TYPE requests_in_flight gauge"]
        for route, value in self.in_flight.items():
            lines.append(f'requests_in_flight{{route="{escape(route)}"}} {value}')
        lines.append("# TYPE requests_total counter")
        for (route, outcome), value in self.total.items():
            lines.append(f'requests_total{{route="{escape(route)}",outcome="{outcome}"}} {value}')
        lines.append("# TYPE request_duration_seconds histogram")
        for route, counts in self.bucket_counts.items():
            name = escape(route)
            for bound, count in zip(self.buckets, counts):
                lines.append(f'request_duration_seconds_bucket{{route="{name}",le="{bound}"}} {count}')
            lines.append(f'request_duration_seconds_bucket{{route="{name}",le="+Inf"}} {self.counts[route]}')
            lines.append(f'request_duration_seconds_sum{{route="{name}"}} {self.sums[route]}')
            lines.append(f'request_duration_seconds_count{{route="{name}"}} {self.counts[route]}')
        return "\n".join(lines) + "\n"


def escape(text):
    return text.replace('"', '\\"').replace("\n", "\\n")


class Sample:
    """The values of two counters at one time."""

    def __init__(self, at: int, total: int, errors: int) -> None:
        self.at = at
        self.total = total
        self.errors = errors


class Rule:
    """When to raise an alert, and when to withdraw it."""

    def __init__(
        self, *, budget: Fraction, factor: Fraction, long: int, short: int, gap: int, hold: int, keep: int
    ) -> None:
        if not 0 < short < long:
            raise ValueError("short must be shorter than long")
        self.budget = budget
        self.factor = factor
        self.long = long
        self.short = short
        self.gap = gap
        self.hold = hold
        self.keep = keep


def burns(rule, samples, window):
    """Does the window that ends at the last sample burn?"""
    now = samples[-1].at
    total = 0
    errors = 0
    for old, new in zip(samples, samples[1:]):
        if old.at < now - window:
            continue
        if new.at - old.at > rule.gap:
            continue
        if new.total < old.total or new.errors < old.errors:
            # the counters were reset
            total += new.total
            errors += new.errors
        else:
            total += new.total - old.total
            errors += new.errors - old.errors
    if total == 0:
        return False
    return errors / total >= rule.factor * rule.budget


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Return the alert's state at each sample."""
    result = []
    seen = []
    state = "inactive"
    last_condition = None
    since = 0
    for sample in samples:
        seen.append(sample)
        condition = burns(rule, seen, rule.long) and burns(rule, seen, rule.short)
        if condition != last_condition:
            since = sample.at
            last_condition = condition
        age = sample.at - since
        if condition:
            if age >= rule.hold:
                state = "firing"
            elif state != "firing":
                state = "pending"
        elif state == "firing":
            if age >= rule.keep:
                state = "inactive"
        else:
            state = "inactive"
        result.append((sample.at, state))
    return result
