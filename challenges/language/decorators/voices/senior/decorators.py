"""Retry, rate limit and memoise, for functions, methods and coroutine functions. All state belongs to one function."""

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


class _Entry:
    """A kept result, or a call in progress whose result others wait for."""

    __slots__ = ("future", "made", "result")

    def __init__(self, *, result: Any = None, made: float = 0.0, future: asyncio.Future[Any] | None = None) -> None:
        self.result = result
        self.made = made
        self.future = future


class _Cache:
    """Results of one function, or of one function and instance; the one that was used last stands last."""

    def __init__(self, max_size: int | None, ttl: float | None, clock: Clock) -> None:
        self._entries: OrderedDict[Any, _Entry] = OrderedDict()
        self._max_size = max_size
        self._ttl = ttl
        self._clock = clock

    def find(self, key: Any) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.future is None and self._ttl is not None and self._clock.time() >= entry.made + self._ttl:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: Any, result: Any) -> None:
        self._entries[key] = _Entry(result=result, made=self._clock.time())
        self._entries.move_to_end(key)
        if self._max_size is not None and len(self._entries) > self._max_size:
            self._entries.popitem(last=False)

    def begin(self, key: Any, future: asyncio.Future[Any]) -> None:
        self._entries[key] = _Entry(future=future)

    def drop(self, key: Any) -> None:
        self._entries.pop(key, None)


class _Memo:
    """Finds the cache and the key of a call."""

    def __init__(self, function: Callable[..., Any], new_cache: Callable[[], _Cache], *, per_instance: bool) -> None:
        self._signature = inspect.signature(function)
        self._new_cache = new_cache
        self._shared = new_cache()
        self._attribute = f" memoised {function.__qualname__} {id(self)}" if per_instance else ""

    def place(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[_Cache, Any] | None:
        """The cache and the key of a call; None when it cannot be kept."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = list(bound.arguments.values())
        cache = self._shared
        if self._attribute:
            own = values.pop(0).__dict__
            if self._attribute not in own:
                own[self._attribute] = self._new_cache()
            cache = own[self._attribute]
        key = tuple(values)
        try:
            hash(key)
        except TypeError:
            return None
        return cache, key


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
        raise ValueError("ttl must be above 0")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        memo = _Memo(function, lambda: _Cache(max_size, ttl, clock), per_instance=per_instance)
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _memoised_async(function, memo))

        @functools.wraps(function)
        def memoised(*args: P.args, **kwargs: P.kwargs) -> R:
            place = memo.place(args, kwargs)
            if place is None:
                return function(*args, **kwargs)
            cache, key = place
            entry = cache.find(key)
            if entry is not None:
                return cast("R", entry.result)
            result = function(*args, **kwargs)
            cache.keep(key, result)
            return result

        return memoised

    return decorate


def _memoised_async(function: Callable[..., Any], memo: _Memo) -> Callable[..., Any]:
    @functools.wraps(function)
    async def memoised(*args: Any, **kwargs: Any) -> Any:
        place = memo.place(args, kwargs)
        if place is None:
            return await function(*args, **kwargs)
        cache, key = place
        entry = cache.find(key)
        if entry is not None:
            return await entry.future if entry.future is not None else entry.result
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        cache.begin(key, future)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            cache.drop(key)
            future.set_exception(error)
            future.exception()  # nobody may have waited for it
            raise
        cache.keep(key, result)
        future.set_result(result)
        return result

    return memoised
