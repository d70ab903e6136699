"""What a candidate is told when a promise is broken, and what never is."""

from __future__ import annotations

import pytest

from grader.assess.pipeline import grade
from grader.challenges.challenge import Challenge, load
from grader.evidence.suite.client import SuiteHost
from grader.intake import Rejected, take_folder
from grader.model import Report
from grader.report import FORMATS, render
from grader.report.view import Audience, View
from sandbox.backends import backend_named

from .conftest import SOUND


@pytest.fixture(scope="module")
def report(warm: SuiteHost) -> tuple[Challenge, Report]:
    """A flawed submission, graded with everything that a reviewer may see."""
    subject = load(SOUND)
    taken = take_folder(subject.folder / "flawed/bounds/lower_bound_forgotten")
    assert not isinstance(taken, Rejected)
    return subject, grade(taken, subject, backend=backend_named("bubblewrap"), seed=3, explain=True, host=warm)


def test_a_candidate_is_told_the_promise_and_nothing_hidden(report: tuple[Challenge, Report]) -> None:
    """In every format: the promise in words; no line of suite, probe or solution, and no drawn input."""
    subject, graded = report
    broken = next(mark for mark in graded.criteria if mark.id == "bounds")
    (promise,) = [promise for promise in broken.promises if promise.outcome == "broken"]
    assert promise.detail is not None
    hidden = {
        line.strip()
        for path in (subject.suite, subject.probe, subject.folder / "solution/runs.py")
        for line in path.read_text().splitlines()
    }
    public = {
        line.strip()
        for name in ("flawed/bounds/lower_bound_forgotten/runs.py", "README.md")
        for line in (subject.folder / name).read_text().splitlines()
    }
    secret = {line for line in hidden - public if len(line) > 20 and '"""' not in line}
    assert any(line in promise.detail.trace or line in promise.detail.source for line in secret)
    for format_ in FORMATS:
        told = render(graded, format_, View(audience=Audience.CANDIDATE, width=400, colour=False))
        assert "gives the nearest number" in told
        assert not [line for line in secret if line in told]
        assert "values=[" not in told
        assert "Falsifying" not in told


def test_a_reviewer_is_told_the_test_and_the_input(report: tuple[Challenge, Report]) -> None:
    """The hidden test and the smallest counterexample."""
    _, graded = report
    told = render(graded, "json", View(audience=Audience.REVIEWER, width=100, colour=False))
    assert "test_values_are_kept_within_bounds" in told
    assert "values=" in told
