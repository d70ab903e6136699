"""What the last report on a challenge lost, the largest loss first. Pure.

Only what a candidate may see of the report is used, and its texts are made visible.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.model import Mark, MarkStatus, Report, Struct
from grader.portfolio.journal import JournalEntry
from grader.portfolio.reports import KeptReport
from grader.portfolio.shown import literal
from grader.report.audience import told
from grader.report.figures import marked, number
from grader.report.promises import beside_promises, causes, to_explain
from grader.report.view import Audience
from grader.report.visible import made_visible, one_line

MOST = 3
"""The maximum number of promises and findings that are listed for each criterion; the report has all of them."""
LONGEST = 300


class CriterionLost(Struct, frozen=True, kw_only=True):
    """A criterion that was not earned in full."""

    title: str
    lost: float
    """The number of points lost."""
    marked: str
    """The points in words: `4.5 of 15`."""
    reasons: tuple[tuple[str, str], ...]
    """Broken promises and findings, each with what to do."""
    more: int = 0
    """The number of reasons that are left out."""

    @property
    def brief(self) -> str:
        """The loss on one line: `Values are validated (9.5 points)`."""
        return f"{self.title} ({number(self.lost)} point{'s' if self.lost != 1 else ''})"


def criteria_lost(report: Report) -> tuple[CriterionLost, ...]:
    """Return what was lost, the largest loss first."""
    shown = made_visible(told(report, Audience.CANDIDATE))
    assert isinstance(shown, Report)
    lost = [_lost(mark) for mark in shown.criteria if mark.status in (MarkStatus.PARTIAL, MarkStatus.LOST)]
    return tuple(sorted(lost, key=lambda loss: -loss.lost))


def as_markdown(attempt: KeptReport, notes: Sequence[JournalEntry] = ()) -> str:
    """Return the losses, and the owner's notes, as a section to put above a brief; empty if there is neither."""
    losses = criteria_lost(attempt.report)
    if not losses and not notes:
        return ""
    report = attempt.report
    head = (
        f"{attempt.date or 'Undated'} · {number(report.score)} of {number(report.max_score)} points · {attempt.result}"
    )
    lines = ["# What your last report lost", "", f"{head} · {attempt.provenance}", ""]
    shown = made_visible(told(report, Audience.CANDIDATE))
    assert isinstance(shown, Report)
    for cause in causes(shown):
        lines += [f"First of all: {literal(cause.finding.message)} {literal(cause.words)}".rstrip(), ""]
    for loss in losses:
        lines.append(f"- **{literal(loss.title)}: {loss.marked}**")
        lines += [f"  - {literal(what)}{f' → {literal(remedy)}' if remedy else ''}" for what, remedy in loss.reasons]
        lines += [f"  - … and {loss.more} more"] if loss.more else []
    if notes:
        lines += ["", "Your notes:", "", *(f"- {entry.date.isoformat()} {literal(entry.words)}" for entry in notes)]
    return "\n".join([*lines, "", "The brief follows.", "", "---", ""]) + "\n"


def _lost(mark: Mark) -> CriterionLost:
    reasons = [(_short(promise.text or promise.id), _short(promise.hint)) for promise in to_explain(mark)]
    for finding in beside_promises(mark):
        place = f"{finding.file}:{finding.line}: " if finding.file and finding.line else ""
        reasons.append((_short(f"{place}{finding.message}"), _short(finding.help)))
    reasons = list(dict.fromkeys(reasons))
    return CriterionLost(
        title=one_line(mark.title),
        lost=round(mark.points - mark.earned, 2),
        marked=marked(mark),
        reasons=tuple(reasons[:MOST]),
        more=max(0, len(reasons) - MOST),
    )


def _short(text: str) -> str:
    return one_line(text, longest=LONGEST)
