"""What a candidate is told of a broken promise: in practice an example, in an exam the promise and its hint."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from grader.assess.pipeline import reject
from grader.challenges.catalogue import catalogue
from grader.model import (
    Detail,
    Example,
    Feedback,
    Finding,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Report,
    Severity,
    broken_promise,
)
from grader.report import FORMATS, Audience, View, render

replace = msgspec.structs.replace
REVIEWERS = ("HIDDEN TEST", "VERDICT", "TRACE")
PRACTISED = ("ASKED", "RECEIVED", "PROMISED", "RAISED")


@pytest.fixture
def report(adder: Path) -> Report:
    found = reject("mine", catalogue((adder.parent.parent,)).find("adder"), ())
    promise = Promise(
        id="t",
        text="THE PROMISE.",
        outcome=PromiseOutcome.BROKEN,
        criterion="sums",
        hint="THE HINT.",
        reason="It RAISED.",
        detail=Detail(source="HIDDEN TEST", counterexample="VERDICT", trace="TRACE", reason="VERDICT"),
        example=Example(asked="ASKED", received="RECEIVED", promised="PROMISED"),
    )
    kept = Promise(id="k", text="Kept.", outcome=PromiseOutcome.KEPT, criterion="sums")
    first, *rest = found.criteria
    mark = replace(
        first,
        promises=(promise, kept),
        status=MarkStatus.PARTIAL,
        findings=(broken_promise(first.kind, promise),),
    )
    return replace(found, status="graded", criteria=(mark, *rest))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("feedback", [*Feedback, msgspec.UNSET])
@pytest.mark.parametrize("shows", [False, True])
def test_an_exam_tells_promise_and_hint_alone(report: Report, format_: str, feedback: Feedback, shows: bool) -> None:
    """No format tells a candidate the verdict's run, or in an exam anything of a run; `show_inputs` has no effect."""
    report = replace(report, feedback=feedback, challenge=replace(report.challenge, show_inputs=shows))
    shown = render(report, format_, View(audience=Audience.CANDIDATE))
    assert not [word for word in REVIEWERS if word in shown]
    if feedback is Feedback.EXAM:
        assert not [word for word in PRACTISED if word in shown]
    assert "THE PROMISE" in shown
    assert "THE HINT" in shown


@pytest.mark.parametrize("format_", ["terminal", "json", "html", "markdown", "junit", "gradescope"])
def test_practice_tells_what_happened(report: Report, format_: str) -> None:
    """What was asked, what came back, what is promised and what was raised are there to be read."""
    shown = render(report, format_, View())
    missing = [word for word in PRACTISED if word not in shown]
    assert missing in ([], ["RECEIVED"])  # what was raised is what came back


def test_reviewers_see_everything_in_both(report: Report) -> None:
    """The feedback is about candidates alone."""
    for feedback in Feedback:
        told = json.dumps(
            json.loads(render(replace(report, feedback=feedback), "json", View(audience=Audience.REVIEWER)))
        )
        assert [word for word in (*REVIEWERS, *PRACTISED) if word not in told] == []


def test_an_exam_tells_what_cannot_be_imported_and_no_other_cause(report: Report) -> None:
    """An import asks nothing; that code is not written, or hangs, is known from examples."""
    causes = tuple(
        Finding(id=id_, severity=Severity.ERROR, message=f"It is {id_}")
        for id_ in ("import.failed", "answer.not-written", "answer.hangs")
    )
    exam = render(replace(report, findings=causes, feedback=Feedback.EXAM), "terminal", View())
    assert [cause.id for cause in causes if f"It is {cause.id}" in exam] == ["import.failed"]


def test_a_hint_that_follows_from_something_else_stays_away(report: Report) -> None:
    """Where a promise waits for the import, its own hint would point elsewhere."""
    (first, *rest) = report.criteria
    waiting = replace(first, promises=tuple(replace(promise, waits_for="import.failed") for promise in first.promises))
    for feedback in Feedback:
        told = replace(report, criteria=(waiting, *rest), feedback=feedback)
        assert "THE HINT" not in render(told, "json", View())
