"""The values that flow through the pipeline. All are frozen; each stage makes new ones.

Submission -> Evidence (one per collector) -> Mark (one per criterion) -> Report -> RepositoryReport
"""

from __future__ import annotations

from grader.model.base import Area, Fault, Finding, Level, Severity, Struct
from grader.model.evidence import (
    AT_WORK,
    COST,
    FOUND,
    IDLE,
    RATIO,
    UNASKED,
    Detail,
    Evidence,
    Example,
    Fact,
    Failure,
    Measurement,
    Promise,
    PromiseOutcome,
)
from grader.model.kinds import Kind
from grader.model.report import (
    CAUSES,
    MEASURED_PART,
    ChallengeRef,
    Feedback,
    HarnessRef,
    Mark,
    MarkStatus,
    Report,
    ReportStatus,
    RepositoryReport,
    SessionKind,
    SessionRef,
    SubmissionRef,
    broken_promise,
)
from grader.model.review import PeerCriterion, PeerMark, Review, ReviewMark
from grader.model.submission import SourceFile, Submission

__all__ = [
    "AT_WORK",
    "CAUSES",
    "COST",
    "FOUND",
    "IDLE",
    "MEASURED_PART",
    "RATIO",
    "UNASKED",
    "Area",
    "ChallengeRef",
    "Detail",
    "Evidence",
    "Example",
    "Fact",
    "Failure",
    "Fault",
    "Feedback",
    "Finding",
    "HarnessRef",
    "Kind",
    "Level",
    "Mark",
    "MarkStatus",
    "Measurement",
    "PeerCriterion",
    "PeerMark",
    "Promise",
    "PromiseOutcome",
    "Report",
    "ReportStatus",
    "RepositoryReport",
    "Review",
    "ReviewMark",
    "SessionKind",
    "SessionRef",
    "Severity",
    "SourceFile",
    "Struct",
    "Submission",
    "SubmissionRef",
    "broken_promise",
]
