"""A circuit breaker with retries and a fallback."""

from __future__ import annotations

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
        self.state = State.CLOSED
        self._failure_threshold = failure_threshold
        self._recovery_timeout = recovery_timeout
        self._half_open_limit = half_open_limit
        self._success_threshold = success_threshold
        self._failures = failures
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._failed = 0
        self._succeeded = 0
        self._in_flight = 0
        self._opened_at = 0.0

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the call in, or refuse it with CircuitOpenError."""
        with self._lock:
            retry_after = self._retry_after()
            changes = self._enter() if retry_after is None else []
        if retry_after is not None:
            self._tell("call_refused", retry_after)
            raise CircuitOpenError(self.name, retry_after)
        self._tell_changes(changes)
        started = self._clock()
        try:
            result = function(*args, **kwargs)
        except self._failures:
            self._finish("failure", started)
            raise
        except BaseException:
            self._finish("ignored", started)
            raise
        self._finish("success", started)
        return result

    def _retry_after(self) -> float | None:
        if self.state is State.OPEN:
            remaining = self._opened_at + self._recovery_timeout - self._clock()
            return remaining if remaining > 0 else None
        if self.state is State.HALF_OPEN and self._in_flight >= self._half_open_limit:
            return 0.0
        return None

    def _enter(self) -> list[tuple[State, State]]:
        changes = []
        if self.state is State.OPEN:
            changes.append(self._change(State.HALF_OPEN))
        if self.state is State.HALF_OPEN:
            self._in_flight += 1
        return changes

    def _change(self, new: State) -> tuple[State, State]:
        old, self.state = self.state, new
        self._failed = self._succeeded = self._in_flight = 0
        if new is State.OPEN:
            self._opened_at = self._clock()
        return old, new

    def _finish(self, outcome: Outcome, started: float) -> None:
        with self._lock:
            seconds = self._clock() - started
            changes = self._count(outcome)
        self._tell("call_finished", outcome, seconds)
        self._tell_changes(changes)

    def _count(self, outcome: Outcome) -> list[tuple[State, State]]:
        if self.state is State.HALF_OPEN:
            self._in_flight -= 1
            if outcome == "failure":
                return [self._change(State.OPEN)]
            if outcome == "success":
                self._succeeded += 1
                if self._succeeded >= self._success_threshold:
                    return [self._change(State.CLOSED)]
        elif self.state is State.CLOSED:
            if outcome == "success":
                self._failed = 0
            elif outcome == "failure":
                self._failed += 1
                if self._failed >= self._failure_threshold:
                    return [self._change(State.OPEN)]
        return []

    def _tell_changes(self, changes: list[tuple[State, State]]) -> None:
        for old, new in changes:
            self._tell("state_changed", old, new)

    def _tell(self, hook: str, *arguments: Any) -> None:
        if self._metrics is None:
            return
        try:
            getattr(self._metrics, hook)(self.name, *arguments)
        except Exception:
            pass


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
