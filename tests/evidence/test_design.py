"""Designs: what intake takes, what the collector says about one, and what a report says while a person is awaited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grader import rubric
from grader.assess.pipeline import grade
from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.drawn import stage_of
from grader.evidence.documents import design
from grader.intake import Rejected, take_folder
from grader.model import (
    MEASURED_PART,
    Evidence,
    Fault,
    Kind,
    Level,
    MarkStatus,
    PromiseOutcome,
    Report,
    ReportStatus,
    SourceFile,
    Submission,
)
from grader.report.terminal import render
from grader.report.view import View
from sandbox.backends import backend_named

DRAFT = Path(__file__).parents[2] / "drafts/interview/system_design"
SEED = 7
MEASURED = 50


@pytest.fixture(scope="module")
def stage() -> Iterator[Challenge]:
    with stage_of(load(DRAFT), "a seed", 1) as challenge:
        yield challenge


def taken(folder: Path) -> Submission:
    submission = take_folder(folder)
    assert not isinstance(submission, Rejected), submission.reasons
    return submission


def handed_in(text: str) -> Submission:
    return Submission(origin="here", files=(SourceFile(path="design.toml", text=text),), digest="")


def solution(challenge: Challenge) -> str:
    return (challenge.folder / "solution/design.toml").read_text("utf-8")


def collected(text: str, challenge: Challenge) -> Evidence:
    return design.collect(handed_in(text), challenge, SEED)


def report_on(folder: Path, challenge: Challenge) -> Report:
    return grade(taken(folder), challenge, backend=backend_named("bubblewrap"), seed=SEED)


def test_intake_takes_a_design_and_its_document_at_the_top(tmp_path: Path) -> None:
    """Nowhere else, and no document without a design: prose stays what nobody expects to be graded."""
    (tmp_path / "below").mkdir()
    for name in ("design.md", "below/design.toml", "below/design.md", "other.toml"):
        (tmp_path / name).write_text("# coding: latin-1\n")
    assert taken(tmp_path).everything == ()
    (tmp_path / "design.toml").write_text("a = 1\n")
    assert [file.path for file in taken(tmp_path).documents] == ["design.md", "design.toml"]


def test_a_design_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """What a link leads to may change, whatever it is read as."""
    (tmp_path / "design.toml").symlink_to("/etc/hostname")
    assert isinstance(take_folder(tmp_path), Rejected)


def test_the_reference_keeps_every_promise(stage: Challenge) -> None:
    """Without a sandbox, since nothing of an answer runs."""
    promises = collected(solution(stage), stage).promises
    assert [promise.id for promise in promises if promise.outcome is not PromiseOutcome.KEPT] == []
    assert {promise.criterion for promise in promises} == {
        criterion.id for criterion in stage.manifest.criteria if criterion.kind is Kind.DESIGN
    }


def test_a_seed_decides_all_that_is_random(stage: Challenge) -> None:
    """The same seed gives the same evidence."""
    text = (stage.folder / "starter/design.toml").read_text("utf-8")
    assert collected(text, stage) == collected(text, stage)
    assert collected(text, stage) != design.collect(handed_in(text), stage, SEED + 1)


def test_over_the_budget_nothing_else_counts(stage: Challenge) -> None:
    """Ever so many instances keep nothing but what they cost, and each promise says why."""
    text = solution(stage).replace("instances = ", "instances = 1", 1)
    for promise in collected(text, stage).promises:
        assert promise.outcome is PromiseOutcome.BROKEN
        assert "cost is" in promise.reason


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = \n", 1, "Invalid value"),
        ("", None, "format_version: the key is missing"),
        ("format_version = 1\nsystem = 1979-05-27\n", 2, "system: got"),
        (f"a = {'[' * 10_000}", None, ""),
        (f"a = '{'x' * 70_000}'", None, "more than 65536 bytes"),
        (f"a = {'9' * 5000}", None, ""),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(stage: Challenge, text: str, line: int | None, message: str) -> None:
    """Every promise waits for the cause, which names line and remedy."""
    evidence = collected(text, stage)
    first = evidence.causes[0]
    assert message in first.message
    assert (first.line, first.file, first.id) == (line, "design.toml", design.INVALID)
    assert first.help
    assert all(promise.waits_for == design.INVALID for promise in evidence.promises)


def test_a_wrong_key_is_said_with_its_line(stage: Challenge) -> None:
    """As the public simulator says it."""
    text = solution(stage).replace("partitions = ", "shards = ", 1)
    first, second = collected(text, stage).causes
    assert text.splitlines()[(first.line or 0) - 1].startswith("shards")
    assert "there is no such key" in first.message
    assert "database.partitions: the key is missing" in second.message


@pytest.mark.parametrize(
    "text",
    [f"a{'.b' * 4000} = 1\n", f"a = {'[' * 12}{']' * 12}\n", f"a = {'[' * 5000}\n", f"a = 0x{'f' * 5000}\n"],
    ids=["keys", "lists", "open lists", "digits"],
)
def test_what_cannot_be_handed_on_breaks_promises_and_nothing_else(text: str, stage: Challenge) -> None:
    """What can be decoded and not encoded, or neither, is the submission's fault and ends no grader."""
    evidence = collected(text, stage)
    assert evidence.failure is None
    assert {promise.outcome for promise in evidence.promises} == {PromiseOutcome.BROKEN}
    assert [cause.id for cause in evidence.causes] == ["design.invalid"]


