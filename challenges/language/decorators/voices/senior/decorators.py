"""Retry, rate limit and memoise, for functions, methods and coroutine functions.

Each decorator has its rule in one place (`_Attempts`, `_Window`, `_Memory`), which knows nothing of `async`. Around it
there are two thin wrappers, one for plain and one for coroutine functions.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Hashable, Iterator
from functools import wraps
from typing import Any, Final, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, cast

__all__ = ["Clock", "RateLimitExceeded", "memoise", "rate_limit", "retry"]

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")


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


_SYSTEM_CLOCK: Final[Clock] = _SystemClock()


class Decorator(Protocol):
    """Gives back a function of the same parameters and result."""

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]: ...


class RateLimitExceeded(Exception):
    """The call was refused. `retry_after` says in how many seconds the next would go through."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"too many calls: try again in {self.retry_after} seconds"


def _as_coroutine_function(function: Callable[P, Any]) -> Callable[P, Coroutine[Any, Any, Any]] | None:
    """The function itself, if it is a coroutine function."""
    return function if inspect.iscoroutinefunction(function) else None


# --- retry ---------------------------------------------------------------------------------------------------------


class _Attempts(NamedTuple):
    times: int
    on: type[BaseException] | tuple[type[BaseException], ...]
    delay: float
    factor: float
    clock: Clock

    def pauses(self) -> Iterator[float]:
        """The pauses between the attempts."""
        pause = self.delay
        for _ in range(self.times - 1):
            yield pause
            pause *= self.factor


