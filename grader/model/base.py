"""The vocabulary of every stage: areas, levels, findings, whose fault a failure was."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every value: frozen, and decoded strictly. (`kw_only` is not inherited: each class states it.)"""


class Area(StrEnum):
    """The competency areas of the assessment framework; the value is the folder under `challenges/`."""

    LANGUAGE = "language"
    ARCHITECTURE = "architecture"
    PERFORMANCE = "performance"
    TESTING = "testing"
    PRODUCTION = "production"
    INTERVIEW = "interview"


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


class Severity(StrEnum):
    """The severities of a finding: those that SARIF and GitHub can distinguish."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Fault(StrEnum):
    """The party whose fault a failure was. Only the submission's failures cost points."""

    SUBMISSION = "submission"
    CHALLENGE = "challenge"
    MACHINE = "machine"
    HARNESS = "harness"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to tell the candidate. `id` is stable: `constructs.metaclass.missing`."""

    id: str
    """Stable, the same in every format."""
    severity: Severity
    """How much it matters."""
    message: str
    """What was found."""
    help: str = ""
    """What to do about it."""
    file: str | None = None
    """Of the submission, relative to it."""
    line: int | None = None
    """1-based."""
    column: int | None = None
    """1-based, like `line`."""
