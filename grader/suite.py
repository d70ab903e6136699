"""All that a hidden suite may use: the `submission` fixture's type, exact observations, criteria, state machines.

A hidden suite is a pytest file that runs outside the sandbox and asks the submission through its probe:

    from hypothesis import given, strategies as st
    from grader.suite import SubmissionHandle, criterion

    @criterion("validation", weight=2, hint="Validate in __set__, which both construction and assignment go through.")
    @given(age=st.integers(-1000, 1000))
    def test_age_outside_its_range_is_refused(submission: SubmissionHandle, age: int) -> None:
        '''A value outside min_value..max_value is refused, on construction and on assignment.'''
        seen = submission.call("set_integer", low=0, high=150, value=age)
        assert seen.refused == (not 0 <= age <= 150)

The docstring is the promise that a candidate is shown. Fixtures: `submission`; `reference`, the same over the
challenge's own solution, for ratios; `rng`, a `random.Random` of this test's seed.

Never `assume()`, skip or draw on an observation: the candidate would choose its own examples.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from grader.observation import Observation, Unkept, same
from sandbox.outcome import ChildLost, Died, Garbage, Overdrawn, Raised, TimedOut
from sandbox.session import Call, Plain, Usage

if TYPE_CHECKING:
    from grader.implementations import (
        RUN_SECONDS,
        THE_RUN,
        Api,
        CandidateSuite,
        Implementations,
        Run,
        Soundness,
        cost,
        enumerated,
    )
    from grader.site import Arrival, Hold, Manner, Reply, Round, Site

__all__ = [
    "RUN_SECONDS",
    "THE_RUN",
    "Api",
    "Arrival",
    "Call",
    "CandidateSuite",
    "ChildLost",
    "Died",
    "Garbage",
    "Hold",
    "Implementations",
    "Manner",
    "Observation",
    "Overdrawn",
    "Raised",
    "Reply",
    "Round",
    "Run",
    "Site",
    "Soundness",
    "SubmissionHandle",
    "TimedOut",
    "Unkept",
    "Usage",
    "cost",
    "criterion",
    "enumerated",
    "run_machine",
    "same",
]

Test = TypeVar("Test", bound=Callable[..., object])

LATE = {
    **dict.fromkeys(("Arrival", "Hold", "Manner", "Reply", "Round", "Site"), "grader.site"),
    **dict.fromkeys(
        (
            *("RUN_SECONDS", "THE_RUN", "Api", "CandidateSuite", "Implementations", "Run", "Soundness", "cost"),
            "enumerated",
        ),
        "grader.implementations",
    ),
}


def __getattr__(name: str) -> Any:
    """Kits are imported when a suite asks for them: asyncio alone costs every other grading 30 ms."""
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class SubmissionHandle(Protocol):
    """What the fixtures `submission` and `reference` give: one fresh child a test, made at the first call."""

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Observation:
        """Call the probe's public function `name` with plain data.

        Raises `Raised` when the submission's code raised. A child that dies, hangs or talks garbage raises
        `ChildLost`, which ends the test as broken; suites that expect an ending may catch it.
        """
        ...

    def batch(self, calls: Iterable[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """Make many calls in one round trip; exceptions come as values."""
        ...

    def fresh(self) -> None:
        """Forget everything: the next call goes to a new child that has not imported the submission."""
        ...

    def usage(self) -> Usage:
        """CPU seconds, resident and peak bytes of the child, read outside."""
        ...

    def listen(self) -> tuple[Any, int]:
        """A listening socket to serve on out here, and its port on 127.0.0.1 inside (`runtime.network = true`)."""
        ...

    @property
    def last_wall(self) -> float:
        """Seconds that the last call took, read outside."""
        ...


def criterion(name: str, *, weight: int = 1, hint: str = "") -> Callable[[Test], Test]:
    """Say which criterion of `challenge.toml` a hidden test counts for, with what weight among its tests.

    `hint` is shown to the candidate beside the promise when it is broken.
    """
    mark: Callable[[Test], Test] = pytest.mark.criterion(name, weight=weight, hint=hint)
    return mark


def run_machine(machine: Callable[[], RuleBasedStateMachine], *, steps: int = 30, examples: int | None = None) -> None:
    """Drive a Hypothesis state machine, built anew for each example, under the grading's settings."""
    limits = settings(stateful_step_count=steps, max_examples=examples or settings().max_examples)
    run_state_machine_as_test(machine, settings=limits)  # type: ignore[arg-type]  # any factory will do
