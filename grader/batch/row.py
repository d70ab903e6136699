"""The few figures that a summary keeps of each report, so that a cohort of any size fits in memory."""

from __future__ import annotations

from enum import StrEnum

from grader.batch.plan import Task, UnreadableEntry
from grader.model import MarkStatus, Report, ReportStatus, Struct


class RowStatus(StrEnum):
    """The ways in which one task of a cohort can end."""

    GRADED = "graded"
    REJECTED = "rejected"
    NOT_MEASURED = "not measured"
    UNREADABLE = "unreadable"


class Loss(Struct, frozen=True, kw_only=True):
    """The loss on one criterion of one report."""

    id: str
    title: str
    points: float
    earned: float
    measured: bool


class CohortRow(Struct, frozen=True, kw_only=True):
    """One line of the summary."""

    entry: str
    challenge: str
    verdict: RowStatus
    percent: float = 0.0
    level: str = ""
    level_value: int = 0
    """1 to 4; 0 for no level."""
    graded_at: str = ""
    """When the report was graded, in ISO 8601; empty if nothing was graded."""
    seconds: float = 0.0
    known: bool = False
    """Whether the result already existed."""
    why: str = ""
    notes: tuple[str, ...] = ()
    """What people did to the report: who reviewed it, and whether it was regraded."""
    losses: tuple[Loss, ...] = ()
    digest: str = ""
    page: str = ""
    """The path of the report's page below the results folder; empty if there is no page."""


def row_of(task: Task, report: Report, *, known: bool, page: str = "", notes: tuple[str, ...] = ()) -> CohortRow:
    """Return the summary's line for a report."""
    if report.status is ReportStatus.REJECTED:
        verdict = RowStatus.REJECTED
    else:
        verdict = RowStatus.GRADED if report.was_measured else RowStatus.NOT_MEASURED
    return CohortRow(
        entry=task.entry.title,
        challenge=task.challenge.name,
        verdict=verdict,
        percent=report.percent,
        level=report.level_title if verdict is RowStatus.GRADED else "",
        level_value=report.level.value if report.level and verdict is RowStatus.GRADED else 0,
        graded_at=report.graded_at or "",
        seconds=round(report.durations_ms.get("total", 0.0) / 1000, 3),
        known=known,
        why=_why(report, verdict),
        notes=notes,
        losses=tuple(
            Loss(
                id=mark.id,
                title=mark.title,
                points=mark.points,
                earned=mark.earned,
                measured=mark.status is not MarkStatus.NOT_MEASURED,
            )
            for mark in report.criteria
        ),
        digest=report.submission.digest,
        page=page,
    )


def row_of_unreadable(found: UnreadableEntry, challenge: str = "") -> CohortRow:
    """Return the summary's line for an entry in which nothing could be graded, whoever is to blame."""
    verdict = RowStatus.NOT_MEASURED if found.is_unmeasured else RowStatus.UNREADABLE
    return CohortRow(entry=found.entry.title, challenge=challenge, verdict=verdict, why=found.why)


def _why(report: Report, verdict: RowStatus) -> str:
    if verdict is RowStatus.REJECTED:
        return "; ".join(finding.message for finding in report.findings[:3])
    if verdict is RowStatus.NOT_MEASURED:
        return next((mark.reason for mark in report.criteria if mark.reason), "")
    return ""
