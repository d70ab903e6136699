"""Everything that a hidden suite may use: the `submission` fixture's type, exact observations, criteria, state
machines.

A hidden suite is a pytest file that runs outside the sandbox and asks the submission through its probe:

    from hypothesis import given, strategies as st
    from grader.suite import SubmissionHandle, criterion

    @criterion("validation", weight=2, hint="Validate in __set__, which both construction and assignment go through.")
    @given(age=st.integers(-1000, 1000))
    def test_age_outside_its_range_is_refused(submission: SubmissionHandle, age: int) -> None:
        '''A value outside min_value..max_value is refused, on construction and on assignment.'''
        seen = submission.call("set_integer", low=0, high=150, value=age)
        assert seen.refused == (not 0 <= age <= 150)

The docstring is the promise that a candidate is shown. The fixtures are `submission`; `reference`, the same for the
challenge's own solution, for ratios; and `rng`, a `random.Random` with this test's seed.

Never let `assume()`, a skip or a draw depend on an observation: the candidate would choose its own examples.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from grader.suite.contract import SubmissionHandle
from grader.suite.observation import Observation, Unkept, same
from sandbox.outcome import ChildLost, Died, Garbage, Killed, NotMeasured, Overdrawn, Raised, TimedOut
from sandbox.session import Call, Process, Usage

if TYPE_CHECKING:
    from grader.suite.exposition import (
        HistogramReading,
        MalformedExposition,
        MetricFamily,
        Series,
        labelled,
        read_exposition,
        sample_values,
    )
    from grader.suite.http.server import Arrival, Hold, Manner, Reply, Round, Site
    from grader.suite.implementations import (
        MOST_UNSOUND,
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
    from grader.suite.measured import Benchmark, Figures, Quantity, alone, growth, settled
    from grader.suite.meeting_server import Group, Meeting
    from grader.suite.resp.front import Command, Fate, Redis, Traffic, Treatment
    from grader.suite.serving import Service
    from grader.suite.written import JsonObject, json_value

__all__ = [
    "MOST_UNSOUND",
    "RUN_SECONDS",
    "THE_RUN",
    "Api",
    "Arrival",
    "Benchmark",
    "Call",
    "CandidateSuite",
    "ChildLost",
    "Command",
    "Died",
    "Fate",
    "Figures",
    "Garbage",
    "Group",
    "HistogramReading",
    "Hold",
    "Implementations",
    "JsonObject",
    "Killed",
    "MalformedExposition",
    "Manner",
    "Meeting",
    "MetricFamily",
    "NotMeasured",
    "Observation",
    "Overdrawn",
    "Process",
    "Quantity",
    "Raised",
    "Redis",
    "Reply",
    "Round",
    "Run",
    "Series",
    "Service",
    "Site",
    "Soundness",
    "SubmissionHandle",
    "TimedOut",
    "Traffic",
    "Treatment",
    "Unkept",
    "Usage",
    "alone",
    "cost",
    "criterion",
    "enumerated",
    "growth",
    "json_value",
    "labelled",
    "read_exposition",
    "run_machine",
    "same",
    "sample_values",
    "settled",
]

Test = TypeVar("Test", bound=Callable[..., object])

KITS = {
    "grader.suite.implementations": (
        *("RUN_SECONDS", "THE_RUN", "Api", "CandidateSuite", "Implementations", "Run", "Soundness", "cost"),
        *("MOST_UNSOUND", "enumerated"),
    ),
    "grader.suite.exposition": (
        *("HistogramReading", "MalformedExposition", "MetricFamily", "Series", "labelled", "read_exposition"),
        "sample_values",
    ),
    "grader.suite.http.server": ("Arrival", "Hold", "Manner", "Reply", "Round", "Site"),
    "grader.suite.measured": ("Figures", "Quantity", "Benchmark", "alone", "growth", "settled"),
    "grader.suite.meeting_server": ("Group", "Meeting"),
    "grader.suite.resp.front": ("Command", "Fate", "Redis", "Traffic", "Treatment"),
    "grader.suite.serving": ("Service",),
    "grader.suite.written": ("JsonObject", "json_value"),
}
"""The modules that define kits. Each is imported when a suite requests it, since asyncio alone costs a grading 30
ms.
"""


def __getattr__(name: str) -> Any:
    """Return the object of that name from a kit, which is imported on first use."""
    for module, names in KITS.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def criterion(name: str, *, weight: int = 1, hint: str = "") -> Callable[[Test], Test]:
    """Assign a hidden test to a criterion of `challenge.toml`, with a weight among the criterion's tests.

    If the promise is broken, the candidate is shown `hint` beside it.
    """
    mark: Callable[[Test], Test] = pytest.mark.criterion(name, weight=weight, hint=hint)
    return mark


def run_machine(machine: Callable[[], RuleBasedStateMachine], *, steps: int = 30, examples: int | None = None) -> None:
    """Drive a Hypothesis state machine, built anew for each example, under the grading's settings."""
    limits = settings(stateful_step_count=steps, max_examples=examples or settings().max_examples)
    run_state_machine_as_test(machine, settings=limits)  # type: ignore[arg-type]  # any factory will do
