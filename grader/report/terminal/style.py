"""Signs and colours of the terminal report, for outcomes of criteria and promises, severities and statuses."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text

from grader.model import Finding, MarkStatus, PromiseOutcome, ReportStatus, Severity
from grader.report.figures import share
from grader.report.visible import one_line


class TerminalSign(NamedTuple):
    """A sign that is readable without colour, and the colour that repeats it."""

    sign: str
    style: str


MARKS = {
    MarkStatus.EARNED: TerminalSign("✓", "green"),
    MarkStatus.PARTIAL: TerminalSign("~", "yellow"),
    MarkStatus.LOST: TerminalSign("✗", "red"),
    MarkStatus.NOT_MEASURED: TerminalSign("?", "magenta"),
}
PROMISES = {
    PromiseOutcome.KEPT: TerminalSign("✓", "green"),
    PromiseOutcome.BROKEN: TerminalSign("✗", "red"),
    PromiseOutcome.NOT_MEASURED: TerminalSign("?", "magenta"),
}
FINDINGS = {
    Severity.ERROR: TerminalSign("error", "red"),
    Severity.WARNING: TerminalSign("warning", "yellow"),
    Severity.NOTE: TerminalSign("note", "cyan"),
}
STATUSES = {
    ReportStatus.GRADED: TerminalSign("graded", "green"),
    ReportStatus.INCOMPLETE: TerminalSign("incomplete", "magenta"),
    ReportStatus.REJECTED: TerminalSign("rejected", "red"),
}


def bar(earned: float, points: float, *, width: int, style: str) -> Text:
    """Return a bar that is full only if everything was earned, and empty only if nothing was."""
    filled = round(share(earned, points) * width)
    if 0 < earned < points:
        filled = min(max(filled, 1), width - 1)
    return Text.assemble(("█" * filled, style), ("░" * (width - filled), "dim"))


def place(finding: Finding) -> str:
    """Return a place such as `orm.py:12:4`, as precisely as it is known."""
    known = [one_line(finding.file or "", longest=200), finding.line, finding.column]
    return ":".join(str(part) for part in known[: 3 if finding.line else 1] if part)
