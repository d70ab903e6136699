"""The values that flow through the pipeline. All are frozen; each stage makes new ones.

Submission -> Evidence (one per collector) -> Mark (one per criterion) -> Report -> RepositoryReport
"""

from __future__ import annotations

from grader.model.base import Area, Fault, Finding, Level, Severity, Struct
from grader.model.evidence import (
    AT_WORK,
    IDLE,
    UNASKED,
    Detail,
    Evidence,
    Fact,
    Failure,
    Kind,
    Measurement,
    Promise,
    PromiseOutcome,
)
from grader.model.report import (
    ChallengeRef,
    HarnessRef,
    Mark,
    MarkStatus,
    Report,
    ReportStatus,
    RepositoryReport,
    SubmissionRef,
)
from grader.model.review import PeerCriterion, PeerMark, Review, ReviewMark
from grader.model.submission import SourceFile, Submission

__all__ = [
    "AT_WORK",
    "IDLE",
    "UNASKED",
    "Area",
    "ChallengeRef",
    "Detail",
    "Evidence",
    "Fact",
    "Failure",
    "Fault",
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
    "Severity",
    "SourceFile",
    "Struct",
    "Submission",
    "SubmissionRef",
]
