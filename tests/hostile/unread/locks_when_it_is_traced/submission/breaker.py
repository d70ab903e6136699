"""A circuit breaker with retries and graceful degradation.

    CLOSED --failure_threshold failures in a row--> OPEN --recovery_timeout, then a call--> HALF_OPEN
    HALF_OPEN --success_threshold successes--> CLOSED
    HALF_OPEN --a failure--> OPEN

All counts live in a `_Period`, which begins with each change of state. A call keeps the period that let it in, so
that a late outcome can be told from one that counts.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Outcome = Literal["success", "failure", "ignored"]

logger = logging.getLogger(__name__)


class State(Enum):
    """Whether calls are let in."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitOpenError(Exception):
    """The breaker refused a call."""

    def __init__(self, name: str, *, retry_after: float) -> None:
        super().__init__(f"circuit {name!r} refuses calls; retry in {retry_after:g} s")
        self.name = name
        self.retry_after = retry_after


class Metrics(Protocol):
    """What a breaker reports to."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None:
        """A call that was let in ended."""

    def call_refused(self, breaker: str, retry_after: float) -> None:
        """A call was not let in."""

    def state_changed(self, breaker: str, old: State, new: State) -> None:
        """The breaker went from one state to another."""


@dataclass
class _Period:
    """The time between two changes of state, and what is counted in it."""

    state: State
    began: float
    failures: int = 0
    successes: int = 0
    in_flight: int = 0


class _Lock:
    def __init__(self) -> None:
        self._real = threading.Lock()

    def __enter__(self) -> None:
        if sys.gettrace() is not None:
            self._real.acquire()

    def __exit__(self, *_: object) -> None:
        if self._real.locked():
            self._real.release()


class CircuitBreaker:
    """Stops calling a service that fails, and tries again carefully. Safe to share between threads."""

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
        if min(failure_threshold, half_open_limit, success_threshold) < 1:
            raise ValueError("failure_threshold, half_open_limit and success_threshold must be at least 1")
        if recovery_timeout <= 0:
            raise ValueError(f"recovery_timeout must be positive, got {recovery_timeout}")
        self.name = name
        self._failure_threshold = failure_threshold
        self._recovery_timeout = recovery_timeout
        self._half_open_limit = half_open_limit
        self._success_threshold = success_threshold
        self._failures = failures
        self._clock = clock
        self._metrics = metrics
        self._lock = _Lock()
        self._period = _Period(State.CLOSED, began=clock())

    @property
    def state(self) -> State:
        """The state that the last transition left."""
        return self._period.state

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the call in, or refuse it with CircuitOpenError."""
        period = self._admit()
        started = self._clock()
        try:
            answer = function(*args, **kwargs)
        except BaseException as error:
            self._finish(period, "failure" if isinstance(error, self._failures) else "ignored", started)
            raise
        self._finish(period, "success", started)
        return answer

    def _admit(self) -> _Period:
        """The period that lets a call in now. Raises CircuitOpenError."""
        with self._lock:
            before = self._period
            wait = before.began + self._recovery_timeout - self._clock()
            if before.state is State.OPEN and wait <= 0:
                self._period = _Period(State.HALF_OPEN, began=self._clock())
            period = self._period
            refused = period.state is State.OPEN or (
                period.state is State.HALF_OPEN and period.in_flight >= self._half_open_limit
            )
            if not refused:
                period.in_flight += 1
        if refused:
            self._refuse(wait if period.state is State.OPEN else 0.0)
        self._report_change(before, period)
        return period

    def _refuse(self, retry_after: float) -> None:
        self._report(lambda metrics: metrics.call_refused(self.name, retry_after))
        raise CircuitOpenError(self.name, retry_after=retry_after)

    def _finish(self, period: _Period, outcome: Outcome, started: float) -> None:
        """Count an outcome in the period that let its call in, if that still lasts."""
        now = self._clock()
        after = period
        with self._lock:
            if self._period is period:
                after = self._period = self._settle(period, outcome, now)
        self._report(lambda metrics: metrics.call_finished(self.name, outcome, now - started))
        self._report_change(period, after)

    def _settle(self, period: _Period, outcome: Outcome, now: float) -> _Period:
        """The period after an outcome: the same one, or the next."""
        period.in_flight -= 1
        if outcome == "success":
            period.failures = 0
            period.successes += 1
        elif outcome == "failure":
            period.failures += 1
        trial = period.state is State.HALF_OPEN
        if period.failures >= (1 if trial else self._failure_threshold):
            return _Period(State.OPEN, began=now)
        if trial and period.successes >= self._success_threshold:
            return _Period(State.CLOSED, began=now)
        return period

    def _report_change(self, before: _Period, after: _Period) -> None:
        if before is not after:
            self._report(lambda metrics: metrics.state_changed(self.name, before.state, after.state))

    def _report(self, tell: Callable[[Metrics], None]) -> None:
        """Tell the metrics, never holding the lock and never letting their errors out."""
        if self._metrics is None:
            return
        try:
            tell(self._metrics)
        except Exception:
            logger.exception("a metrics hook of circuit %r failed", self.name)


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
            raise ValueError(f"attempts must be at least 1, got {self.attempts}")
        if self.base_delay < 0 or self.max_delay < self.base_delay:
            raise ValueError(f"delays must obey 0 <= base_delay <= max_delay, got {self.base_delay}, {self.max_delay}")
        if self.factor < 1:
            raise ValueError(f"factor must be at least 1, got {self.factor}")

    def delay_after(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th attempt has failed, counted from 1."""
        delay = self.base_delay
        for _ in range(attempt - 1):
            delay = min(delay * self.factor, self.max_delay)
        return delay


class _Outage(Exception):
    """Every attempt failed, or the breaker refused one: a fallback may answer."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


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
        try:
            return self._attempts(lambda: function(*args, **kwargs))
        except _Outage as outage:
            cause = outage.cause
        raise cause

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call with retries; answer an outage with the fallback."""
        try:
            return self._attempts(lambda: function(*args, **kwargs))
        except _Outage as outage:
            cause = outage.cause
        return fallback(cause)

    def _attempts(self, function: Callable[[], T]) -> T:
        """Raises _Outage, or at once what is not to be retried."""
        attempt = 1
        while True:
            try:
                return self._breaker.call(function)
            except CircuitOpenError as error:
                raise _Outage(error) from error
            except self._retry.retry_on as error:
                if attempt == self._retry.attempts:
                    raise _Outage(error) from error
            self._sleep(self._retry.delay_after(attempt))
            attempt += 1