def _try_again(function: Callable[P, R], attempts: _Attempts) -> Callable[P, R]:
    @wraps(function)
    def retrying(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in attempts.pauses():
            try:
                return function(*args, **kwargs)
            except attempts.on:
                pass
            if pause > 0:
                attempts.clock.sleep(pause)
        return function(*args, **kwargs)

    return retrying


def _try_awaiting_again(
    function: Callable[P, Coroutine[Any, Any, R]], attempts: _Attempts
) -> Callable[P, Coroutine[Any, Any, R]]:
    @wraps(function)
    async def retrying(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in attempts.pauses():
            try:
                return await function(*args, **kwargs)
            except attempts.on:
                pass
            if pause > 0:
                await attempts.clock.sleep_async(pause)
        return await function(*args, **kwargs)

    return retrying


def retry(
    times: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock | None = None,
) -> Decorator:
    """Call the function up to `times` times."""
    if times < 1:
        raise ValueError(f"times must be at least 1, not {times}")
    if delay < 0:
        raise ValueError(f"delay must not be below 0, but is {delay}")
    attempts = _Attempts(times, on, delay, factor, clock if clock is not None else _SYSTEM_CLOCK)

    def decorate(function: Callable[P, R], /) -> Callable[P, R]:
        coroutine_function = _as_coroutine_function(function)
        if coroutine_function is None:
            return _try_again(function, attempts)
        return cast("Callable[P, R]", _try_awaiting_again(coroutine_function, attempts))

    return decorate


# --- rate limit ----------------------------------------------------------------------------------------------------


class _Window:
    """When the last calls went through: no more of them than are allowed at a time."""

    def __init__(self, calls: int, per: float) -> None:
        self._per = per
        self._calls = calls
        self._passed: deque[float] = deque(maxlen=calls)

    def enter(self, now: float) -> None:
        """Let a call through or raise RateLimitExceeded."""
        if len(self._passed) == self._calls and self._passed[0] > now - self._per:
            raise RateLimitExceeded(self._wait(now))
        self._passed.append(now)

    def _wait(self, now: float) -> float:
        """Seconds after which `enter` lets a call through, in floating point as well."""
        oldest = self._passed[0]
        wait = oldest + self._per - now
        step = math.ulp(max(abs(now), abs(oldest), self._per))
        while oldest > now + wait - self._per:
            wait += step
        return wait


def _limit(function: Callable[P, R], window: _Window, clock: Clock) -> Callable[P, R]:
    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        window.enter(clock.time())
        return function(*args, **kwargs)

    return limited


def _limit_awaiting(
    function: Callable[P, Coroutine[Any, Any, R]], window: _Window, clock: Clock
) -> Callable[P, Coroutine[Any, Any, R]]:
    @wraps(function)
    async def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        window.enter(clock.time())
        return await function(*args, **kwargs)

    return limited


def rate_limit(calls: int, *, per: float, clock: Clock | None = None) -> Decorator:
    """Let at most `calls` calls through within `per` seconds."""
    if calls < 1:
        raise ValueError(f"calls must be at least 1, not {calls}")
    if not per > 0:
        raise ValueError(f"per must be above 0, but is {per}")
    ticks = clock if clock is not None else _SYSTEM_CLOCK

    def decorate(function: Callable[P, R], /) -> Callable[P, R]:
        window = _Window(calls, per)
        coroutine_function = _as_coroutine_function(function)
        if coroutine_function is None:
            return _limit(function, window, ticks)
        return cast("Callable[P, R]", _limit_awaiting(coroutine_function, window, ticks))

    return decorate


# --- memoise -------------------------------------------------------------------------------------------------------


class _Kept(Generic[V]):
    """A result and when it was returned."""

    __slots__ = ("result", "since")

    def __init__(self, result: V, since: float) -> None:
        self.result = result
        self.since = since


class _Rules(NamedTuple):
    max_size: int | None
    ttl: float | None
    clock: Clock

    def now(self) -> float:
        return 0.0 if self.ttl is None else self.clock.time()


class _Memory(Generic[V]):
    """Results by key, the least recently used first, and the calls in progress."""

    def __init__(self, rules: _Rules) -> None:
        self._rules = rules
        self._kept: OrderedDict[Hashable, _Kept[V]] = OrderedDict()
        self.in_progress: dict[Hashable, asyncio.Future[V]] = {}

    def recall(self, key: Hashable) -> _Kept[V] | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._has_expired(kept, self._rules.now()):
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: Hashable, result: V) -> None:
        now = self._rules.now()
        self._kept[key] = _Kept(result, now)
        self._kept.move_to_end(key)
        if self._rules.max_size is not None and len(self._kept) > self._rules.max_size:
            self._kept.popitem(last=False)
        while self._kept and self._has_expired(next(iter(self._kept.values())), now):
            self._kept.popitem(last=False)

    def _has_expired(self, kept: _Kept[V], now: float) -> bool:
        return self._rules.ttl is not None and now >= kept.since + self._rules.ttl


_attribute_numbers = itertools.count()


class _Memories(Generic[V]):
    """Finds the memory for a call of a function: the only one, or that of the instance.

    An instance's memory is kept in its `__dict__` and nowhere else, so the two go together, also when a result refers
    to the instance.
    """

    def __init__(self, function: Callable[..., Any], rules: _Rules, per_instance: bool) -> None:
        self._signature = inspect.signature(function)
        self._rules = rules
        self._shared: _Memory[V] = _Memory(rules)
        self._attribute = f"_memoised_{next(_attribute_numbers)}" if per_instance else None

    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[_Memory[V], Hashable] | None:
        """The memory and the key of a call, or None if there is an argument that is not hashable."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = tuple(bound.arguments.values())
        memory = self._shared
        if self._attribute is not None:
            memory, values = self._memory_of(values[0], self._attribute), values[1:]
        try:
            hash(values)
        except TypeError:
            return None
        return memory, values

    def _memory_of(self, instance: object, attribute: str) -> _Memory[V]:
        attributes = vars(instance)
        if attribute not in attributes:
            attributes[attribute] = _Memory[V](self._rules)
        return cast("_Memory[V]", attributes[attribute])


def _remember(function: Callable[P, R], memories: _Memories[R]) -> Callable[P, R]:
    @wraps(function)
    def memoised(*args: P.args, **kwargs: P.kwargs) -> R:
        place = memories.find(args, kwargs)
        if place is None:
            return function(*args, **kwargs)
        memory, key = place
        kept = memory.recall(key)
        if kept is not None:
            return kept.result
        result = function(*args, **kwargs)
        memory.keep(key, result)
        return result

    return memoised


async def _shared_call(memory: _Memory[V], key: Hashable, call: Callable[[], Coroutine[Any, Any, V]]) -> V:
    """Make the call for all who ask for it until it is done."""
    outcome: asyncio.Future[V] = asyncio.get_running_loop().create_future()
    memory.in_progress[key] = outcome
    try:
        result = await call()
        memory.keep(key, result)
        outcome.set_result(result)
        return result
    except asyncio.CancelledError:
        outcome.cancel()
        raise
    except BaseException as error:
        outcome.set_exception(error)
        outcome.exception()  # it is raised here; nobody else needs to have waited for it
        raise
    finally:
        del memory.in_progress[key]


def _remember_awaited(
    function: Callable[P, Coroutine[Any, Any, R]], memories: _Memories[R]
) -> Callable[P, Coroutine[Any, Any, R]]:
    @wraps(function)
    async def memoised(*args: P.args, **kwargs: P.kwargs) -> R:
        place = memories.find(args, kwargs)
        if place is None:
            return await function(*args, **kwargs)
        memory, key = place
        kept = memory.recall(key)
        if kept is not None:
            return kept.result
        if key in memory.in_progress:
            return await asyncio.shield(memory.in_progress[key])
        return await _shared_call(memory, key, lambda: function(*args, **kwargs))

    return memoised


def memoise(
    *,
    max_size: int | None = None,
    ttl: float | None = None,
    per_instance: bool = False,
    clock: Clock | None = None,
) -> Decorator:
    """Keep results by the values of the parameters."""
    if max_size is not None and max_size < 1:
        raise ValueError(f"max_size must be at least 1, not {max_size}")
    if ttl is not None and not ttl > 0:
        raise ValueError(f"ttl must be above 0, but is {ttl}")
    rules = _Rules(max_size, ttl, clock if clock is not None else _SYSTEM_CLOCK)

    def decorate(function: Callable[P, R], /) -> Callable[P, R]:
        coroutine_function = _as_coroutine_function(function)
        if coroutine_function is None:
            return _remember(function, _Memories(function, rules, per_instance))
        memories: _Memories[Any] = _Memories(function, rules, per_instance)
        return cast("Callable[P, R]", _remember_awaited(coroutine_function, memories))

    return decorate
