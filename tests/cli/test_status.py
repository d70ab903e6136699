"""Exit statuses are a contract: 0 graded, 1 below the threshold, 2 wrong input or call, 3 could not measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.model import Kind
from sandbox.outcome import SandboxUnusable
from tests.cli.conftest import Gradings, Run


@pytest.mark.parametrize(
    ("case", "options", "status"),
    [
        ("full", [], 0),
        ("partial", [], 0),
        ("partial", ["--fail-under", "63.33"], 0),
        ("partial", ["--fail-under", "63.34"], 1),
        ("full", ["--fail-under", "100"], 0),
        ("incomplete", [], 3),
        ("incomplete", ["--fail-under", "0"], 3),
        ("rejected", [], 2),
        ("rejected", ["--fail-under", "50"], 2),
    ],
)
def test_a_report_decides_the_status(
    grader: Run, gradings: Gradings, submission: Path, case: str, options: Any, status: int
) -> None:
    """A report is printed whatever the status."""
    gradings.will_be(case)
    ended = grader("grade", submission, "--challenge", "metaclass_orm", *options)
    assert ended.status == status
    assert "A small ORM with a metaclass" in ended.out


def test_what_a_person_marks_later_is_no_failure_of_the_harness(
    grader: Run, gradings: Gradings, submission: Path
) -> None:
    """An open review leaves a report incomplete, and the command content."""
    report = gradings.stored("incomplete")
    marks = tuple(criterion for criterion in report.criteria if criterion.kind is not Kind.BEHAVIOUR)
    gradings.will_be(msgspec.structs.replace(report, criteria=marks))
    assert grader("grade", submission, "--challenge", "metaclass_orm").status == 0


def test_a_machine_that_cannot_isolate_grades_nothing(grader: Run, gradings: Gradings, submission: Path) -> None:
    """Status 3, the reason and the remedy, and no report."""
    gradings.raises = SandboxUnusable("user namespaces are switched off", remedy="Switch them on.")
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--fail-under", "50")
    assert (ended.status, ended.out) == (3, "")
    assert "user namespaces are switched off" in ended.err
    assert "Switch them on." in ended.err


def test_a_bug_of_ours_is_called_one(grader: Run, gradings: Gradings, submission: Path) -> None:
    """Our failure is status 3 and never looks like a verdict; there is no traceback unless asked for."""
    gradings.raises = RuntimeError("off by one")
    ended = grader("grade", submission, "--challenge", "metaclass_orm")
    assert (ended.status, ended.out) == (3, "")
    assert "bug in the grader, not in the submission" in ended.err
    assert "off by one" in ended.err
    assert "Traceback" not in ended.err


def test_debug_shows_the_traceback(
    grader: Run, gradings: Gradings, submission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GRADER_DEBUG=1 gives what a bug report needs."""
    monkeypatch.setenv("GRADER_DEBUG", "1")
    gradings.raises = RuntimeError("off by one")
    assert "Traceback" in grader("grade", submission, "--challenge", "metaclass_orm").err


def test_an_interrupt_is_130_and_says_so(grader: Run, gradings: Gradings, submission: Path, tmp_path: Path) -> None:
    """Ctrl-C ends with one line, and leaves no file behind."""
    gradings.raises = KeyboardInterrupt()
    output = tmp_path / "report.json"
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--output", output)
    assert ended.status == 130
    assert "interrupted" in ended.err
    assert "Traceback" not in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "named", "remedy"),
    [
        (["grade"], "PATH", "--help"),
        (["grade", "/nowhere/at/all"], "/nowhere/at/all", "Check the path"),
        (["grade", ".", "--challenge", "metaclas_orm"], "metaclas_orm", "Did you mean language/metaclass_orm?"),
        (["grade", ".", "--format", "pdf"], "pdf", "terminal"),
        (["grade", ".", "--seed", "-1"], "--seed", "range"),
        (["grade", ".", "--fail-under", "101"], "--fail-under", "range"),
        (["grade", ".", "--challenges", "/nowhere"], "/nowhere", "Use one that contains challenges"),
        (["grade", ".", "--challenge", "metaclass_orm", "--backend", "hope"], "hope", "bubblewrap"),
        (["show", "metaclass"], "metaclass", "Did you mean"),
        (["start", "nothing-like-it"], "nothing-like-it", "The challenges are"),
        (["frobnicate"], "frobnicate", "--help"),
        (["garde"], "garde", "Did you mean grade"),
        (["sign", "/nowhere/x", "--key", "/nowhere/k"], "/nowhere/x", "Pass a report"),
        (["check", "/nowhere/x", "--key", "/nowhere/k"], "/nowhere/x", "Pass an envelope"),
        (["report", "/nowhere/x"], "/nowhere/x", "Pass a report"),
        (["compare", "/nowhere/x", "/nowhere/y"], "/nowhere/x", "Pass a report"),
        (["batch", "/nowhere/x"], "/nowhere/x", "Choose a folder"),
        (["grade", "n" * 300], "nnn", "Copy it elsewhere"),
    ],
)
def test_a_wrong_call_is_2_and_says_what_to_do(grader: Run, arguments: list[str], named: str, remedy: str) -> None:
    """The message names the thing and the remedy, on stderr, without a traceback."""
    ended = grader(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert named in ended.err
    assert remedy in ended.err
    assert "Traceback" not in ended.err


def test_an_error_message_cannot_steer_the_terminal(grader: Run, tmp_path: Path) -> None:
    """Names come from candidates, on stderr too."""
    ended = grader("grade", tmp_path / "a\x1b[31m\n::error::b")
    assert ended.status == 2
    assert "\x1b" not in ended.err
    assert not any(line.lstrip().startswith("::") for line in ended.err.splitlines())


def test_a_broken_challenge_is_nobodys_wrong_call(grader: Run, submission: Path, tmp_path: Path) -> None:
    """When the challenge is broken nothing can be measured: status 3, and its author is told where and what."""
    folder = tmp_path / "own/language/broken"
    folder.mkdir(parents=True)
    (folder / "challenge.toml").write_text("format_version = 1\n")
    ended = grader("grade", submission, "--challenge", "broken", "--challenges", tmp_path / "own")
    assert (ended.status, ended.out) == (3, "")
    assert "language/broken/challenge.toml" in ended.err
