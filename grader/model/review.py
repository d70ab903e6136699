"""What people add to a report."""

from __future__ import annotations

from enum import StrEnum

from grader.model.base import Level, Struct


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