def test_a_simulator_that_fails_is_nobodys_loss(stage: Challenge, tmp_path: Path) -> None:
    """It is the challenge's fault, and no promise is broken."""
    shutil.copytree(stage.folder, tmp_path / "interview/system_design")
    copy = load(tmp_path / "interview/system_design")
    (copy.folder / "simulator/judged.py").write_text("def judged(asked):\n    raise ValueError('a mistake')\n")
    failure = collected(solution(stage), copy).failure
    assert failure is not None
    assert failure.fault is Fault.CHALLENGE
    assert "a mistake" in failure.reason


def test_wrong_judged_json_is_the_authors(stage: Challenge, tmp_path: Path) -> None:
    """The message names the file."""
    shutil.copytree(stage.folder, tmp_path / "interview/system_design")
    copy = load(tmp_path / "interview/system_design")
    (copy.folder / "judged.json").write_text(json.dumps({"system": {}, "runs": [], "promises": [{"id": "a"}]}))
    with pytest.raises(ChallengeError, match=r"interview/system_design/judged\.json"):
        collected(solution(stage), copy)


def test_without_a_persons_marks_a_report_is_the_measured_part_only(stage: Challenge) -> None:
    """No level, whatever was measured; with the marks there is one."""
    report = report_on(stage.folder / "solution", stage)
    assert (report.score, report.best_possible, report.level) == (MEASURED, 100, None)
    assert (report.level_title, report.status) == (MEASURED_PART, ReportStatus.INCOMPLETE)
    assert MEASURED_PART in render(report, View())
    marks = [
        msgspec.structs.replace(mark, earned=mark.points, status=MarkStatus.EARNED) if mark.awaits_review else mark
        for mark in report.criteria
    ]
    assert rubric.with_marks(report, marks, stage).level is Level.EXPERT
    part = [
        msgspec.structs.replace(mark, status=MarkStatus.NOT_MEASURED, earned=0.0) if mark.id == "outlook" else mark
        for mark in marks
    ]
    assert rubric.with_marks(report, part, stage).level is not None


def test_the_workspace_has_the_simulator_that_judges(stage: Challenge) -> None:
    """Byte for byte; and neither the hidden runs nor the forger."""
    for path in (stage.folder / "simulator").glob("*.py"):
        assert (stage.folder / "starter/simulator" / path.name).read_bytes() == path.read_bytes()
    assert not {"judged.json", "forger.py"} & {path.name for path in (stage.folder / "starter").rglob("*")}
