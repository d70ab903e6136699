"""A circuit breaker as three small state objects behind one lock; a retry loop and a fallback on top."""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable
from threading import RLock
from typing import Literal, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Outcome = Literal["success", "failure", "ignored"]


class State(enum.Enum):
    CLOSED = enum.auto()
    OPEN = enum.auto()
    HALF_OPEN = enum.auto()


class CircuitOpenError(Exception):
    def __init__(self, name: str, retry_after: float) -> None:
        self.name = name
        self.retry_after = retry_after
        super().__init__(name, retry_after)


class Metrics(Protocol):
    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None: ...

    def call_refused(self, breaker: str, retry_after: float) -> None: ...

    def state_changed(self, breaker: str, old: State, new: State) -> None: ...


class _Silent:
    """The metrics of a breaker without metrics."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None:
        return

    def call_refused(self, breaker: str, retry_after: float) -> None:
        return

    def state_changed(self, breaker: str, old: State, new: State) -> None:
        return


class _Closed:
    """Lets everything in and counts failures in a row."""

    state = State.CLOSED

    def __init__(self, threshold: int) -> None:
        self.left = self.threshold = threshold

    def refusal(self, now: float) -> float | None:
        return None

    def succeeded(self) -> State | None:
        self.left = self.threshold
        return None

    def failed(self) -> State | None:
        self.left -= 1
        return State.OPEN if self.left == 0 else None

    def ignored(self) -> State | None:
        return None


class _Open:
    """Lets nothing in until a moment has come. It never has a call of its own in flight."""

    state = State.OPEN

    def __init__(self, until: float) -> None:
        self.until = until

    def refusal(self, now: float) -> float | None:
        return self.until - now if now < self.until else None

    def succeeded(self) -> State | None:
        raise AssertionError("an open circuit lets no call in")

    failed = ignored = succeeded


class _HalfOpen:
    """Hands out a few places, and watches what becomes of them."""

    state = State.HALF_OPEN

    def __init__(self, places: int, needed: int) -> None:
        self.places = places
        self.needed = needed

    def refusal(self, now: float) -> float | None:
        if self.places == 0:
            return 0.0
        self.places -= 1
        return None

    def succeeded(self) -> State | None:
        self.places += 1
        self.needed -= 1
        return State.CLOSED if self.needed == 0 else None

    def failed(self) -> State | None:
        return State.OPEN

    def ignored(self) -> State | None:
        self.places += 1
        return None


_Phase = _Closed | _Open | _HalfOpen


class CircuitBreaker:
    def __init__(
        self,
        name: str,
        *,
        failure_threshold: int = 5,
        recovery_timeout: float = 30.0,
        half_open_limit: int = 1,
        success_threshold: int = 1,
        failures: tuple[type[Exception], ...] = (Exception,),
        clock: Callable[[], float] = time.monotonic,
        metrics: Metrics | None = None,
    ) -> None:
        for what, count in (
            ("failure_threshold", failure_threshold),
            ("half_open_limit", half_open_limit),
            ("success_threshold", success_threshold),
        ):
            if count < 1:
                raise ValueError(f"{what} is {count}; it must be 1 or more")
        if not recovery_timeout > 0:
            raise ValueError(f"recovery_timeout is {recovery_timeout}; it must be more than 0")
        self._name = name
        self._recovery_timeout = recovery_timeout
        self._makers: dict[State, Callable[[], _Phase]] = {
            State.CLOSED: lambda: _Closed(failure_threshold),
            State.OPEN: lambda: _Open(self._clock() + recovery_timeout),
            State.HALF_OPEN: lambda: _HalfOpen(half_open_limit, success_threshold),
        }
        self._counted = failures
        self._clock = clock
        self._metrics: Metrics = metrics if metrics is not None else _Silent()
        self._guard = RLock()
        self._phase: _Phase = _Closed(failure_threshold)

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> State:
        with self._guard:
            return self._phase.state

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        phase = self._enter()
        start = self._clock()
        outcome: Outcome = "ignored"
        try:
            result = function(*args, **kwargs)
            outcome = "success"
            return result
        except self._counted:
            outcome = "failure"
            raise
        finally:
            self._leave(phase, outcome, self._clock() - start)

    def _enter(self) -> _Phase:
        news: list[tuple[State, State]] = []
        with self._guard:
            refusal = self._phase.refusal(self._clock())
            if refusal is None and isinstance(self._phase, _Open):
                news.append(self._turn(State.HALF_OPEN))
                refusal = self._phase.refusal(self._clock())
            phase = self._phase
        if refusal is not None:
            with contextlib.suppress(Exception):
                self._metrics.call_refused(self._name, refusal)
            raise CircuitOpenError(self._name, refusal)
        self._tell(news)
        return phase

    def _leave(self, phase: _Phase, outcome: Outcome, seconds: float) -> None:
        news: list[tuple[State, State]] = []
        with self._guard:
            if phase is self._phase:
                settle = {"success": phase.succeeded, "failure": phase.failed, "ignored": phase.ignored}[outcome]
                following = settle()
                if following is not None:
                    news.append(self._turn(following))
        with contextlib.suppress(Exception):
            self._metrics.call_finished(self._name, outcome, seconds)
        self._tell(news)

    def _turn(self, state: State) -> tuple[State, State]:
        old = self._phase.state
        self._phase = self._makers[state]()
        return old, state

    def _tell(self, news: list[tuple[State, State]]) -> None:
        for old, new in news:
            with contextlib.suppress(Exception):
                self._metrics.state_changed(self._name, old, new)


class RetryPolicy:
    """A hand-made value: slots, and no way to assign after construction."""

    __slots__ = ("attempts", "base_delay", "factor", "max_delay", "retry_on")

    attempts: int
    base_delay: float
    factor: float
    max_delay: float
    retry_on: tuple[type[Exception], ...]

    def __init__(
        self,
        *,
        attempts: int = 3,
        base_delay: float = 0.1,
        factor: float = 2.0,
        max_delay: float = 10.0,
        retry_on: tuple[type[Exception], ...] = (Exception,),
    ) -> None:
        if attempts < 1 or factor < 1:
            raise ValueError("attempts and factor must be 1 or more")
        if not 0 <= base_delay <= max_delay:
            raise ValueError("base_delay must lie between 0 and max_delay")
        for key, value in locals().items():
            if key != "self":
                object.__setattr__(self, key, value)

    def __setattr__(self, key: str, value: object) -> None:
        raise AttributeError(f"a RetryPolicy does not change: {key}")

    def delay_after(self, attempt: int) -> float:
        delay = self.base_delay
        for _ in range(attempt - 1):
            delay *= self.factor
        return min(delay, self.max_delay)


class ResilientCaller:
    def __init__(
        self, breaker: CircuitBreaker, retry: RetryPolicy, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.breaker, self.retry, self.sleep = breaker, retry, sleep

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        def give_up(error: Exception) -> T:
            raise error

        return self.call_or(give_up, function, *args, **kwargs)

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        last: Exception | None = None
        for attempt in range(self.retry.attempts):
            if attempt:
                self.sleep(self.retry.delay_after(attempt))
            try:
                return self.breaker.call(function, *args, **kwargs)
            except CircuitOpenError as refusal:
                last = refusal
                break
            except self.retry.retry_on as error:
                last = error
        assert last is not None
        return fallback(last)
