"""Retry, rate limit and memoise, for functions, methods and coroutine functions.

Each decorator is a rule: a small class that says what happens instead of a plain call, once for functions and once for
coroutine functions. `_decorator` makes one rule for each function that is decorated and keeps the function's identity.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
Exceptions: TypeAlias = type[BaseException] | tuple[type[BaseException], ...]
Async: TypeAlias = Callable[P, Coroutine[Any, Any, R]]


class Clock(Protocol):
    """Where the decorators get their time from."""

    def time(self) -> float:
        """Seconds from any origin, never backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block for so long."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let other tasks run for so long."""
        ...


class _SystemClock:
    def time(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


_SYSTEM: Clock = _SystemClock()


class RateLimitExceeded(Exception):
    """The call was refused. `retry_after` says in how many seconds the next would go through."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"rate limit exceeded, retry after {retry_after:g} s")
        self.retry_after = retry_after


class _Rule(Protocol):
    """What a decorator does instead of a plain call. One is made for each function that is decorated."""

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...

    async def call_async(self, function: Async[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...


def _decorator(make_rule: Callable[[Callable[..., Any]], _Rule]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        rule = make_rule(function)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            return rule.call(function, *args, **kwargs)

        @functools.wraps(function)
        async def wrapper_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            return await rule.call_async(cast("Async[P, Any]", function), *args, **kwargs)

        return cast("Callable[P, R]", wrapper_async) if inspect.iscoroutinefunction(function) else wrapper

    return decorate


def _insist(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(what)


@dataclass(slots=True)
class _Retry:
    times: int
    on: Exceptions
    delay: float
    factor: float
    clock: Clock

    def pauses(self) -> Iterator[float]:
        """One for each attempt."""
        return (self.delay * self.factor**attempt for attempt in range(self.times))

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        last: BaseException = AssertionError()
        for pause in self.pauses():
            try:
                return function(*args, **kwargs)
            except self.on as error:
                last = error
                if pause:
                    self.clock.sleep(pause)
        raise last

    async def call_async(self, function: Async[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        last: BaseException = AssertionError()
        for pause in self.pauses():
            try:
                return await function(*args, **kwargs)
            except self.on as error:
                last = error
                if pause:
                    await self.clock.sleep_async(pause)
        raise last


def retry(
    times: int, *, on: Exceptions = Exception, delay: float = 0.0, factor: float = 1.0, clock: Clock = _SYSTEM
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Call the function up to `times` times, with growing pauses in between."""
    _insist(times >= 1, f"times must be at least 1, got {times}")
    _insist(delay >= 0, f"delay must not be negative, got {delay}")
    return _decorator(lambda _: _Retry(times, on, delay, factor, clock))


@dataclass(slots=True)
class _RateLimit:
    calls: int
    per: float
    clock: Clock
    passed: deque[float] = field(default_factory=deque)
    """When the latest calls went through, oldest first."""

    def enter(self) -> None:
        now = self.clock.time()
        while self.passed and self.passed[0] <= now - self.per:
            self.passed.popleft()
        if len(self.passed) >= self.calls:
            raise RateLimitExceeded(self.passed[0] + self.per - now)
        self.passed.append(now)

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.enter()
        return function(*args, **kwargs)

    async def call_async(self, function: Async[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.enter()
        return await function(*args, **kwargs)


def rate_limit(calls: int, *, per: float, clock: Clock = _SYSTEM) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let at most `calls` calls through within any `per` seconds; refuse the others."""
    _insist(calls >= 1, f"calls must be at least 1, got {calls}")
    _insist(per > 0, f"per must be positive, got {per}")
    return _decorator(lambda _: _RateLimit(calls, per, clock))


class _Result(NamedTuple):
    value: Any
    made: float


@dataclass(slots=True)
class _Cache:
    """Results by key, the one that was not used for the longest time first; and the calls that are under way."""

    max_size: int | None
    ttl: float | None
    clock: Clock
    results: OrderedDict[Hashable, _Result] = field(default_factory=OrderedDict)
    running: dict[Hashable, asyncio.Future[Any]] = field(default_factory=dict)

    def find(self, key: Hashable) -> _Result | None:
        found = self.results.get(key)
        if found is None or self._is_stale(found):
            return None
        self.results.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: Any) -> None:
        self.results[key] = _Result(value, self.clock.time())
        self.results.move_to_end(key)
        if self.max_size is not None and len(self.results) > self.max_size:
            self.results.popitem(last=False)

    def _is_stale(self, result: _Result) -> bool:
        return self.ttl is not None and self.clock.time() - result.made >= self.ttl


class _Memoise:
    def __init__(self, function: Callable[..., Any], make_cache: Callable[[], _Cache], *, per_instance: bool) -> None:
        self._signature = inspect.signature(function)
        self._make_cache = make_cache
        self._shared = None if per_instance else make_cache()
        self._name = f"_memoised_{function.__name__}_{id(self)}"

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        cache, key = self._locate(*args, **kwargs)
        if not _is_hashable(key):
            return function(*args, **kwargs)
        found = cache.find(key)
        if found is None:
            cache.keep(key, function(*args, **kwargs))
            found = cache.results[key]
        return cast("R", found.value)

    async def call_async(self, function: Async[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        cache, key = self._locate(*args, **kwargs)
        if not _is_hashable(key):
            return await function(*args, **kwargs)
        found = cache.find(key)
        if found is not None:
            return cast("R", found.value)
        if key in cache.running:
            return cast("R", await cache.running[key])
        running: asyncio.Future[R] = asyncio.ensure_future(function(*args, **kwargs))
        cache.running[key] = running
        try:
            cache.keep(key, await running)
        finally:
            del cache.running[key]
        return running.result()

    def _locate(self, *args: Any, **kwargs: Any) -> tuple[_Cache, tuple[Any, ...]]:
        """The cache that this call belongs to, and the values of the parameters."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = tuple(bound.arguments.values())
        if self._shared is not None:
            return self._shared, values
        caches: dict[str, _Cache] = vars(values[0])
        if self._name not in caches:
            caches[self._name] = self._make_cache()
        return caches[self._name], values[1:]


def _is_hashable(key: tuple[Any, ...]) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


def memoise(
    *, max_size: int | None = None, ttl: float | None = None, per_instance: bool = False, clock: Clock = _SYSTEM
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep results by the values of the parameters."""
    _insist(max_size is None or max_size >= 1, f"max_size must be at least 1, got {max_size}")
    _insist(ttl is None or ttl > 0, f"ttl must be positive, got {ttl}")
    make_cache = functools.partial(_Cache, max_size, ttl, clock)
    return _decorator(lambda function: _Memoise(function, make_cache, per_instance=per_instance))
