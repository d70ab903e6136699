"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from fractions import Fraction
from functools import partial
from typing import Any, assert_type

from monitoring import Registry, Rule, Sample, State, evaluate


def greet(name: str, *, loudly: bool = False) -> int:
    return len(name) + loudly


async def fetch(path: str) -> bytes:
    return path.encode()


def lines(path: str) -> Iterator[str]:
    yield path


async def chunks(path: str) -> AsyncIterator[bytes]:
    yield path.encode()


class Handler:
    def __call__(self, path: str) -> list[str]:
        return [path]


def by_name(name: str, *, loudly: bool = False) -> str:
    return name


def by_path(path: str) -> str:
    return path


def numbered(path: str) -> int:
    return len(path)


def registering(clock: Callable[[], float]) -> str:
    registry = Registry(buckets=[0.5, 1, 2.5], max_routes=10, clock=clock)
    Registry(buckets=(0.5,), max_routes=10, clock=clock)
    Registry(buckets="0.5", max_routes=10, clock=clock)  # type: ignore[arg-type]
    Registry(buckets=[0.5], max_routes="10", clock=clock)  # type: ignore[arg-type]
    Registry(buckets=[0.5], max_routes=10, clock=1.0)  # type: ignore[arg-type]
    assert_type(registry.exposition(), str)
    return registry.exposition()


async def instrumenting(registry: Registry) -> None:
    greeted = registry.instrument(greet, route=by_name)
    assert_type(greeted("Ada", loudly=True), int)
    greeted(3)  # type: ignore[arg-type]
    fetched = registry.instrument(fetch, route=by_path)
    assert_type(await fetched("/"), bytes)
    coroutine: Coroutine[Any, Any, bytes] = fetched("/")
    await coroutine
    assert_type(registry.instrument(lines, route=by_path)("/"), Iterator[str])
    assert_type(registry.instrument(chunks, route=by_path)("/"), AsyncIterator[bytes])
    assert_type(registry.instrument(Handler(), route=by_path)("/"), list[str])
    assert_type(registry.instrument(partial(greet, "Ada"), route=lambda *args, **kwargs: "/")(), int)
    assert_type(registry.instrument(numbered, route=lambda path: path)("/"), int)
    registry.instrument(numbered, route=numbered)  # type: ignore[arg-type]
    registry.instrument(lines, route="/")  # type: ignore[arg-type]
    registry.instrument(3, route=by_path)  # type: ignore[arg-type]


def alerting(samples: Iterator[Sample]) -> list[tuple[int, State]]:
    rule = Rule(budget=Fraction(1, 100), factor=Fraction(14), long=3600, short=300, gap=60, hold=120, keep=300)
    Rule(budget="1", factor=Fraction(14), long=3600, short=300, gap=60, hold=120, keep=300)  # type: ignore[arg-type]
    assert_type(rule.budget, Fraction)
    assert_type(rule.factor, Fraction)
    assert_type(rule.long, int)
    assert_type(rule.short, int)
    assert_type(rule.gap, int)
    assert_type(rule.hold, int)
    assert_type(rule.keep, int)
    sample = Sample(30, total=1000, errors=7)
    assert_type(sample.at, int)
    assert_type(sample.total, int)
    assert_type(sample.errors, int)
    Sample("30", 1000, 7)  # type: ignore[arg-type]
    evaluate(rule, [sample, (30, 1000, 7)])  # type: ignore[list-item]
    evaluate(rule, [3])  # type: ignore[list-item]
    evaluate(sample, [sample])  # type: ignore[arg-type]
    pending: State = "pending"
    resolved: State = "resolved"  # type: ignore[assignment]
    answer = evaluate(rule, samples)
    assert_type(answer, list[tuple[int, State]])
    return [*answer, (30, pending), (60, resolved)]
