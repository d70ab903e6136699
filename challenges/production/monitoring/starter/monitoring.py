"""Instrumented handlers for Prometheus, and burn-rate alerts. README.md says what each part promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

State = Literal["inactive", "pending", "firing"]


class Registry:
    """Counts the requests of its handlers, and tells Prometheus."""

    def __init__(self, *, buckets: Sequence[float], max_routes: int, clock: Callable[[], float]) -> None:
        raise NotImplementedError

    def instrument(self, handler: Callable[P, R], *, route: Callable[P, str]) -> Callable[P, R]:
        """Return a function that is called like the handler, and counts."""
        raise NotImplementedError

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        raise NotImplementedError


class Sample:
    """The values of two counters at one time. Still to do: its fields."""

    def __init__(self, at: int, total: int, errors: int) -> None:
        raise NotImplementedError


class Rule:
    """When to raise an alert, and when to withdraw it. Still to do: its fields."""

    def __init__(
        self, *, budget: Fraction, factor: Fraction, long: int, short: int, gap: int, hold: int, keep: int
    ) -> None:
        raise NotImplementedError


def evaluate(rule: Rule, samples: Iterable[Sample]) -> list[tuple[int, State]]:
    """Return the alert's state at each sample."""
    raise NotImplementedError
