"""What a beginner meets first fits on a screen: the untouched starter, a syntax error, an endless loop."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assess.pipeline import grade
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import SuiteHost
from grader.intake import take_folder
from grader.model import SourceFile, Submission
from grader.report import render
from sandbox.backends import backend_named

LINES = 40
CHALLENGES = {challenge.name: challenge for challenge in catalogue().challenges()}


def taken(folder: Path) -> Submission:
    submission = take_folder(folder)
    assert isinstance(submission, Submission)
    return submission


def with_last_line(challenge: Challenge, line: str) -> Submission:
    """The solution, with a line more at the end of its first module."""
    solution = taken(challenge.folder / "solution")
    name = challenge.manifest.modules[0]
    files = tuple(
        SourceFile(path=file.path, text=f"{file.text}\n{line}\n") if file.path == name else file
        for file in solution.files
    )
    return Submission(origin=solution.origin, files=files, digest=solution.digest)


KINDS: dict[str, Callable[[Challenge], Submission]] = {
    "starter": lambda challenge: taken(challenge.folder / "starter"),
    "syntax": lambda challenge: with_last_line(challenge, "x = ("),
    "loop": lambda challenge: with_last_line(challenge, "while True: pass"),
}
QUICK = (("language/metaclass_orm", "syntax"),)
LOOPS = ("language/metaclass_orm", "language/type_hints")
"""Whose loops are tried: each waits for a suite's deadlines, and what is told of them is the same everywhere."""
AREAS = {challenge.area: challenge.name for challenge in CHALLENGES.values()}
"""One challenge of each area, whose syntax errors are tried: what is told of those is the same everywhere, too."""
TRIED = {
    "starter": frozenset(CHALLENGES),
    "syntax": frozenset([*AREAS.values(), *(name for name, kind in QUICK if kind == "syntax")]),
    "loop": frozenset(LOOPS),
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.heavy)
        for pair in itertools.product(CHALLENGES, KINDS)
        if pair[0] in TRIED[pair[1]]
    ],
)
def test_a_report_of_nothing_that_works_is_short(warm: SuiteHost, name: str, kind: str) -> None:
    """At most 40 lines at 80 columns, which begin with what is wrong."""
    challenge = CHALLENGES[name]
    report = grade(KINDS[kind](challenge), challenge, backend=backend_named("bubblewrap"), seed=1, host=warm)
    output = render(report, "terminal").splitlines()
    assert len(output) <= LINES, "\n".join(output)
    if kind == "syntax":
        assert "was never closed" in " ".join(" ".join(output[:30]).split())
