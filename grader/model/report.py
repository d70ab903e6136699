"""Marks and reports: what the rubric makes of evidence."""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, UnsetType

from grader.model.base import Area, Finding, Level, Severity, Struct
from grader.model.evidence import Kind, Measurement, Promise
from grader.model.review import Review


class MarkStatus(StrEnum):
    """What became of a criterion."""

    EARNED = "earned"
    PARTIAL = "partial"
    LOST = "lost"
    NOT_MEASURED = "not measured"


class Mark(Struct, frozen=True, kw_only=True):
    """The points for one criterion."""

    id: str
    kind: Kind
    title: str
    points: float
    earned: float
    status: MarkStatus
    findings: tuple[Finding, ...] = ()
    promises: tuple[Promise, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    reason: str = ""
    """Why it is not measured."""
    reviewer: str = ""
    """Who gave these points, when a person did; the report's `reviews` say when and why."""

    @property
    def was_missed(self) -> bool:
        """Whether a machine should have measured this, and did not."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is not Kind.REVIEW

    @property
    def awaits_review(self) -> bool:
        """Whether a person has still to mark this."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is Kind.REVIEW


class Feedback(StrEnum):
    """How much a candidate is told of what was broken. A reviewer is told everything."""

    PRACTICE = "practice"
    """What was asked, what came back and what is promised, and the texts of the candidate's own exceptions."""
    EXAM = "exam"
    """Promises and hints, and what cannot be imported."""


class ReportStatus(StrEnum):
    """How a grading ended."""

    GRADED = "graded"
    INCOMPLETE = "incomplete"
    REJECTED = "rejected"


class ChallengeRef(Struct, frozen=True, kw_only=True):
    """Which challenge a report is about."""

    slug: str
    area: Area
    skill: str
    version: str
    title: str = ""
    digest: str = ""
    show_inputs: bool = False
    """Has no effect any more: the report's `feedback` decides."""

    @property
    def name(self) -> str:
        """`area/slug`, how people write it."""
        return f"{self.area.value}/{self.slug}"


class SubmissionRef(Struct, frozen=True, kw_only=True):
    """Which submission a report is about."""

    path: str
    digest: str


class HarnessRef(Struct, frozen=True, kw_only=True):
    """Which version of this product made the report. The digest is over its code."""

    version: str
    digest: str


class Report(Struct, frozen=True, kw_only=True):
    """The result of one grading. What renderers get; what `--format json` writes."""

    format_version: int = 1
    challenge: ChallengeRef
    submission: SubmissionRef
    status: ReportStatus
    score: float
    max_score: float
    percent: float
    best_possible: float
    """The score if everything that is not measured were earned; equals `score` when the report is complete."""
    level: Level | None
    level_title: str
    criteria: tuple[Mark, ...]
    findings: tuple[Finding, ...] = ()
    """What belongs to no criterion: intake's notices, reasons of a rejection, integrity."""
    seed: int
    backend: str
    durations_ms: dict[str, float]
    tools: dict[str, str]
    harness: HarnessRef
    next_level: str = ""
    """What the next level asks for, in words."""
    sources: dict[str, str] = {}
    """The text of each file that a finding points into."""
    reviews: tuple[Review, ...] = ()
    """What people added, in the order in which they did."""
    graded_at: str | UnsetType = UNSET
    """When, ISO 8601 in UTC; absent from reports of versions that did not say."""
    python: str | UnsetType = UNSET
    """The version of Python that judged, and ran the submission."""
    feedback: Feedback | UnsetType = UNSET
    """How much a candidate is told; absent from reports of versions that did not say."""

    @property
    def was_measured(self) -> bool:
        """Whether everything was measured that a machine can measure."""
        return not any(mark.was_missed for mark in self.criteria)


class RepositoryReport(Struct, frozen=True, kw_only=True):
    """The reports of every challenge found in a candidate's repository."""

    format_version: int = 1
    reports: tuple[Report, ...]


CAUSES = frozenset({"import.failed", "import.name-missing", "answer.not-written", "answer.hangs"})
"""Findings of a whole report that promises may wait for. They stand first in it."""


def broken_promise(kind: Kind, promise: Promise) -> Finding:
    """Return the finding of a broken promise, for formats that know nothing but findings."""
    return Finding(
        id=f"{kind.value}.{promise.criterion}.{promise.id.partition('[')[0].removeprefix('test_')}",
        severity=Severity.ERROR,
        message=f"Promise broken: {promise.text} {promise.reason}".strip(),
        help=promise.hint,
        file=promise.file,
        line=promise.line,
    )
