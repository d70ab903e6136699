"""A circuit breaker with retries and a fallback. Every count belongs to a period: the time between two changes of state."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Outcome = Literal["success", "failure", "ignored"]


class State(Enum):
    """Whether calls are let in."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitOpenError(Exception):
    """The breaker refused a call."""

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"{name} is open for {retry_after:g} s more")
        self.name = name
        self.retry_after = retry_after


class Metrics(Protocol):
    """What a breaker reports to."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None: ...
    def call_refused(self, breaker: str, retry_after: float) -> None: ...
    def state_changed(self, breaker: str, old: State, new: State) -> None: ...


class _Period:
    """The time between two changes of state, with its counts."""

    def __init__(self, state: State, *, opened_at: float = 0.0) -> None:
        self.state = state
        self.opened_at = opened_at
        self.failures = 0
        self.successes = 0
        self.in_flight = 0


class CircuitBreaker:
    """Stops calling a service that fails, and tries again carefully."""

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
        if failure_threshold < 1 or half_open_limit < 1 or success_threshold < 1:
            raise ValueError("thresholds and limits must be at least 1")
        if recovery_timeout <= 0:
            raise ValueError("recovery_timeout must be positive")
        self.name = name
        self._failure_threshold = failure_threshold
        self._recovery_timeout = recovery_timeout
        self._half_open_limit = half_open_limit
        self._success_threshold = success_threshold
        self._failures = failures
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._period = _Period(State.CLOSED)

    @property
    def state(self) -> State:
        """The state that the last transition left."""
        return self._period.state

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the call in, or refuse it with CircuitOpenError."""
        period = self._let_in()
        started = self._clock()
        try:
            result = function(*args, **kwargs)
        except self._failures:
            self._finished(period, "failure", started)
            raise
        except BaseException:
            self._finished(period, "ignored", started)
            raise
        self._finished(period, "success", started)
        return result

    def _let_in(self) -> _Period:
        with self._lock:
            before = self._period
            refusal = self._refusal(before)
            if refusal is None:
                if before.state is State.OPEN:
                    self._period = _Period(State.HALF_OPEN)
                self._period.in_flight += 1
            period = self._period
        if refusal is not None:
            self._report("call_refused", refusal)
            raise CircuitOpenError(self.name, refusal)
        self._report_change(before, period)
        return period

    def _refusal(self, period: _Period) -> float | None:
        """Seconds to wait, for a call that is to be refused."""
        if period.state is State.OPEN:
            remaining = period.opened_at + self._recovery_timeout - self._clock()
            return remaining if remaining > 0 else None
        if period.state is State.HALF_OPEN and period.in_flight >= self._half_open_limit:
            return 0.0
        return None

    def _finished(self, period: _Period, outcome: Outcome, started: float) -> None:
        now = self._clock()
        with self._lock:
            after = period
            period.in_flight -= 1
            if period is self._period:
                after = self._period = self._after(period, outcome, now)
        self._report("call_finished", outcome, now - started)
        self._report_change(period, after)

    def _after(self, period: _Period, outcome: Outcome, now: float) -> _Period:
        """The period that an outcome leads to, which is mostly the same."""
        if outcome == "failure":
            period.failures += 1
            needed = 1 if period.state is State.HALF_OPEN else self._failure_threshold
            return _Period(State.OPEN, opened_at=now) if period.failures >= needed else period
        if outcome == "success":
            period.failures = 0
            period.successes += 1
            if period.state is State.HALF_OPEN and period.successes >= self._success_threshold:
                return _Period(State.CLOSED)
        return period

    def _report_change(self, before: _Period, after: _Period) -> None:
        if before is not after:
            self._report("state_changed", before.state, after.state)

    def _report(self, hook: str, *arguments: Any) -> None:
        if self._metrics is not None:
            with contextlib.suppress(Exception):
                getattr(self._metrics, hook)(self.name, *arguments)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait in between."""

    attempts: int = 3
    base_delay: float = 0.1
    factor: float = 2.0
    max_delay: float = 10.0
    retry_on: tuple[type[Exception], ...] = (Exception,)

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts must be at least 1")
        if self.base_delay < 0:
            raise ValueError("base_delay must not be negative")
        if self.factor < 1:
            raise ValueError("factor must be at least 1")
        if self.max_delay < self.base_delay:
            raise ValueError("max_delay must be at least base_delay")

    def delay_after(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th attempt has failed."""
        return min(self.base_delay * self.factor ** (attempt - 1), self.max_delay)


class ResilientCaller:
    """Calls through a breaker, with retries and a fallback."""

    def __init__(
        self, breaker: CircuitBreaker, retry: RetryPolicy, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._breaker = breaker
        self._retry = retry
        self._sleep = sleep

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call with retries; raise what the last attempt raised."""
        attempt = 1
        while True:
            try:
                return self._breaker.call(function, *args, **kwargs)
            except CircuitOpenError:
                raise
            except self._retry.retry_on:
                if attempt >= self._retry.attempts:
                    raise
            self._sleep(self._retry.delay_after(attempt))
            attempt += 1

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call with retries; answer an outage with the fallback."""
        try:
            return self.call(function, *args, **kwargs)
        except (CircuitOpenError, *self._retry.retry_on) as error:
            return fallback(error)
