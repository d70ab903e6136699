"""The vocabulary of every stage: areas, levels, severities, faults and findings."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every value: frozen and decoded strictly. (`kw_only` is not inherited, so each class states it.)"""


class Area(StrEnum):
    """The competency areas of the assessment framework; each value is the name of a folder under `challenges/`."""

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
        """The framework's name for the level."""
        return {1: "Junior", 2: "Mid-level", 3: "Senior", 4: "Expert"}[self.value]


class Severity(StrEnum):
    """The severities of a finding, limited to those that SARIF and GitHub can distinguish."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Fault(StrEnum):
    """The party at fault for a failure. Only the submission's failures cost points."""

    SUBMISSION = "submission"
    CHALLENGE = "challenge"
    MACHINE = "machine"
    HARNESS = "harness"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to tell the candidate. `id` is stable, for example `constructs.metaclass.missing`."""

    id: str
    """A stable identifier, the same in every format."""
    severity: Severity
    """How serious the finding is."""
    message: str
    """What was found."""
    help: str = ""
    """What to do about it."""
    file: str | None = None
    """The file that the finding is about, relative to the submission's root."""
    line: int | None = None
    """The line number, starting at 1."""
    column: int | None = None
    """The column number, starting at 1."""
