"""Retry, rate limiting and memoisation for plain functions, methods and coroutine functions."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class Clock(Protocol):
    """Source of time for all decorators in this module."""

    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class RealClock:
    """The machine's monotonic clock."""

    def time(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


REAL_CLOCK = RealClock()


class RateLimitExceeded(Exception):
    """Too many calls; try again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many calls, retry after {retry_after} s")
        self.retry_after = retry_after


def retry(
    times: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock = REAL_CLOCK,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Retry a failing call, up to `times` attempts in all."""
    if times < 1:
        raise ValueError("times must be at least 1")
    if delay < 0:
        raise ValueError("delay must not be negative")

    def pauses() -> Iterator[float]:
        pause = delay
        for _ in range(times - 1):
            yield pause
            pause *= factor

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _retry_async(function, on, pauses, clock))
        return _retry_sync(function, on, pauses, clock)

    return decorate


def _retry_sync(
    function: Callable[P, R], on: Any, pauses: Callable[[], Iterator[float]], clock: Clock
) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in pauses():
            with suppress(on):
                return function(*args, **kwargs)
            if pause > 0:
                clock.sleep(pause)
        return function(*args, **kwargs)

    return wrapper


def _retry_async(
    function: Callable[P, Any], on: Any, pauses: Callable[[], Iterator[float]], clock: Clock
) -> Callable[P, Any]:
    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
        for pause in pauses():
            with suppress(on):
                return await function(*args, **kwargs)
            if pause > 0:
                await clock.sleep_async(pause)
        return await function(*args, **kwargs)

    return wrapper


def rate_limit(
    calls: int, *, per: float, clock: Clock = REAL_CLOCK
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse calls beyond `calls` within any `per` seconds."""
    if calls < 1:
        raise ValueError("calls must be at least 1")
    if per <= 0:
        raise ValueError("per must be positive")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        accepted: list[float] = []

        def admit() -> None:
            now = clock.time()
            accepted[:] = [moment for moment in accepted if moment > now - per]
            if len(accepted) >= calls:
                raise RateLimitExceeded(accepted[0] + per - now)
            accepted.append(now)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            admit()
            return function(*args, **kwargs)

        @functools.wraps(function)
        async def wrapper_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            admit()
            return await cast("Callable[P, Any]", function)(*args, **kwargs)

        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", wrapper_async)
        return wrapper

    return decorate


class Cache:
    """Results of one function, or of one function on one instance."""

    def __init__(self, max_size: int | None, ttl: float | None, clock: Clock) -> None:
        self._max_size = max_size
        self._ttl = ttl
        self._clock = clock
        self._results: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self.pending: dict[Any, asyncio.Future[Any]] = {}

    def __contains__(self, key: Any) -> bool:
        if key not in self._results:
            return False
        return self._ttl is None or self._clock.time() < self._results[key][0] + self._ttl

    def get(self, key: Any) -> Any:
        self._results.move_to_end(key)
        return self._results[key][1]

    def put(self, key: Any, value: Any) -> Any:
        self._results[key] = (self._clock.time(), value)
        self._results.move_to_end(key)
        if self._max_size is not None and len(self._results) > self._max_size:
            self._results.popitem(last=False)
        return value


def memoise(
    *,
    max_size: int | None = None,
    ttl: float | None = None,
    per_instance: bool = False,
    clock: Clock = REAL_CLOCK,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep results, keyed by the values of the parameters."""
    if max_size is not None and max_size < 1:
        raise ValueError("max_size must be at least 1")
    if ttl is not None and ttl <= 0:
        raise ValueError("ttl must be positive")

    def new_cache() -> Cache:
        return Cache(max_size, ttl, clock)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        locate = _Locator(function, new_cache, per_instance)
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _memoise_async(function, locate))
        return _memoise_sync(function, locate)

    return decorate


class _Locator:
    """Finds the cache and the key of a call."""

    def __init__(self, function: Callable[..., Any], new_cache: Callable[[], Cache], per_instance: bool) -> None:
        self._signature = inspect.signature(function)
        self._new_cache = new_cache
        self._shared = None if per_instance else new_cache()
        self._slot = f"_cache_of_{function.__qualname__}"

    def __call__(self, args: Any, kwargs: Any) -> tuple[Cache, tuple[Any, ...] | None]:
        """The key is None when an argument cannot be hashed."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = list(bound.arguments.values())
        cache = self._shared or self._of(values.pop(0))
        try:
            hash(tuple(values))
        except TypeError:
            return cache, None
        return cache, tuple(values)

    def _of(self, instance: Any) -> Cache:
        cache: Cache = instance.__dict__.setdefault(self._slot, self._new_cache())
        return cache


def _memoise_sync(function: Callable[P, R], locate: _Locator) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        cache, key = locate(args, kwargs)
        if key is None:
            return function(*args, **kwargs)
        if key in cache:
            return cast("R", cache.get(key))
        return cast("R", cache.put(key, function(*args, **kwargs)))

    return wrapper


def _memoise_async(function: Callable[P, Any], locate: _Locator) -> Callable[P, Any]:
    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
        cache, key = locate(args, kwargs)
        if key is None:
            return await function(*args, **kwargs)
        if key in cache:
            return cache.get(key)
        if key not in cache.pending:
            cache.pending[key] = asyncio.ensure_future(function(*args, **kwargs))
            cache.pending[key].add_done_callback(lambda _: cache.pending.pop(key))
        return cache.put(key, await cache.pending[key])

    return wrapper
