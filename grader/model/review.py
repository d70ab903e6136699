"""What people add to a report."""

from __future__ import annotations

from enum import StrEnum

from grader.model.base import Level, Struct


class PeerCriterion(StrEnum):
    """The framework's criteria for a peer assessment."""

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
    """What it is about."""
    level: Level
    """1 Junior to 4 Expert."""
    comment: str = ""
    """Why."""


class ReviewMark(Struct, frozen=True, kw_only=True):
    """Points that a person gave for one criterion."""

    criterion: str
    """The id of the criterion."""
    points: float
    """Given by the reviewer."""
    comment: str = ""
    """Why."""
    override: bool = False
    """Whether they replace points that were measured."""
    measured: float | None = None
    """What had been measured, if it was replaced."""


class Review(Struct, frozen=True, kw_only=True):
    """One reviewer's additions to a report."""

    reviewer: str
    """The person's name."""
    date: str
    """ISO 8601, the day."""
    comment: str = ""
    """On the whole submission."""
    marks: tuple[ReviewMark, ...] = ()
    """Points."""
    peer: tuple[PeerMark, ...] = ()
    """Opinions that earn no points."""
