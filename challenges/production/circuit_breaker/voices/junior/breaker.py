"""Circuit breaker with retries."""

import time
from enum import Enum


class State(Enum):
    CLOSED = 1
    OPEN = 2
    HALF_OPEN = 3


class CircuitOpenError(Exception):
    def __init__(self, name, retry_after):
        super().__init__(f"circuit {name} is open, retry after {retry_after}")
        self.name = name
        self.retry_after = retry_after


class Metrics:
    def call_finished(self, breaker, outcome, seconds):
        pass

    def call_refused(self, breaker, retry_after):
        pass

    def state_changed(self, breaker, old, new):
        pass


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
        if failure_threshold < 1 or half_open_limit < 1 or success_threshold < 1 or recovery_timeout <= 0:
            raise ValueError("invalid arguments")
        self.name = name
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.half_open_limit = half_open_limit
        self.success_threshold = success_threshold
        self.failures = failures
        self.clock = clock
        self.metrics = metrics or Metrics()
        self.state = State.CLOSED
        self.failure_count = 0
        self.success_count = 0
        self.in_flight = 0
        self.opened_at = None

    def set_state(self, new):
        old = self.state
        self.state = new
        self.failure_count = 0
        self.success_count = 0
        if new is State.OPEN:
            self.opened_at = self.clock()
        self.metrics.state_changed(self.name, old, new)

    def refuse(self, retry_after):
        self.metrics.call_refused(self.name, retry_after)
        raise CircuitOpenError(self.name, retry_after)

    def call(self, function, *args, **kwargs):
        if self.state is State.OPEN:
            waited = self.clock() - self.opened_at
            if waited < self.recovery_timeout:
                self.refuse(self.recovery_timeout - waited)
            self.set_state(State.HALF_OPEN)
        if self.state is State.HALF_OPEN:
            if self.in_flight >= self.half_open_limit:
                self.refuse(0.0)
        self.in_flight += 1
        start = self.clock()
        try:
            result = function(*args, **kwargs)
        except self.failures:
            self.in_flight -= 1
            self.metrics.call_finished(self.name, "failure", self.clock() - start)
            self.failure_count += 1
            if self.state is State.HALF_OPEN or self.failure_count >= self.failure_threshold:
                self.set_state(State.OPEN)
            raise
        except Exception:
            self.in_flight -= 1
            self.metrics.call_finished(self.name, "ignored", self.clock() - start)
            raise
        self.in_flight -= 1
        self.metrics.call_finished(self.name, "success", self.clock() - start)
        if self.state is State.HALF_OPEN:
            self.success_count += 1
            if self.success_count >= self.success_threshold:
                self.set_state(State.CLOSED)
        else:
            self.failure_count = 0
        return result


class RetryPolicy:
    def __init__(self, *, attempts=3, base_delay=0.1, factor=2.0, max_delay=10.0, retry_on=(Exception,)):
        if attempts < 1 or base_delay < 0 or factor < 1 or max_delay < base_delay:
            raise ValueError("invalid arguments")
        self.attempts = attempts
        self.base_delay = base_delay
        self.factor = factor
        self.max_delay = max_delay
        self.retry_on = retry_on

    def delay_after(self, attempt):
        return min(self.base_delay * self.factor ** (attempt - 1), self.max_delay)


class ResilientCaller:
    def __init__(self, breaker, retry, *, sleep=time.sleep):
        self.breaker = breaker
        self.retry = retry
        self.sleep = sleep

    def call(self, function, *args, **kwargs):
        for attempt in range(1, self.retry.attempts + 1):
            try:
                return self.breaker.call(function, *args, **kwargs)
            except CircuitOpenError:
                raise
            except self.retry.retry_on:
                if attempt == self.retry.attempts:
                    raise
                self.sleep(self.retry.delay_after(attempt))

    def call_or(self, fallback, function, *args, **kwargs):
        try:
            return self.call(function, *args, **kwargs)
        except Exception as error:
            return fallback(error)
