"""Typed usage of the API of `breaker`: checked with `mypy --strict` beside a submission, never run."""

from typing import assert_type

from breaker import CircuitBreaker, CircuitOpenError, Metrics, Outcome, ResilientCaller, RetryPolicy, State


class Recorder:
    """Structural: it has the hooks, and does not inherit."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None: ...

    def call_refused(self, breaker: str, retry_after: float) -> None: ...

    def state_changed(self, breaker: str, old: State, new: State) -> None: ...


class Deaf:
    """Not metrics: two hooks are missing."""

    def call_finished(self, breaker: str, outcome: Outcome, seconds: float) -> None: ...


def now() -> float:
    return 0.0


def charge(cents: int, *, currency: str = "EUR") -> str:
    return f"{cents} {currency}"


def queued(error: Exception) -> str:
    return str(error)


hooks: Metrics = Recorder()
breaker = CircuitBreaker(
    "payments",
    failure_threshold=2,
    recovery_timeout=10,
    half_open_limit=2,
    success_threshold=2,
    failures=(OSError, ValueError),
    clock=now,
    metrics=hooks,
)
CircuitBreaker("defaults", metrics=Recorder())
CircuitBreaker("deaf", metrics=Deaf())  # type: ignore[arg-type]
CircuitBreaker("many", failure_threshold="3")  # type: ignore[arg-type]
CircuitBreaker(failure_threshold=3)  # type: ignore[call-arg]

assert_type(breaker.name, str)
assert_type(breaker.state, State)
assert_type(breaker.call(charge, 100), str)
assert_type(breaker.call(charge, 100, currency="USD"), str)
assert_type(breaker.call(len, [1]), int)
breaker.call(charge)  # type: ignore[call-arg]
breaker.call(charge, "100")  # type: ignore[arg-type]
breaker.call(charge, 100, curency="USD")  # type: ignore[call-arg]


def outcomes(outcome: Outcome) -> str:
    return outcome


outcomes("success")
outcomes("failure")
outcomes("ignored")
outcomes("lost")  # type: ignore[arg-type]


def members(state: State) -> int:
    if state is State.CLOSED:
        return 0
    if state is State.OPEN:
        return 1
    assert_type(state.name, str)
    return 2 if state is State.HALF_OPEN else 3


def refused(error: CircuitOpenError) -> float:
    assert_type(error.name, str)
    assert_type(error.retry_after, float)
    return error.retry_after


policy = RetryPolicy(attempts=3, base_delay=0.5, factor=2, max_delay=4, retry_on=(OSError,))
assert_type(policy.attempts, int)
assert_type(policy.base_delay, float)
assert_type(policy.factor, float)
assert_type(policy.max_delay, float)
assert_type(policy.retry_on, tuple[type[Exception], ...])
assert_type(policy.delay_after(1), float)
RetryPolicy(retry_on=(3,))  # type: ignore[arg-type]

caller = ResilientCaller(breaker, policy)
ResilientCaller(breaker, RetryPolicy(), sleep=print)
ResilientCaller(breaker)  # type: ignore[call-arg]
assert_type(caller.call(charge, 100), str)
assert_type(caller.call_or(queued, charge, 100, currency="USD"), str)
caller.call(charge, "100")  # type: ignore[arg-type]
caller.call_or(queued, charge, "100")  # type: ignore[arg-type]
caller.call_or("queued", charge, 100)  # type: ignore[arg-type]
caller.call_or(charge, charge, 100)  # type: ignore[arg-type]
