"""A circuit breaker with retries and graceful degradation. README.md says what each part promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Literal, ParamSpec, TypeVar

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

    name: str
    retry_after: float


class Metrics:
    """Receives reports from a breaker. Still to do: anything that has these three methods must do."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None:
        """A call that was let in ended."""
        raise NotImplementedError

    def call_refused(self, breaker: str, retry_after: float) -> None:
        """A call was not let in."""
        raise NotImplementedError

    def state_changed(self, breaker: str, old: State, new: State) -> None:
        """The breaker changed from one state to another."""
        raise NotImplementedError


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
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name that errors and metrics carry."""
        raise NotImplementedError

    @property
    def state(self) -> State:
        """The state that the last transition left."""
        raise NotImplementedError

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the call in, or refuse it with CircuitOpenError."""
        raise NotImplementedError


class RetryPolicy:
    """How often to try, and how long to wait in between. Immutable."""

    def __init__(
        self,
        *,
        attempts: int = 3,
        base_delay: float = 0.1,
        factor: float = 2.0,
        max_delay: float = 10.0,
        retry_on: tuple[type[Exception], ...] = (Exception,),
    ) -> None:
        raise NotImplementedError

    def delay_after(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th attempt has failed, counted from 1."""
        raise NotImplementedError


class ResilientCaller:
    """Calls through a breaker, with retries and a fallback."""

    def __init__(
        self, breaker: CircuitBreaker, retry: RetryPolicy, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        raise NotImplementedError

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call with retries; raise the last attempt's exception."""
        raise NotImplementedError

    def call_or(
        self, fallback: Callable[[Exception], T], function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call with retries; answer an outage with the fallback."""
        raise NotImplementedError
