"""A circuit breaker with retries and graceful degradation. README.md says what each part promises."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NoReturn, ParamSpec, Protocol, TypeVar

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
        super().__init__(name, retry_after)
        self.name = name
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.name} is not available, retry after {self.retry_after} s"


class Metrics(Protocol):
    """What a breaker reports to."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None:
        """A call that was let in ended."""
        ...

    def call_refused(self, breaker: str, retry_after: float) -> None:
        """A call was not let in."""
        ...

    def state_changed(self, breaker: str, old: State, new: State) -> None:
        """The breaker went from one state to another."""
        ...


@dataclass(slots=True, eq=False)
class _Period:
    """From one change of state to the next. A call belongs to the period that let it in, by identity."""

    state: State
    since: float = 0.0  # matters while OPEN only
    failures: int = 0
    successes: int = 0
    in_flight: int = 0


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
        if min(failure_threshold, half_open_limit, success_threshold) < 1:
            raise ValueError("thresholds and limits must be at least 1")
        if recovery_timeout <= 0:
            raise ValueError("recovery_timeout must be above 0")
        self._name = name
        self._failure_threshold = failure_threshold
        self._recovery_timeout = recovery_timeout
        self._half_open_limit = half_open_limit
        self._success_threshold = success_threshold
        self._failures = failures
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()  # guards the period and what is in it; never held during calls and hooks
        self._period = _Period(State.CLOSED)

    @property
    def name(self) -> str:
        """The name that errors and metrics carry."""
        return self._name

    @property
    def state(self) -> State:
        """The state that the last transition left."""
        return self._period.state

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the call in, or refuse it with CircuitOpenError."""
        period = self._enter()
        started = self._clock()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self._leave(period, "failure" if isinstance(error, self._failures) else "ignored", started)
            raise
        self._leave(period, "success", started)
        return result

    def _enter(self) -> _Period:
        with self._lock:
            before = self._period
            wait = self._admit()
            period = self._period
        if wait is not None:
            self._report_refused(wait)
            raise CircuitOpenError(self._name, wait)
        self._report_change(before, period)
        return period

    def _admit(self) -> float | None:
        """Let a call into the current period, or say how long to wait."""
        if self._period.state is State.OPEN:
            wait = self._period.since + self._recovery_timeout - self._clock()
            if wait > 0:
                return wait
            self._period = _Period(State.HALF_OPEN)
        if self._period.state is State.HALF_OPEN and self._period.in_flight >= self._half_open_limit:
            return 0.0
        self._period.in_flight += 1
        return None

    def _leave(self, period: _Period, outcome: Outcome, started: float) -> None:
        with self._lock:
            ended = self._clock()
            current = period is self._period
            if current:
                self._count(outcome, ended)
            after = self._period
        self._report_finished(outcome, ended - started)
        if current:
            self._report_change(period, after)

    def _count(self, outcome: Outcome, ended: float) -> None:
        """Count the end of a call of the current period."""
        period = self._period
        period.in_flight -= 1
        if outcome == "success":
            period.failures = 0
            period.successes += 1
            if period.state is State.HALF_OPEN and period.successes >= self._success_threshold:
                self._period = _Period(State.CLOSED)
        elif outcome == "failure":
            period.failures += 1
            if period.state is State.HALF_OPEN or period.failures >= self._failure_threshold:
                self._period = _Period(State.OPEN, since=ended)

    def _report_finished(self, outcome: Outcome, seconds: float) -> None:
        if self._metrics is not None:
            with suppress(Exception):
                self._metrics.call_finished(self._name, outcome, seconds)

    def _report_refused(self, retry_after: float) -> None:
        if self._metrics is not None:
            with suppress(Exception):
                self._metrics.call_refused(self._name, retry_after)

    def _report_change(self, old: _Period, new: _Period) -> None:
        if self._metrics is not None and old is not new:
            with suppress(Exception):
                self._metrics.state_changed(self._name, old.state, new.state)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait in between. Immutable."""

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
            raise ValueError("max_delay must not be below base_delay")

    def delay_after(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th attempt has failed, counted from 1."""
        if self.base_delay == 0 or self.factor == 1:
            return self.base_delay
        # Far beyond the maximum the power itself would be too large to compute.
        steps_to_max = (math.log(self.max_delay) - math.log(self.base_delay)) / math.log(self.factor)
        if attempt - 1 > steps_to_max + 1:
            return self.max_delay
        try:
            return min(self.max_delay, self.base_delay * self.factor ** (attempt - 1))
        except OverflowError:  # the maximum is infinite, or as good as
            return self.max_delay


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
        return self._try(lambda: self._breaker.call(function, *args, **kwargs), _give_up)

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call with retries; answer an outage with the fallback."""
        return self._try(lambda: self._breaker.call(function, *args, **kwargs), fallback)

    def _try(self, attempt: Callable[[], T], outage: Callable[[Exception], T]) -> T:
        number = 1
        while True:
            try:
                return attempt()
            except CircuitOpenError as refusal:
                reason: Exception = refusal
                break
            except self._retry.retry_on as error:
                if number >= self._retry.attempts:
                    reason = error
                    break
            self._sleep(self._retry.delay_after(number))
            number += 1
        return outage(reason)


def _give_up(reason: Exception) -> NoReturn:
    raise reason
