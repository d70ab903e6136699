"""Retry, rate limit and memoise, for functions, methods and coroutine functions."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class Clock(Protocol):
    """Where the decorators get their time from."""

    def time(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    async def sleep_async(self, seconds: float) -> None: ...


class SystemClock:
    """The system's time."""

    def time(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SYSTEM = SystemClock()


class RateLimitExceeded(Exception):
    """The call was refused."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"the next call would go through in {retry_after:g} s")
        self.retry_after = retry_after


def retry(
    times: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock = SYSTEM,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Call the function up to `times` times."""
    if times < 1:
        raise ValueError("times must be at least 1")
    if delay < 0:
        raise ValueError("delay must not be negative")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def retried_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                pause = delay
                for _ in range(times - 1):
                    try:
                        return await function(*args, **kwargs)
                    except on:
                        if pause:
                            await clock.sleep_async(pause)
                        pause *= factor
                return await function(*args, **kwargs)

            return cast("Callable[P, R]", retried_async)

        @functools.wraps(function)
        def retried(*args: P.args, **kwargs: P.kwargs) -> R:
            pause = delay
            for _ in range(times - 1):
                try:
                    return function(*args, **kwargs)
                except on:
                    if pause:
                        clock.sleep(pause)
                    pause *= factor
            return function(*args, **kwargs)

        return retried

    return decorate


def rate_limit(calls: int, *, per: float, clock: Clock = SYSTEM) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let at most `calls` calls through within `per` seconds."""
    if calls < 1:
        raise ValueError("calls must be at least 1")
    if per <= 0:
        raise ValueError("per must be positive")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        passed: deque[float] = deque()

        def admit() -> None:
            now = clock.time()
            while passed and passed[0] <= now - per:
                passed.popleft()
            if len(passed) >= calls:
                raise RateLimitExceeded(passed[0] + per - now)
            passed.append(now)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def limited_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                admit()
                return await function(*args, **kwargs)

            return cast("Callable[P, R]", limited_async)

        @functools.wraps(function)
        def limited(*args: P.args, **kwargs: P.kwargs) -> R:
            admit()
            return function(*args, **kwargs)

        return limited

    return decorate


def memoise(
    *,
    max_size: int | None = None,
    ttl: float | None = None,
    per_instance: bool = False,
    clock: Clock = SYSTEM,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep results by the values of the parameters."""
    if max_size is not None and max_size < 1:
        raise ValueError("max_size must be at least 1")
    if ttl is not None and ttl <= 0:
        raise ValueError("ttl must be positive")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        shared: OrderedDict[Any, tuple[Any, float]] = OrderedDict()
        attribute = f"_memoised_{function.__name__}"

        def cache_and_key(args: Any, kwargs: Any) -> tuple[OrderedDict[Any, tuple[Any, float]], Any]:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            values = tuple(bound.arguments.values())
            if per_instance:
                cache = args[0].__dict__.setdefault(attribute, OrderedDict())
                return cache, values[1:]
            return shared, values

        def look_up(cache: OrderedDict[Any, tuple[Any, float]], key: Any) -> tuple[Any, float] | None:
            entry = cache.get(key)
            if entry is None or (ttl is not None and clock.time() - entry[1] >= ttl):
                return None
            cache.move_to_end(key)
            return entry

        def keep(cache: OrderedDict[Any, tuple[Any, float]], key: Any, result: Any) -> None:
            cache[key] = (result, clock.time())
            cache.move_to_end(key)
            if max_size is not None and len(cache) > max_size:
                cache.popitem(last=False)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def memoised_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                cache, key = cache_and_key(args, kwargs)
                try:
                    entry = look_up(cache, key)
                except TypeError:
                    return await function(*args, **kwargs)
                if entry is not None:
                    return entry[0]
                result = await function(*args, **kwargs)
                keep(cache, key, result)
                return result

            return cast("Callable[P, R]", memoised_async)

        @functools.wraps(function)
        def memoised(*args: P.args, **kwargs: P.kwargs) -> R:
            cache, key = cache_and_key(args, kwargs)
            try:
                entry = look_up(cache, key)
            except TypeError:
                return function(*args, **kwargs)
            if entry is not None:
                return cast("R", entry[0])
            result = function(*args, **kwargs)
            keep(cache, key, result)
            return result

        return memoised

    return decorate
