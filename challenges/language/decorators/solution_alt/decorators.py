"""Retry, rate limit and memoise as plain closures; one core per decorator, written once as a coroutine.

The core of each decorator is a coroutine. For coroutine functions it is awaited; for plain functions it is driven by
hand, and never suspends since then nothing in it does.
"""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import (
    Any,
    ParamSpec,
    Protocol,
    TypeVar,
)

__all__ = ["Clock", "RateLimitExceeded", "memoise", "rate_limit", "retry"]

Params = ParamSpec("Params")
Result = TypeVar("Result")
Step = Callable[[], Awaitable[Any]]
Core = Callable[[Step, tuple[Any, ...], dict[str, Any]], Coroutine[Any, Any, Any]]


class Clock(Protocol):
    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class RateLimitExceeded(Exception):
    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after)


class SystemClock:
    time = staticmethod(time.monotonic)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that does not suspend."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a plain function cannot wait")


def build(
    function: Callable[Params, Result], core: Callable[..., Coroutine[Any, Any, Any]]
) -> Callable[Params, Result]:
    called: Any = function
    wrapper: Any
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wrapped_async(*args: Any, **kwargs: Any) -> Any:
            return await core(lambda: called(*args, **kwargs), args, kwargs)

        wrapper = wrapped_async
    else:

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            async def step() -> Any:
                return called(*args, **kwargs)

            return drive(core(step, args, kwargs))

        wrapper = wrapped
    result: Callable[Params, Result] = wrapper
    return result


def retry(
    times: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock = SystemClock(),
) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Try again."""
    if times < 1 or delay < 0:
        raise ValueError("times must be 1 or more and delay 0 or more")

    def decorator(function: Callable[Params, Result]) -> Callable[Params, Result]:
        waits = inspect.iscoroutinefunction(function)

        async def pause(seconds: float) -> None:
            if seconds > 0 and waits:
                await clock.sleep_async(seconds)
            elif seconds > 0:
                clock.sleep(seconds)

        async def core(step: Step, args: Any, kwargs: Any) -> Any:
            wait = delay
            left = times
            while True:
                left -= 1
                try:
                    return await step()
                except on:
                    if left == 0:
                        raise
                await pause(wait)
                wait *= factor

        return build(function, core)

    return decorator


def rate_limit(
    calls: int, *, per: float, clock: Clock = SystemClock()
) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Refuse what comes too fast."""
    if calls < 1 or per <= 0:
        raise ValueError("calls must be 1 or more and per above 0")

    def decorator(function: Callable[Params, Result]) -> Callable[Params, Result]:
        ends: list[float] = []

        async def core(step: Step, args: Any, kwargs: Any) -> Any:
            now = clock.time()
            ends[:] = [end for end in ends if end > now]
            if len(ends) == calls:
                raise RateLimitExceeded(min(ends) - now)
            ends.append(now + per)
            return await step()

        return build(function, core)

    return decorator


class Store:
    """Results in a plain dict, whose order is the order of use."""

    def __init__(self, max_size: int | None, ttl: float | None, clock: Clock) -> None:
        self.max_size, self.ttl, self.clock = max_size, ttl, clock
        self.entries: dict[Any, tuple[float, Any]] = {}
        self.pending: dict[Any, asyncio.Future[Any]] = {}

    def fresh(self, key: Any) -> bool:
        if key not in self.entries:
            return False
        return self.ttl is None or self.clock.time() < self.entries[key][0] + self.ttl

    def use(self, key: Any) -> Any:
        entry = self.entries.pop(key)
        self.entries[key] = entry
        return entry[1]

    async def fill(self, key: Any, step: Step) -> Any:
        value = await step()
        self.entries.pop(key, None)
        self.entries[key] = self.clock.time(), value
        if self.max_size is not None and len(self.entries) > self.max_size:
            del self.entries[next(iter(self.entries))]
        return value

    async def shared(self, key: Any, step: Step) -> Any:
        """Like fill, but those who come meanwhile wait for the first."""
        if key not in self.pending:
            task = self.pending[key] = asyncio.ensure_future(self.fill(key, step))
            task.add_done_callback(lambda _: self.pending.pop(key))
        return await self.pending[key]


def memoise(
    *,
    max_size: int | None = None,
    ttl: float | None = None,
    per_instance: bool = False,
    clock: Clock = SystemClock(),
) -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Remember results."""
    if max_size is not None and max_size < 1:
        raise ValueError("max_size must be 1 or more")
    if ttl is not None and ttl <= 0:
        raise ValueError("ttl must be above 0")

    def decorator(function: Callable[Params, Result]) -> Callable[Params, Result]:
        names = list(inspect.signature(function).parameters.values())
        common = Store(max_size, ttl, clock)
        waits = inspect.iscoroutinefunction(function)
        attribute = f"__memo {function.__qualname__} {id(common)}"

        def key_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
            rest = [kwargs.get(each.name, each.default) for each in names[len(args) :]]
            return [*args, *rest]

        def find(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Store, Any]:
            key = key_of(args, kwargs)
            if not per_instance:
                return common, tuple(key)
            owner = key.pop(0)
            return owner.__dict__.setdefault(attribute, Store(max_size, ttl, clock)), tuple(key)

        async def core(step: Step, args: Any, kwargs: Any) -> Any:
            store, key = find(args, kwargs)
            try:
                fresh = store.fresh(key)
            except TypeError:
                return await step()
            if fresh:
                return store.use(key)
            return await (store.shared(key, step) if waits else store.fill(key, step))

        return build(function, core)

    return decorator
