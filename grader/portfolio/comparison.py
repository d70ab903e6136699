"""The owner's rating of each skill beside what was graded and what a scan saw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from grader.model import Level, Struct
from grader.portfolio.history import SkillHistory
from grader.portfolio.profile import Profile, Rating
from grader.portfolio.scanned import SkillTrace


class Agreement(StrEnum):
    """The relation between a rating and the best graded result."""

    UNRATED = "not rated"
    UNGRADED = "nothing graded yet"
    AGREES = "agrees"
    ABOVE = "rated above what was graded"
    BELOW = "rated below what was graded"


class ComparedSkill(Struct, frozen=True, kw_only=True):
    """One skill, as seen by its owner, by reports and by a scan."""

    skill: str
    rating: Rating | None
    history: SkillHistory
    trace: SkillTrace | None

    @property
    def agreement(self) -> Agreement:
        """The relation between the rating and the best graded result."""
        if self.rating is None:
            return Agreement.UNRATED
        if not self.history.attempts:
            return Agreement.UNGRADED
        shown = self.history.level or 0
        if self.rating.level == shown:
            return Agreement.AGREES
        return Agreement.ABOVE if self.rating.level > shown else Agreement.BELOW

    @property
    def rated(self) -> Level | None:
        """The level that the owner claims."""
        return self.rating.level if self.rating else None

    @property
    def words(self) -> str:
        """The comparison of rating, result and scan in words, without a full stop."""
        words = self.agreement.value
        if self.trace is not None and self.rating is not None:
            if self.rating.level >= Level.SENIOR and self.trace.strength == 0:
                words += "; the scanned code does not show the skill"
            elif self.rating.level <= Level.MID and self.trace.strength > 2:
                words += "; the scanned code shows more than the rating"
        return words


def compared(
    profile: Profile | None, shown: Mapping[str, SkillHistory], traces: Mapping[str, SkillTrace]
) -> dict[str, ComparedSkill]:
    """Return the comparison for every skill, in the framework's order."""
    ratings = profile.ratings if profile else {}
    return {
        skill: ComparedSkill(skill=skill, rating=ratings.get(skill), history=history, trace=traces.get(skill))
        for skill, history in shown.items()
    }
