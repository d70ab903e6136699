"""Marks and reports: what the rubric makes of evidence."""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, UnsetType

from grader.model.base import Area, Finding, Level, Severity, Struct
from grader.model.evidence import Measurement, Promise
from grader.model.kinds import Kind
from grader.model.review import Review

MEASURED_PART = "measured part only"
"""Stands for the level in a report of which a person has yet to mark half of the points or more."""


class MarkStatus(StrEnum):
    """The possible outcomes of a criterion."""

    EARNED = "earned"
    PARTIAL = "partial"
    LOST = "lost"
    NOT_MEASURED = "not measured"


class Mark(Struct, frozen=True, kw_only=True):
    """The points for one criterion."""

    id: str
    """The criterion's id, as in `challenge.toml`."""
    kind: Kind
    """How the criterion is judged."""
    title: str
    """The criterion's title, as the rubric shows it."""
    points: float
    """The points that the criterion is worth."""
    earned: float
    """The points that were earned; 0 if the criterion was not measured."""
    status: MarkStatus
    """Whether the criterion was earned in full, in part, not at all, or not measured."""
    findings: tuple[Finding, ...] = ()
    """The findings that cost points, each with a remedy."""
    promises: tuple[Promise, ...] = ()
    """The hidden tests that count towards the criterion."""
    measurements: tuple[Measurement, ...] = ()
    """The figures that the mark rests on."""
    reason: str = ""
    """Why the criterion was not measured."""
    reviewer: str = ""
    """Who gave these points, if a person did; the report's `reviews` state when and why."""

    @property
    def was_missed(self) -> bool:
        """True if a machine should have measured the criterion but did not."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is not Kind.REVIEW

    @property
    def awaits_review(self) -> bool:
        """True if a person still has to mark the criterion."""
        return self.status is MarkStatus.NOT_MEASURED and self.kind is Kind.REVIEW


class Feedback(StrEnum):
    """The amount of detail that a candidate sees about broken promises. A reviewer sees everything."""

    PRACTICE = "practice"
    """The calls, the answers, the promised answers, and the messages of the candidate's own exceptions."""
    EXAM = "exam"
    """Promises, hints, and what cannot be imported."""


class ReportStatus(StrEnum):
    """The ways in which a grading can end."""

    GRADED = "graded"
    INCOMPLETE = "incomplete"
    REJECTED = "rejected"


class ChallengeRef(Struct, frozen=True, kw_only=True):
    """The challenge that a report is about."""

    slug: str
    """The name of the challenge's folder."""
    area: Area
    """The competency area, which is also the name of the folder above."""
    skill: str
    """The skill in the assessment framework that the challenge demonstrates."""
    version: str
    """The challenge's version, which changes whenever marks could change."""
    title: str = ""
    digest: str = ""
    """The SHA-256 digest of the challenge's files."""
    show_inputs: bool = False
    """No longer has any effect; the report's `feedback` decides instead."""
    modules: tuple[str, ...] | UnsetType = UNSET
    """The files that a submission must contain; absent from reports of versions that did not record them."""

    @property
    def name(self) -> str:
        """The challenge's name as people write it, `area/slug`."""
        return f"{self.area.value}/{self.slug}"


class SubmissionRef(Struct, frozen=True, kw_only=True):
    """The submission that a report is about."""

    path: str
    """Where the submission was taken from, as the user named it."""
    digest: str
    root: str | UnsetType = UNSET
    """The beginning of `path` that names a repository's revision, if any; the rest is a path in the repository."""


class SessionKind(StrEnum):
    """The kinds of timed sessions."""

    PRACTICE = "practice"
    """Begun and timed on the candidate's machine; it counts nowhere."""
    ISSUED = "issued"
    """Issued, timed and graded by somebody else."""


class SessionRef(Struct, frozen=True, kw_only=True):
    """The timed session in which a submission was made."""

    kind: SessionKind
    """Practice counts for nothing, whoever signs it."""
    id: str = ""
    """The session's random number; empty for practice."""
    stage: int = 1
    stages: int = 1
    """The number of stages, in practice of those that have begun: only a report on the last is of a whole session."""
    minutes: int
    """The time that there was."""
    began: str
    """When the stage began, ISO 8601."""
    ended: str
    """When the answer arrived, ISO 8601."""
    late: str = ""
    """Why an answer that arrived late counts; empty if it arrived in time."""

    @property
    def words(self) -> str:
        """The session in words: `practice, 45 minutes`."""
        kind = "practice" if self.kind is SessionKind.PRACTICE else "issued session"
        late = f", accepted late: {self.late}" if self.late else ""
        return f"{kind}, {self.minutes} minutes{late}"


class HarnessRef(Struct, frozen=True, kw_only=True):
    """The version of this product that made the report, and the digest of its code."""

    version: str
    """The distribution's version."""
    digest: str
    """The SHA-256 digest of the code that marks depend on."""


class Report(Struct, frozen=True, kw_only=True):
    """The result of one grading, which renderers receive and `--format json` writes."""

    format_version: int = 1
    """The version of this format, 1. Fields are only ever added."""
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
    """The score if everything that was not measured had been earned; equals `score` if the report is complete."""
    level: Level | None
    """The level that was demonstrated: 1 Junior, 2 Mid-level, 3 Senior, 4 Expert; null if none was."""
    level_title: str
    """The level in words."""
    criteria: tuple[Mark, ...]
    """The rubric's criteria, in order."""
    findings: tuple[Finding, ...] = ()
    """Findings that belong to no criterion: shared causes, intake's notices, reasons for a rejection, tampering."""
    seed: int
    """The seed that every input was drawn from; `--seed` draws the same inputs again."""
    backend: str
    """The sandbox that was used."""
    durations_ms: dict[str, float]
    """The milliseconds spent on each kind of evidence, and the `total`."""
    tools: dict[str, str]
    """Versions of the analysers that took part."""
    harness: HarnessRef
    next_level: str = ""
    """The requirements of the next level, in words."""
    sources: dict[str, str] = {}
    """The text of each file that a finding points to."""
    reviews: tuple[Review, ...] = ()
    """The reviewers' additions, in order."""
    graded_at: str | UnsetType = UNSET
    """The time of the grading in ISO 8601, UTC; absent from reports of versions that did not record it."""
    python: str | UnsetType = UNSET
    """The version of Python that judged and ran the submission."""
    feedback: Feedback | UnsetType = UNSET
    """The amount of detail that a candidate sees; absent from reports of versions that did not record it."""
    person: str = ""
    """Whose submission it is, as `--to` named the person; empty if nobody was named."""
    session: SessionRef | UnsetType = UNSET
    """The timed session in which it was made, if it was made in one."""

    @property
    def was_measured(self) -> bool:
        """True if everything that a machine can measure was measured."""
        return not any(mark.was_missed for mark in self.criteria)


class RepositoryReport(Struct, frozen=True, kw_only=True):
    """The reports of every challenge found in a candidate's repository."""

    format_version: int = 1
    """The version of this format, 1. Fields are only ever added."""
    reports: tuple[Report, ...]
    skills_with_challenge: tuple[str, ...] | UnsetType = UNSET
    """The framework's skills that could be graded; absent from reports of versions that did not record them."""


CAUSES = frozenset({"import.failed", "import.name-missing", "answer.not-written", "answer.hangs", "design.invalid"})
"""Report-wide findings that promises may wait for. They come first in the report."""


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
