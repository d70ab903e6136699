"""The sample candidate repositories earn what their README says of them, under a new seed every time."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.model import Level, MarkStatus, PromiseOutcome, RepositoryReport

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.heavy


@pytest.fixture
def graded() -> Callable[[str], RepositoryReport]:
    """What a candidate gets who grades this repository."""

    def grade(name: str) -> RepositoryReport:
        command = [sys.executable, "-m", "grader", "grade", f"tests/candidates/{name}", "--format", "json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        report = msgspec.json.decode(done.stdout, type=RepositoryReport)
        assert report.reports
        return report

    return grade


def test_the_strong_one_is_a_senior_or_an_expert(graded: Callable[[str], RepositoryReport]) -> None:
    """Nearly everything earned."""
    for report in graded("strong").reports:
        assert report.percent > 95
        assert report.level in (Level.SENIOR, Level.EXPERT)


def test_the_middling_one_is_told_each_loss(graded: Callable[[str], RepositoryReport]) -> None:
    """A fair share earned; every mark that is not in full names something to do."""
    for report in graded("middling").reports:
        assert report.level is Level.MID
        assert all(mark.findings for mark in report.criteria if mark.status is not MarkStatus.EARNED)


def test_the_beginner_earns_a_little(graded: Callable[[str], RepositoryReport]) -> None:
    """Something somewhere, no level yet, and what the first one asks for."""
    reports = graded("beginner").reports
    assert any(report.score for report in reports)
    for report in reports:
        assert report.percent < 30
        assert report.level is None
        assert "Junior" in report.next_level


def test_the_cheat_earns_nothing(graded: Callable[[str], RepositoryReport]) -> None:
    """No promise is kept, and nothing is earned for what stands there without working."""
    for report in graded("cheat").reports:
        promises = [promise for mark in report.criteria for promise in mark.promises]
        assert {promise.outcome for promise in promises} == {PromiseOutcome.BROKEN}
        assert report.score == 0
