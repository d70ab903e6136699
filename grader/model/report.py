"""Marks and reports: what the rubric makes of evidence."""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, UnsetType

from grader.model.base import Area, Finding, Level, Severity, Struct
from grader.model.evidence import Measurement, Promise
from grader.model.kinds import Kind
from grader.model.review import Review


class MarkStatus(StrEnum):
    """The possible outcomes of a criterion."""

    EARNED = "earned"
    PARTIAL = "partial"
    LOST = "lost"
    NOT_MEASURED = "not measured"


class Mark(Struct, frozen=True, kw_only=True):
    """The points for one criterion."""

    id: str
    """Of the criterion, as in `challenge.toml`."""
    kind: Kind
    """What it is judged by."""
    title: str
    """What the rubric shows."""
    points: float
    """What it is worth."""
    earned: float
    """The part of them that was earned; 0 if it was not measured."""
    status: MarkStatus
    """Earned in full, in part, not at all, or not measured."""
    findings: tuple[Finding, ...] = ()
    """What cost points, each with a remedy."""
    promises: tuple[Promise, ...] = ()
    """The hidden tests that count for it."""
    measurements: tuple[Measurement, ...] = ()
    """Figures that it rests on."""
    reason: str = ""
    """Why it is not measured."""
    reviewer: str = ""
    """Who gave these points, if a person did; the report's `reviews` state when and why."""

    @property
    def was_missed(self) -> bool:
        """True if a machine should have measured this but did not."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is not Kind.REVIEW

    @property
    def awaits_review(self) -> bool:
        """True if a person still has to mark this."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is Kind.REVIEW


class Feedback(StrEnum):
    """The amount of detail that a candidate sees about what broke. A reviewer sees everything."""

    PRACTICE = "practice"
    """What was asked, what came back and what is promised, and the texts of the candidate's own exceptions."""
    EXAM = "exam"
    """Promises and hints, and what cannot be imported."""


class ReportStatus(StrEnum):
    """The ways in which a grading can end."""

    GRADED = "graded"
    INCOMPLETE = "incomplete"
    REJECTED = "rejected"


class ChallengeRef(Struct, frozen=True, kw_only=True):
    """The challenge that a report is about."""

    slug: str
    """Its folder's name."""
    area: Area
    """The folder above it."""
    skill: str
    """The skill in the assessment framework that it demonstrates."""
    version: str
    """Of the challenge: it changes when marks could change."""
    title: str = ""
    digest: str = ""
    """SHA-256 over its files."""
    show_inputs: bool = False
    """No longer has an effect: the report's `feedback` decides."""
    modules: tuple[str, ...] | UnsetType = UNSET
    """The files that a submission must contain; absent from reports of versions that did not record it."""

    @property
    def name(self) -> str:
        """`area/slug`, as people write it."""
        return f"{self.area.value}/{self.slug}"


class SubmissionRef(Struct, frozen=True, kw_only=True):
    """The submission that a report is about."""

    path: str
    """Where it was taken from, as the user named it."""
    digest: str
    root: str | UnsetType = UNSET
    """How `path` begins if that is the root of a repository's revision: the rest is a path in the repository."""


class HarnessRef(Struct, frozen=True, kw_only=True):
    """The version of this product that made the report. The digest is over its code."""

    version: str
    """Of the distribution."""
    digest: str
    """SHA-256 over the code that a mark depends on."""


class Report(Struct, frozen=True, kw_only=True):
    """The result of one grading: what renderers get, and what `--format json` writes."""

    format_version: int = 1
    """Of this format: 1. Fields are only ever added."""
    challenge: ChallengeRef
    submission: SubmissionRef
    status: ReportStatus
    """`incomplete` when something was not measured, `rejected` when nothing was graded."""
    score: float
    """The points that were earned."""
    max_score: float
    """The points of the whole rubric."""
    percent: float
    """The score as a percentage of `max_score`."""
    best_possible: float
    """The score if everything that was not measured were earned; equals `score` if the report is complete."""
    level: Level | None
    """The level that was demonstrated: 1 Junior, 2 Mid-level, 3 Senior, 4 Expert; null below all of them."""
    level_title: str
    """The level in words."""
    criteria: tuple[Mark, ...]
    """The rubric's criteria in its order."""
    findings: tuple[Finding, ...] = ()
    """Findings that belong to no criterion: intake's notices, reasons for a rejection, integrity."""
    seed: int
    """What every input was drawn from; `--seed` draws them again."""
    backend: str
    """The sandbox that was used."""
    durations_ms: dict[str, float]
    """Milliseconds by kind of evidence, and the `total`."""
    tools: dict[str, str]
    """Versions of the analysers that took part."""
    harness: HarnessRef
    next_level: str = ""
    """What the next level requires, in words."""
    sources: dict[str, str] = {}
    """The text of each file that a finding points to."""
    reviews: tuple[Review, ...] = ()
    """What people added, in order."""
    graded_at: str | UnsetType = UNSET
    """When, ISO 8601 in UTC; absent from reports of versions that did not record it."""
    python: str | UnsetType = UNSET
    """The version of Python that judged and ran the submission."""
    feedback: Feedback | UnsetType = UNSET
    """How much a candidate is told; absent from reports of versions that did not record it."""

    @property
    def was_measured(self) -> bool:
        """True if everything that a machine can measure was measured."""
        return not any(mark.was_missed for mark in self.criteria)


class RepositoryReport(Struct, frozen=True, kw_only=True):
    """The reports of every challenge found in a candidate's repository."""

    format_version: int = 1
    """Of this format: 1. Fields are only ever added."""
    reports: tuple[Report, ...]
    skills_with_challenge: tuple[str, ...] | UnsetType = UNSET
    """The framework's skills that somebody could be graded on; absent from reports of versions that did not record
    it."""


CAUSES = frozenset({"import.failed", "import.name-missing", "answer.not-written", "answer.hangs"})
"""Findings of a whole report that promises may wait for. They come first in it."""


def broken_promise(kind: Kind, promise: Promise) -> Finding:
    """Return the finding for a broken promise, for formats that know only findings."""
    return Finding(
        id=f"{kind.value}.{promise.criterion}.{promise.id.partition('[')[0].removeprefix('test_')}",
        severity=Severity.ERROR,
        message=f"Promise broken: {promise.text} {promise.reason}".strip(),
        help=promise.hint,
        file=promise.file,
        line=promise.line,
    )
