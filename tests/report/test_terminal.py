"""The terminal report tells at a glance what happened, and reads the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from grader.model import Finding, MarkStatus, PromiseOutcome, Severity
from grader.report import Audience, View, render
from tests.report.conftest import Stored

replace = msgspec.structs.replace
GOLD = Path(__file__).parent.parent / "gold"
CASES = sorted(path.parent.name for path in GOLD.glob("*/report.json"))


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("case", CASES)
def test_no_line_is_wider_than_the_terminal(stored: Stored, case: str, width: int) -> None:
    """Nothing runs over the edge."""
    lines = render(stored(case), "terminal", View(width=width, audience=Audience.REVIEWER)).split("\n")
    assert [line for line in lines if cell_len(line) > width] == []


@pytest.mark.parametrize("case", CASES)
def test_colour_adds_nothing_but_colour(stored: Stored, case: str) -> None:
    """Without colour nothing is missing: taking the colours out gives the plain report."""
    coloured = render(stored(case), "terminal", View(colour=True))
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    plain = render(stored(case), "terminal")
    assert [line.rstrip() for line in stripped.split("\n")] == plain.split("\n")


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "COLUMNS", "NO_COLOR", "TERM", "JUPYTER_COLUMNS"])
def test_the_environment_has_no_say(stored: Stored, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A renderer is pure: the same report and view give the same text."""
    before = render(stored("partial"), "terminal")
    monkeypatch.setenv(variable, "33")
    assert render(stored("partial"), "terminal") == before


def test_a_finding_stands_beside_the_line_it_is_about(stored: Stored) -> None:
    """File, line, column, the candidate's own line with a mark below it, and what to do."""
    output = render(stored("partial"), "terminal")
    assert "orm.py:14:9 pickle.loads runs code" in output
    found = re.search(r"14 │ (.*)\n +│ (.*)", output)
    assert found is not None
    code, mark = found.groups()
    assert code[mark.index("^") :].startswith("pickle.loads")
    assert "→ Read JSON instead." in output


def test_an_incomplete_report_gives_the_range_and_no_level(stored: Stored) -> None:
    """What was not measured is neither zero nor a pass."""
    output = render(stored("incomplete"), "terminal")
    assert "20 to 100 of 100 points · incomplete" in output
    assert "Level" not in output
    assert "user namespaces are switched off" in output


def test_a_rejected_submission_gets_reasons_and_no_score(stored: Stored) -> None:
    """Every reason, what to do, and no mark."""
    output = render(stored("rejected"), "terminal")
    assert "Rejected: nothing was graded." in output
    assert "orm.py is a symbolic link." in output
    assert "points" not in output


def test_candidates_see_no_hidden_test_and_reviewers_do(stored: Stored) -> None:
    """Drawn inputs and traces are the reviewer's."""
    assert "age=151" not in render(stored("partial"), "terminal")
    assert "age=151" in render(stored("partial"), "terminal", View(audience=Audience.REVIEWER))


def test_many_findings_are_counted_and_not_listed(stored: Stored) -> None:
    """A hundred findings of a kind do not hide the rest of the report; advice is given once."""
    report = stored("partial")
    many = tuple(Finding(id="a.b", severity=Severity.ERROR, message=f"number {n}", help="Mend it.") for n in range(100))
    types = msgspec.structs.replace(
        report.criteria[2], findings=(*many, Finding(id="a.c", severity=Severity.ERROR, message="another"))
    )
    output = render(msgspec.structs.replace(report, criteria=(types,)), "terminal")
    assert output.count("number") == 3
    assert output.count("Mend it.") == 1
    assert "another" in output
    assert "… and 97 more" in output


def test_what_promises_wait_for_is_said_first_and_once(stored: Stored) -> None:
    """The cause stands above the rubric, with its line, a caret and how many promises wait; none of them is told."""
    report = stored("partial")
    (first, *rest) = report.criteria
    broken = [promise for promise in first.promises if promise.outcome is PromiseOutcome.BROKEN]
    waiting = [
        replace(broken[0], id=f"test_{number}", text=f"P{number}.", waits_for="import.failed") for number in "ab"
    ]
    cause = Finding(
        id="import.failed", severity=Severity.ERROR, message="orm cannot be imported.", file="orm.py", line=14, column=9
    )
    mark = replace(first, promises=tuple(waiting), findings=())
    output = render(replace(report, criteria=(mark, *rest), findings=(cause,)), "terminal")
    assert output.index("orm.py:14:9 orm cannot be imported.") < output.index("✓ ")
    assert re.search(r"14 │ .*\n +│ +\^", output)
    assert output.count("2 promises wait for this.") == 1
    assert "Pa." not in output


def test_equal_findings_are_told_once_with_their_lines(stored: Stored) -> None:
    """Sixty functions without annotations are one mistake."""
    report = stored("partial")
    same = [
        Finding(id="types.untyped", severity=Severity.ERROR, message="No annotation.", file="orm.py", line=number)
        for number in range(1, 61)
    ]
    (first, *rest) = report.criteria
    output = " ".join(
        render(replace(report, criteria=(replace(first, findings=tuple(same)), *rest)), "terminal").split()
    )
    assert output.count("No annotation.") == 1
    assert "(60 times: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ...)" in output
    assert "59 more" not in output


def test_the_same_exception_at_the_same_place_is_shown_once(stored: Stored) -> None:
    """A second promise that meets it says so, and its hint stays away."""
    report = stored("partial")
    (first, *rest) = report.criteria
    broken = [promise for promise in first.promises if promise.outcome is PromiseOutcome.BROKEN]
    raised = replace(broken[0], reason="It raised KeyError: 'x'.", file="orm.py", line=14, hint="THE HINT")
    twice = (raised, replace(raised, id="test_other", text="Another one."))
    output = render(replace(report, criteria=(replace(first, promises=twice, findings=()), *rest)), "terminal")
    assert output.count("THE HINT") == 1
    assert "The same as above: It raised KeyError: 'x'." in output


def test_quiet_is_score_and_rubric(stored: Stored) -> None:
    """For a shell: no losses, no notices."""
    output = render(stored("partial"), "terminal", View(quiet=True))
    assert "points" in output
    assert "promises kept" not in output
    assert "→" not in output


def test_only_one_criterion_is_told(stored: Stored) -> None:
    """`--only` leaves the rubric whole and tells the losses of the criteria that it names."""
    report = stored("partial")
    lost = [mark for mark in report.criteria if mark.status is not MarkStatus.EARNED]
    output = render(report, "terminal", View(only=(lost[0].id,)))
    assert f" {lost[0].title}:" in output
    assert not [mark.id for mark in lost[1:] if f" {mark.title}:" in output]
