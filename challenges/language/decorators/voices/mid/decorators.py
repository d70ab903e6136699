"""retry, rate_limit and memoise."""

import asyncio
import inspect
import time
from collections import OrderedDict, deque
from functools import wraps
from typing import Any, Callable, Optional, ParamSpec, Protocol, Tuple, Type, TypeVar, Union, cast
from weakref import WeakKeyDictionary

P = ParamSpec("P")
R = TypeVar("R")

ExceptionTypes = Union[Type[BaseException], Tuple[Type[BaseException], ...]]


class Clock(Protocol):
    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class RealClock:
    def time(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


REAL_CLOCK = RealClock()


class RateLimitExceeded(Exception):
    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many calls, try again in {retry_after:.3f} s")
        self.retry_after = retry_after


def retry(
    times: int,
    *,
    on: ExceptionTypes = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock = REAL_CLOCK,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    if times < 1:
        raise ValueError("times must be at least 1")
    if delay < 0:
        raise ValueError("delay must not be negative")

    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(func):

            @wraps(func)
            async def async_wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                for attempt in range(times):
                    try:
                        return await func(*args, **kwargs)
                    except on:
                        if attempt == times - 1:
                            raise
                        pause = delay * factor**attempt
                        if pause > 0:
                            await clock.sleep_async(pause)

            return cast(Callable[P, R], async_wrapper)

        @wraps(func)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            attempt = 0
            while True:
                try:
                    return func(*args, **kwargs)
                except on:
                    attempt += 1
                    if attempt >= times:
                        raise
                    pause = delay * factor ** (attempt - 1)
                    if pause > 0:
                        clock.sleep(pause)

        return wrapper

    return decorator


def rate_limit(
    calls: int, *, per: float, clock: Clock = REAL_CLOCK
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    if calls < 1:
        raise ValueError("calls must be at least 1")
    if per <= 0:
        raise ValueError("per must be positive")

    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        recent: deque[float] = deque()

        def check() -> None:
            now = clock.time()
            while recent and now - recent[0] >= per:
                recent.popleft()
            if len(recent) >= calls:
                raise RateLimitExceeded(per - (now - recent[0]))
            recent.append(now)

        if inspect.iscoroutinefunction(func):

            @wraps(func)
            async def async_wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                check()
                return await func(*args, **kwargs)

            return cast(Callable[P, R], async_wrapper)

        @wraps(func)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            check()
            return func(*args, **kwargs)

        return wrapper

    return decorator


class _Cache:
    """Results with the time at which they were stored."""

    def __init__(self, max_size: Optional[int], ttl: Optional[float], clock: Clock) -> None:
        self.max_size = max_size
        self.ttl = ttl
        self.clock = clock
        self.entries: OrderedDict[Any, Tuple[Any, float]] = OrderedDict()

    def lookup(self, key: Any) -> Tuple[bool, Any]:
        if key not in self.entries:
            return False, None
        value, stored = self.entries[key]
        if self.ttl is not None and self.clock.time() - stored > self.ttl:
            del self.entries[key]
            return False, None
        self.entries.move_to_end(key)
        return True, value

    def store(self, key: Any, value: Any) -> None:
        self.entries[key] = (value, self.clock.time())
        if self.max_size is not None and len(self.entries) > self.max_size:
            self.entries.popitem(last=False)


def memoise(
    *,
    max_size: Optional[int] = None,
    ttl: Optional[float] = None,
    per_instance: bool = False,
    clock: Clock = REAL_CLOCK,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    if max_size is not None and max_size < 1:
        raise ValueError("max_size must be at least 1")
    if ttl is not None and ttl <= 0:
        raise ValueError("ttl must be positive")

    def decorator(func: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(func)
        shared = _Cache(max_size, ttl, clock)
        caches: WeakKeyDictionary[Any, _Cache] = WeakKeyDictionary()

        def find(args: Any, kwargs: Any) -> Tuple[_Cache, Any]:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            values = tuple(bound.arguments.values())
            if not per_instance:
                return shared, values
            instance = values[0]
            if instance not in caches:
                caches[instance] = _Cache(max_size, ttl, clock)
            return caches[instance], values[1:]

        if inspect.iscoroutinefunction(func):

            @wraps(func)
            async def async_wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                cache, key = find(args, kwargs)
                try:
                    found, value = cache.lookup(key)
                except TypeError:
                    return await func(*args, **kwargs)
                if not found:
                    value = await func(*args, **kwargs)
                    cache.store(key, value)
                return value

            return cast(Callable[P, R], async_wrapper)

        @wraps(func)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            cache, key = find(args, kwargs)
            try:
                found, value = cache.lookup(key)
            except TypeError:
                return func(*args, **kwargs)
            if not found:
                value = func(*args, **kwargs)
                cache.store(key, value)
            return cast(R, value)

        return wrapper

    return decorator
