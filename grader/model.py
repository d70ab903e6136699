"""The values that flow through the pipeline. All are frozen; each stage makes new ones.

Submission -> Evidence (one per collector) -> Mark (one per criterion) -> Report -> RepositoryReport
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from pathlib import Path

import msgspec


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every value: frozen, and strict when it is decoded. (`kw_only` is not inherited: each says it.)"""


class Area(StrEnum):
    """The competency areas of the assessment framework; the value is the folder under `challenges/`."""

    LANGUAGE = "language"
    ARCHITECTURE = "architecture"
    PERFORMANCE = "performance"
    TESTING = "testing"
    PRODUCTION = "production"
    INTERVIEW = "interview"


class Kind(StrEnum):
    """What a criterion is judged by."""

    BEHAVIOUR = "behaviour"
    CONSTRUCTS = "constructs"
    TYPES = "types"
    COMPLEXITY = "complexity"
    SECURITY = "security"
    TESTS = "tests"
    PERFORMANCE = "performance"
    REVIEW = "review"


class Severity(StrEnum):
    """How much a finding matters. The values are those that SARIF and GitHub can tell apart."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Level(IntEnum):
    """The framework's competency levels."""

    JUNIOR = 1
    MID = 2
    SENIOR = 3
    EXPERT = 4

    @property
    def title(self) -> str:
        """The framework's word for the level."""
        return {1: "Junior", 2: "Mid-level", 3: "Senior", 4: "Expert"}[self.value]


class Fault(StrEnum):
    """Whose doing a failure was. Only the submission's costs points."""

    SUBMISSION = "submission"
    CHALLENGE = "challenge"
    MACHINE = "machine"
    HARNESS = "harness"


class SourceFile(Struct, frozen=True, kw_only=True):
    """One file of a submission. `path` is relative, with `/`; `text` is its whole UTF-8 content."""

    path: str
    text: str


class Submission(Struct, frozen=True, kw_only=True):
    """A candidate's files as inert text: nothing in it was executed, and nothing can change under us."""

    origin: str
    """What the user named: for people, never opened again."""
    files: tuple[SourceFile, ...]
    digest: str
    """`sha256:` and the hex digest over paths and contents, in path order."""
    notices: tuple[Finding, ...] = ()
    """What intake left out or wants to point out."""

    def text(self, path: str) -> str | None:
        """The content of a file, or None when there is none of that path."""
        return next((file.text for file in self.files if file.path == path), None)

    def write(self, folder: Path) -> None:
        """Lay the files out below an existing empty folder, readable by everyone, writable by nobody else."""
        for file in self.files:
            target = folder / file.path
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            target.write_text(file.text, encoding="utf-8", newline="")
            target.chmod(0o644)


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to tell the candidate. `id` is stable: `constructs.metaclass.missing`."""

    id: str
    severity: Severity
    message: str
    help: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    """1-based, like `line`."""


class PromiseOutcome(StrEnum):
    """What became of a promise of the brief."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_MEASURED = "not measured"


class Detail(Struct, frozen=True, kw_only=True):
    """What a reviewer sees of a broken promise and a candidate does not."""

    source: str = ""
    """The hidden test."""
    counterexample: str = ""
    """The shrunk drawn inputs."""
    trace: str = ""
    """The failure as pytest tells it."""


class Promise(Struct, frozen=True, kw_only=True):
    """One hidden test: what it promises, and whether the submission keeps it."""

    id: str
    """The test's name, with its parameters."""
    text: str
    """The test's docstring: all that a candidate is shown of it."""
    outcome: PromiseOutcome
    criterion: str
    weight: int = 1
    hint: str = ""
    reason: str = ""
    """In words for the candidate, why it is broken or not measured; never drawn inputs."""
    file: str | None = None
    """Where the submission's code raised, when it did."""
    line: int | None = None
    seconds: float = 0.0
    detail: Detail | None = None


class Measurement(Struct, frozen=True, kw_only=True):
    """A figure that evidence rests on, for people and for thresholds: `complexity.worst`, 7."""

    name: str
    value: float
    unit: str = ""
    subject: str = ""


class Failure(Struct, frozen=True, kw_only=True):
    """Why a collector could not measure."""

    fault: Fault
    reason: str
    remedy: str = ""


class Fact(Struct, frozen=True, kw_only=True):
    """What a construct rule concluded about one requirement of the challenge."""

    requirement: str
    """The id of the requirement in challenge.toml."""
    status: str
    """`met`, `decoy` (present, but not on a live path from the API), `dynamic` or `absent`."""


class Evidence(Struct, frozen=True, kw_only=True):
    """What one collector found. With a `failure` that is not the submission's fault, nothing was measured."""

    kind: Kind
    promises: tuple[Promise, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tools: dict[str, str] = {}
    milliseconds: float = 0.0
    failure: Failure | None = None


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
    """Whether a candidate may see the drawn inputs of a broken promise."""


class SubmissionRef(Struct, frozen=True, kw_only=True):
    """Which submission a report is about."""

    path: str
    digest: str


class HarnessRef(Struct, frozen=True, kw_only=True):
    """Which version of this product made the report. The digest is over its code."""

    version: str
    digest: str


class PeerCriterion(StrEnum):
    """The framework's criteria for a peer's assessment."""

    CODE_QUALITY = "code_quality"
    PROBLEM_SOLVING = "problem_solving"
    BEST_PRACTICES = "best_practices"
    DOCUMENTATION = "documentation"
    TESTING = "testing"

    @property
    def words(self) -> str:
        """The framework's words for it."""
        return self.value.replace("_", " ").capitalize()


class PeerMark(Struct, frozen=True, kw_only=True):
    """A peer's opinion on one of the framework's criteria. It earns no points."""

    criterion: PeerCriterion
    level: Level
    comment: str = ""


class ReviewMark(Struct, frozen=True, kw_only=True):
    """Points that a person gave for one criterion."""

    criterion: str
    points: float
    comment: str = ""
    override: bool = False
    """Whether they replace points that were measured."""
    measured: float | None = None
    """What had been measured, where it was replaced."""


class Review(Struct, frozen=True, kw_only=True):
    """What one reviewer added to a report."""

    reviewer: str
    date: str
    """ISO 8601, the day."""
    comment: str = ""
    marks: tuple[ReviewMark, ...] = ()
    peer: tuple[PeerMark, ...] = ()


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


class RepositoryReport(Struct, frozen=True, kw_only=True):
    """The reports of every challenge found in a candidate's repository."""

    format_version: int = 1
    reports: tuple[Report, ...]
