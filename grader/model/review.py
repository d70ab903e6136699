"""Reviewers' and peers' additions to a report."""

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
        """The framework's name for this criterion."""
        return self.value.replace("_", " ").capitalize()


class PeerMark(Struct, frozen=True, kw_only=True):
    """A peer's opinion on one of the framework's criteria. It earns no points."""

    criterion: PeerCriterion
    """The criterion that it is about."""
    level: Level
    """The level, from 1 (Junior) to 4 (Expert)."""
    comment: str = ""
    """The peer's reasons."""


class ReviewMark(Struct, frozen=True, kw_only=True):
    """Points that a person gave for one criterion."""

    criterion: str
    """The id of the criterion."""
    points: float
    """The points that the reviewer gave."""
    comment: str = ""
    """The reviewer's reasons."""
    override: bool = False
    """True if the points replace measured ones."""
    measured: float | None = None
    """The measured points, if they were replaced."""


class Review(Struct, frozen=True, kw_only=True):
    """One reviewer's additions to a report."""

    reviewer: str
    """The person's name."""
    date: str
    """The day of the review, in ISO 8601."""
    comment: str = ""
    """A comment on the whole submission."""
    marks: tuple[ReviewMark, ...] = ()
    """The points that the reviewer gave."""
    peer: tuple[PeerMark, ...] = ()
    """Peers' opinions, which earn no points."""
