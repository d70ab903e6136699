"""Circuit breaker, retry policy and fallback."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Callable, Literal, Optional, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Outcome = Literal["success", "failure", "ignored"]


class State(Enum):
    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class CircuitOpenError(Exception):
    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"circuit {name!r} is open, retry after {retry_after}s")
        self.name = name
        self.retry_after = retry_after


class Metrics(Protocol):
    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None: ...

    def call_refused(self, breaker: str, retry_after: float) -> None: ...

    def state_changed(self, breaker: str, old: State, new: State) -> None: ...


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
        metrics: Optional[Metrics] = None,
    ) -> None:
        for value in (failure_threshold, half_open_limit, success_threshold):
            if value < 1:
                raise ValueError("must be at least 1")
        if recovery_timeout <= 0:
            raise ValueError("recovery_timeout must be positive")
        self.name = name
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.half_open_limit = half_open_limit
        self.success_threshold = success_threshold
        self.failures = failures
        self.clock = clock
        self.metrics = metrics
        self._lock = threading.RLock()
        self._state = State.CLOSED
        self._failure_count = 0
        self._success_count = 0
        self._in_flight = 0
        self._opened_at = 0.0

    @property
    def state(self) -> State:
        with self._lock:
            return self._state

    def _notify(self, hook: str, *args: Any) -> None:
        if self.metrics is None:
            return
        try:
            getattr(self.metrics, hook)(self.name, *args)
        except Exception:
            pass

    def _set_state(self, new: State) -> State:
        """Change the state and reset all counts. Returns the old state. Needs the lock."""
        old, self._state = self._state, new
        self._failure_count = 0
        self._success_count = 0
        self._in_flight = 0
        return old

    def _before_call(self) -> None:
        refused: Optional[float] = None
        changed = False
        with self._lock:
            if self._state is State.OPEN:
                elapsed = self.clock() - self._opened_at
                if elapsed >= self.recovery_timeout:
                    self._set_state(State.HALF_OPEN)
                    changed = True
                else:
                    refused = self.recovery_timeout - elapsed
            if self._state is State.HALF_OPEN:
                if self._in_flight >= self.half_open_limit:
                    refused = 0.0
                else:
                    self._in_flight += 1
        if changed:
            self._notify("state_changed", State.OPEN, State.HALF_OPEN)
        if refused is not None:
            self._notify("call_refused", refused)
            raise CircuitOpenError(self.name, refused)

    def _after_call(self, outcome: Outcome, seconds: float) -> None:
        old: Optional[State] = None
        with self._lock:
            if self._state is State.HALF_OPEN:
                self._in_flight -= 1
            if outcome == "success":
                if self._state is State.HALF_OPEN:
                    self._success_count += 1
                    if self._success_count >= self.success_threshold:
                        old = self._set_state(State.CLOSED)
                else:
                    self._failure_count = 0
            elif outcome == "failure":
                self._failure_count += 1
                if self._state is State.HALF_OPEN or (
                    self._state is State.CLOSED and self._failure_count >= self.failure_threshold
                ):
                    old = self._set_state(State.OPEN)
                    self._opened_at = self.clock()
            new = self._state
        self._notify("call_finished", outcome, seconds)
        if old is not None:
            self._notify("state_changed", old, new)

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self._before_call()
        start = self.clock()
        try:
            result = function(*args, **kwargs)
        except self.failures:
            self._after_call("failure", self.clock() - start)
            raise
        except Exception:
            self._after_call("ignored", self.clock() - start)
            raise
        self._after_call("success", self.clock() - start)
        return result


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    attempts: int = 3
    base_delay: float = 0.1
    factor: float = 2.0
    max_delay: float = 10.0
    retry_on: tuple[type[Exception], ...] = (Exception,)

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.base_delay < 0 or self.factor < 1 or self.max_delay < self.base_delay:
            raise ValueError("invalid retry policy")

    def delay_after(self, attempt: int) -> float:
        return min(self.base_delay * self.factor ** (attempt - 1), self.max_delay)


class ResilientCaller:
    def __init__(
        self, breaker: CircuitBreaker, retry: RetryPolicy, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.breaker = breaker
        self.retry = retry
        self.sleep = sleep

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return self.breaker.call(function, *args, **kwargs)
            except CircuitOpenError:
                raise
            except self.retry.retry_on:
                if attempt == self.retry.attempts:
                    raise
            self.sleep(self.retry.delay_after(attempt))
            attempt += 1

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            return self.call(function, *args, **kwargs)
        except (CircuitOpenError, *self.retry.retry_on) as error:
            return fallback(error)
