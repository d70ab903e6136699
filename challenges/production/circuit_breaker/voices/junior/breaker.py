import threading
import time
from enum import Enum
from typing import Literal, Protocol

Outcome = Literal["success", "failure", "ignored"]


class State(Enum):
    CLOSED = 1
    OPEN = 2
    HALF_OPEN = 3


class CircuitOpenError(Exception):
    def __init__(self, name, retry_after):
        self.name = name
        self.retry_after = retry_after


class Metrics(Protocol):
    def call_finished(self, breaker, outcome, seconds): ...

    def call_refused(self, breaker, retry_after): ...

    def state_changed(self, breaker, old, new): ...


class CircuitBreaker:
    def __init__(
        self,
        name,
        *,
        failure_threshold=5,
        recovery_timeout=30.0,
        half_open_limit=1,
        success_threshold=1,
        failures=(Exception,),
        clock=time.monotonic,
        metrics=None,
    ):
        if failure_threshold < 1:
            raise ValueError("failure_threshold must be at least 1")
        if half_open_limit < 1:
            raise ValueError("half_open_limit must be at least 1")
        if success_threshold < 1:
            raise ValueError("success_threshold must be at least 1")
        if recovery_timeout <= 0:
            raise ValueError("recovery_timeout must be greater than 0")
        self.name = name
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.half_open_limit = half_open_limit
        self.success_threshold = success_threshold
        self.failures = failures
        self.clock = clock
        self.metrics = metrics
        self.state = State.CLOSED
        self.failure_count = 0
        self.success_count = 0
        self.trials = 0
        self.opened_at = None
        self.lock = threading.Lock()

    def change_state(self, new):
        old = self.state
        self.state = new
        self.failure_count = 0
        self.success_count = 0
        if new == State.OPEN:
            self.opened_at = self.clock()
        if self.metrics:
            self.metrics.state_changed(self.name, old, new)

    def refuse(self, retry_after):
        if self.metrics:
            self.metrics.call_refused(self.name, retry_after)
        raise CircuitOpenError(self.name, retry_after)

    def call(self, function, *args, **kwargs):
        if self.state == State.OPEN:
            passed = self.clock() - self.opened_at
            if passed >= self.recovery_timeout:
                self.change_state(State.HALF_OPEN)
            else:
                self.refuse(self.recovery_timeout - passed)
        if self.state == State.HALF_OPEN:
            if self.trials >= self.half_open_limit:
                self.refuse(0.0)
            self.trials += 1

        start = self.clock()
        try:
            result = function(*args, **kwargs)
        except self.failures:
            self.finished("failure", self.clock() - start)
            raise
        except Exception:
            self.finished("ignored", self.clock() - start)
            raise
        self.finished("success", self.clock() - start)
        return result

    def finished(self, outcome, seconds):
        if self.metrics:
            self.metrics.call_finished(self.name, outcome, seconds)
        with self.lock:
            if self.state == State.HALF_OPEN:
                self.trials -= 1
                if outcome == "success":
                    self.success_count += 1
                    if self.success_count >= self.success_threshold:
                        self.change_state(State.CLOSED)
                elif outcome == "failure":
                    self.change_state(State.OPEN)
            else:
                if outcome == "success":
                    self.failure_count = 0
                elif outcome == "failure":
                    self.failure_count += 1
                    if self.failure_count >= self.failure_threshold:
                        self.change_state(State.OPEN)


class RetryPolicy:
    def __init__(self, *, attempts=3, base_delay=0.1, factor=2.0, max_delay=10.0, retry_on=(Exception,)):
        if attempts < 1:
            raise ValueError("attempts must be at least 1")
        if base_delay < 0:
            raise ValueError("base_delay must not be negative")
        if factor < 1:
            raise ValueError("factor must be at least 1")
        if max_delay < base_delay:
            raise ValueError("max_delay must not be smaller than base_delay")
        self.attempts = attempts
        self.base_delay = base_delay
        self.factor = factor
        self.max_delay = max_delay
        self.retry_on = retry_on

    def delay_after(self, attempt):
        delay = self.base_delay * self.factor ** (attempt - 1)
        if delay > self.max_delay:
            delay = self.max_delay
        return delay


class ResilientCaller:
    def __init__(self, breaker, retry, *, sleep=time.sleep):
        self.breaker = breaker
        self.retry = retry
        self.sleep = sleep

    def call(self, function, *args, **kwargs):
        error = None
        for attempt in range(1, self.retry.attempts + 1):
            try:
                return self.breaker.call(function, *args, **kwargs)
            except CircuitOpenError:
                raise
            except self.retry.retry_on as e:
                error = e
                if attempt < self.retry.attempts:
                    self.sleep(self.retry.delay_after(attempt))
        raise error

    def call_or(self, fallback, function, *args, **kwargs):
        try:
            return self.call(function, *args, **kwargs)
        except Exception as e:
            return fallback(e)
