"""Suites that try to earn marks without testing, and suites that lose what they deserve: one folder each.

`attack.toml` says what is promised and which marks are lost (`[lost]`; all others are earned) or what the total is.
They are graded against unit_testing with one broken implementation of each kind.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.assess.pipeline import grade
from grader.challenges import challenge as challenges
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import SuiteHost
from grader.intake import take_folder
from grader.model import MarkStatus, Report, Submission
from grader.report import render
from sandbox.backends import backend_named

HERE = Path(__file__).parent


class Attack(NamedTuple):
    """What a folder says."""

    folder: Path
    promise: str
    total: float | None
    lost: dict[str, float]
    says: tuple[str, ...]


def attacks() -> list[object]:
    """Every attack, as a parameter."""
    parameters: list[object] = []
    for path in sorted(HERE.glob("attacks/*/attack.toml")):
        words = tomllib.loads(path.read_text(encoding="utf-8"))
        total, lost, says = words.get("total"), words.get("lost", {}), tuple(words.get("says", []))
        attack = Attack(path.parent, words["promise"], total, lost, says)
        marks = [] if words.get("quick") else [pytest.mark.heavy]  # each runs a suite dozens of times
        parameters.append(pytest.param(attack, id=path.parent.name, marks=marks))
    return parameters


def one_of_each_group(text: str) -> str:
    """The first broken implementation of each group, and every gross one."""
    head, *entries = re.split(r"(?m)^\[\[mutant\]\]$", text)
    seen: set[str] = set()
    kept = []
    for entry in entries:
        group = tomllib.loads(entry)["group"]
        if group not in seen or group == "gross":
            kept.append(entry)
        seen.add(group)
    return "[[mutant]]".join([head, *kept])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Challenge:
    """unit_testing with few broken implementations."""
    source = catalogue().find("testing/unit_testing").folder
    folder = tmp_path_factory.mktemp("challenges") / "testing/unit_testing"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("flawed", "__pycache__"))
    path = folder / "mutants.toml"
    path.write_text(one_of_each_group(path.read_text(encoding="utf-8")), encoding="utf-8")
    return challenges.load(folder)


Graded = Callable[[Path], Report]


@pytest.fixture
def graded(small: Challenge, warm: SuiteHost) -> Graded:
    """Grade a folder against the small challenge."""

    def grade_it(folder: Path) -> Report:
        submission = take_folder(folder)
        assert isinstance(submission, Submission)
        return grade(submission, small, backend=backend_named("bubblewrap"), seed=1, explain=False, host=warm)

    return grade_it


def reasons(report: Report) -> str:
    """All that a candidate is told of broken promises."""
    return "\n".join(promise.reason for mark in report.criteria for promise in mark.promises)


def lost(report: Report) -> dict[str, float]:
    """Points that were lost, by criterion."""
    assert not [mark.id for mark in report.criteria if mark.status is MarkStatus.NOT_MEASURED], reasons(report)
    return {mark.id: mark.points - mark.earned for mark in report.criteria if mark.earned != mark.points}


@pytest.mark.parametrize("attack", attacks())
def test_an_attack_earns_no_more_than_it_deserves(attack: Attack, graded: Graded) -> None:
    """The marks are those that the attack's folder states, and the candidate is told why."""
    report = graded(attack.folder / "submission")
    if attack.total is None:
        assert lost(report) == attack.lost, reasons(report)
    else:
        lost(report)
        assert report.score == attack.total, reasons(report)
    for words in attack.says:
        assert words in reasons(report), (attack.promise, reasons(report))
    shown = render(report, "terminal")
    assert not re.search(r"(?m)^\s*::\w|[\x00-\x08\x0b-\x1f\u202a-\u202e]", shown)


@pytest.mark.heavy
@pytest.mark.parametrize("folder", sorted((HERE / "accepted").iterdir()), ids=lambda path: path.name)
def test_a_good_suite_of_any_style_earns_everything(folder: Path, graded: Graded) -> None:
    """Whatever plain pytest runs counts: fixtures of its plug-ins, classes, cases, parameters, a conftest.py."""
    report = graded(folder)
    assert lost(report) == {}, reasons(report)


def test_there_are_enough_attacks() -> None:
    """No attack gets lost."""
    assert len(attacks()) >= 30
