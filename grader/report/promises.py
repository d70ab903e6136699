"""A mark's promises and findings, each shown once.

The rubric gives each broken promise a finding, too, for formats that know only findings (SARIF, annotations). Formats
that show promises list only the other findings beside them.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from grader.model import CAUSES, Example, Finding, Mark, Promise, PromiseOutcome, Report


def broken(mark: Mark) -> tuple[Promise, ...]:
    """Return the promises that are broken or not measured."""
    return tuple(promise for promise in mark.promises if promise.outcome is not PromiseOutcome.KEPT)


def to_explain(mark: Mark) -> tuple[Promise, ...]:
    """Return the broken promises that do not wait for a cause reported for the whole report."""
    return tuple(promise for promise in broken(mark) if not promise.waits_for)


class Cause(NamedTuple):
    """A cause that heads the report, and the number of promises waiting for it."""

    finding: Finding
    waiting: int

    @property
    def words(self) -> str:
        """A sentence that says how many promises wait; empty if none do."""
        if not self.waiting:
            return ""
        return f"{self.waiting} promises wait for this." if self.waiting > 1 else "One promise waits for this."


def causes(report: Report) -> tuple[Cause, ...]:
    """Return the causes that several promises share, each once."""
    waiting = Counter(promise.waits_for for mark in report.criteria for promise in broken(mark))
    return tuple(Cause(finding, waiting[finding.id]) for finding in report.findings if finding.id in CAUSES)


def notices(report: Report) -> tuple[Finding, ...]:
    """Return the findings that belong to no criterion and are not causes."""
    return tuple(finding for finding in report.findings if finding.id not in CAUSES)


def example_lines(example: Example) -> tuple[tuple[str, str], ...]:
    """Return an example's parts, each with a label."""
    lines = (
        ("asked", example.asked),
        ("step", example.step),
        ("received", example.received),
        ("promised", example.promised),
        ("because", example.note),
        ("printed", example.printed),
    )
    return tuple((label, text) for label, text in lines if text.strip())


def lines_of(label: str, text: str) -> list[str]:
    """Return the lines of an example's part. Calls and steps are the grader's own text; anything else is one line."""
    return text.split("\n") if label in ("asked", "step") else [text]


def beside_promises(mark: Mark) -> tuple[Finding, ...]:
    """Return the findings that do not repeat one of the mark's promises."""
    repeated = {_finding_id(mark, promise) for promise in mark.promises}
    return tuple(finding for finding in mark.findings if finding.id not in repeated)


def _finding_id(mark: Mark, promise: Promise) -> str:
    name = promise.id.partition("[")[0].removeprefix("test_")
    return f"{mark.kind.value}.{mark.id}.{name}"
