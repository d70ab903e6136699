"""What an author reads."""

from __future__ import annotations

from grader.model import HarnessRef
from grader.report.terminal import printed
from grader.report.view import Audience, View
from grader.verify.rendering import MOST, rendered, summary
from grader.verify.verdict import Check, CheckStatus, Problem, Survivor, Verification, Verified

SURVIVOR = Survivor(
    mutant="runs.py:clamp:comparison:2",
    path="runs.py",
    line=10,
    diff="--- runs.py\n+++ runs.py\n@@ -10 +10 @@\n-    if value < low:\n+    if value <= low:",
    nearest="test_values_are_kept_within_bounds",
    nearest_source="def test_values_are_kept_within_bounds(): ...",
)


def shown(*checks: Check, survivors: bool = False) -> str:
    verified = Verified(challenge="language/runs", digest="sha256:0", checks=checks)
    found = Verification(
        challenges=(verified,), seeds=(1, 2), backend="none", harness=HarnessRef(version="1", digest="sha256:0")
    )
    view = View(audience=Audience.REVIEWER, width=100, colour=False)
    return printed(rendered(found, survivors=survivors), view) + printed(summary([found], (1, 2)), view)


def problem(number: int, remedy: str = "mend it") -> Problem:
    return Problem(id="x.y", where=f"place {number}", what="it is wrong", help=remedy)


def test_each_check_has_a_line() -> None:
    """A sign that needs no colour, the figure, and where the time went."""
    text = shown(
        Check(id="form", title="complete", verdict=CheckStatus.HOLDS, figure="6 flaws", milliseconds=1500.0),
        Check(id="seeds", title="steady", verdict=CheckStatus.FAILS, figure="3 of 4", cached=True),
        Check(id="empty", title="nothing", verdict=CheckStatus.UNMEASURED),
        Check(id="mutants", title="noticed", verdict=CheckStatus.SKIPPED, figure="fix the form first"),
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["✓", "form", "6", "flaws", "complete", "1.5", "s"] in lines
    assert ["✗", "seeds", "3", "of", "4", "steady", "cached"] in lines
    assert any(line[:3] == ["?", "empty", "not"] for line in lines)
    assert any(line[:3] == ["-", "mutants", "fix"] for line in lines)
    assert "1 did not.  Seeds 1, 2; none." in text


def test_a_remedy_is_told_once() -> None:
    """Neighbours with the same remedy share it."""
    text = shown(
        Check(
            id="form",
            title="complete",
            verdict=CheckStatus.FAILS,
            problems=(problem(1), problem(2), problem(3, "write it")),
        )
    )
    assert all(f"place {number}: it is wrong" in text for number in (1, 2, 3))
    assert (text.count("mend it"), text.count("write it")) == (1, 1)


def test_a_flood_is_cut() -> None:
    """The first problems are told, and how many more there are."""
    problems = tuple(problem(number) for number in range(MOST + 5))
    text = shown(Check(id="flawed", title="", verdict=CheckStatus.FAILS, problems=problems))
    assert f"place {MOST - 1}:" in text
    assert f"place {MOST}:" not in text
    assert "5 more" in text


def test_survivors_are_shown_when_asked_for() -> None:
    """Each mutant's diff beside the hidden test that is closest to noticing it."""
    check = Check(id="mutants", title="", verdict=CheckStatus.HOLDS, survivors=(SURVIVOR,))
    assert "value <= low" not in shown(check)
    text = shown(check, survivors=True)
    assert "+    if value <= low:" in text
    assert "closest hidden test: test_values_are_kept_within_bounds" in text
