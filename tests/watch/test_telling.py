"""What a save changed is told first, on one screen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.model import Finding, Mark, MarkStatus, PromiseOutcome, Report, Severity
from grader.report.view import View
from grader.watch.telling import explained, told

GOLD = Path(__file__).parent.parent / "gold"
VIEW = View(width=100)


@pytest.fixture
def full() -> Report:
    return msgspec.json.decode((GOLD / "full/report.json").read_bytes(), type=Report)


def broken(report: Report, number: int) -> Report:
    """The report, but nothing of one criterion is kept."""
    marks = list(report.criteria)
    mark: Mark = marks[number]
    promises = tuple(msgspec.structs.replace(promise, outcome=PromiseOutcome.BROKEN) for promise in mark.promises)
    marks[number] = msgspec.structs.replace(mark, earned=0.0, status=MarkStatus.LOST, promises=promises)
    return msgspec.structs.replace(report, criteria=tuple(marks), percent=report.percent - mark.points)


def behaviour(report: Report) -> int:
    return next(number for number, mark in enumerate(report.criteria) if mark.promises)


def test_what_is_lost_is_said_with_its_promises(full: Report) -> None:
    """A save that breaks a promise: the mark and its loss, the criterion, the promise."""
    number = behaviour(full)
    text = told(full, broken(full, number), VIEW, at="12:00:00  ")
    head, first, *rest = text.splitlines()
    assert head.startswith(f"12:00:00  {full.challenge.name}  ")
    assert f"({-full.criteria[number].points:+g})" in head
    assert first.startswith(f"  lost  {full.criteria[number].title}"[:60])
    assert any(line.strip().startswith("✗") and full.criteria[number].promises[0].text[:40] in line for line in rest)
    assert "  still broken" in rest


def test_what_is_won_is_said_with_its_promises(full: Report) -> None:
    """A save that keeps a promise again: what was won, and nothing is still broken."""
    number = behaviour(full)
    text = told(broken(full, number), full, VIEW)
    assert "  won   " in text.splitlines()[1]
    assert f"✓ {full.criteria[number].promises[0].text[:40]}" in text
    assert "lost" not in text
    assert "still broken" not in text


def test_nothing_changed_is_one_line(full: Report) -> None:
    """What is as it was, and whole, takes one line."""
    assert len(told(full, full, VIEW).splitlines()) == 1


def test_what_is_broken_is_said_by_example() -> None:
    """Asked, received, promised; criteria without promises stay away, and so does what fits on no screen."""
    report = msgspec.json.decode((GOLD / "partial/report.json").read_bytes(), type=Report)
    text = explained(report, VIEW)
    assert "set_integer(low=0, high=150, value=151)" in text
    assert "mypy" not in text
    assert len(explained(report, VIEW, lines=4).splitlines()) == 4
    assert explained(report, VIEW, only=["types"]).strip() == ""


def test_the_first_grading_has_nothing_to_compare_with(full: Report) -> None:
    """No gain is claimed; what is broken is named."""
    text = told(None, broken(full, behaviour(full)), VIEW)
    assert "(" not in text.splitlines()[0]
    assert "still broken" in text
    assert "lost" not in text


def test_it_fits_on_a_screen(full: Report) -> None:
    """More than the screen has is cut, and the last line says how much and where it is."""
    worst = full
    for number in range(len(full.criteria)):
        worst = broken(worst, number)
    whole = told(full, worst, VIEW, lines=1000).splitlines()
    text = told(full, worst, VIEW, lines=6).splitlines()
    assert text[:5] == whole[:5]
    assert text[5:] == [f"  … and {len(whole) - 5} more lines; use --verbose to show the whole report"]


def test_only_a_criterion(full: Report) -> None:
    """`only` leaves out what other criteria lost."""
    number = behaviour(full)
    other = next(place for place in range(len(full.criteria)) if place != number)
    text = told(full, broken(broken(full, number), other), VIEW, only=(full.criteria[other].id,))
    assert full.criteria[other].title[:40] in text
    assert full.criteria[number].title[:40] not in text


def test_a_half_written_file_is_one_line(full: Report) -> None:
    """What is no Python is said once, with its place, not once a criterion; and whole, however narrow the terminal."""
    finding = Finding(
        id="source.syntax", severity=Severity.ERROR, message="'(' was never closed.", file="orm.py", line=4, column=2
    )
    marks = tuple(msgspec.structs.replace(mark, earned=0.0, findings=(finding,)) for mark in full.criteria)
    report = msgspec.structs.replace(full, criteria=marks, percent=0.0)
    text = told(full, report, View(width=40), at="12:00:00  ")
    assert text == f"12:00:00  {full.challenge.name}  cannot be graded: orm.py:4:2: '(' was never closed.\n"


def test_text_of_a_submission_steers_no_terminal(full: Report) -> None:
    """Escape sequences of a finding are shown, not obeyed."""
    finding = Finding(id="source.x", severity=Severity.ERROR, message="a\x1b[2Jb", file="o\x1b.py", line=1)
    marks = tuple(msgspec.structs.replace(mark, findings=(finding,)) for mark in full.criteria)
    assert "\x1b" not in told(full, msgspec.structs.replace(full, criteria=marks), VIEW)
    beside = (msgspec.structs.replace(finding, id="types.x"),)
    lost = msgspec.structs.replace(full.criteria[0], status=MarkStatus.LOST, findings=beside, promises=())
    assert "\x1b" not in told(full, msgspec.structs.replace(full, criteria=(lost,)), VIEW)
