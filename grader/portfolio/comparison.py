"""The owner's rating of each skill beside what was graded and what a scan saw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from grader.model import Level, Struct
from grader.portfolio.history import SkillHistory
from grader.portfolio.profile import Profile, Rating
from grader.portfolio.scanned import SkillTrace


class Agreement(StrEnum):
    """How a rating and the best graded result relate."""

    UNRATED = "not rated"
    UNGRADED = "nothing graded yet"
    AGREES = "agrees"
    ABOVE = "rated above what was graded"
    BELOW = "rated below what was graded"


class ComparedSkill(Struct, frozen=True, kw_only=True):
    """One skill, as its owner, reports and a scan see it."""

    skill: str
    rating: Rating | None
    history: SkillHistory
    trace: SkillTrace | None

    @property
    def agreement(self) -> Agreement:
        """How the rating and the best graded result relate."""
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
        """What a reader should know about the three, in a sentence without its end."""
        words = self.agreement.value
        if self.trace is not None and self.rating is not None:
            if self.rating.level >= Level.SENIOR and self.trace.strength == 0:
                words += "; the scanned code does not show it"
            elif self.rating.level <= Level.MID and self.trace.strength > 2:
                words += "; the scanned code shows more"
        return words


def compared(
    profile: Profile | None, shown: Mapping[str, SkillHistory], traces: Mapping[str, SkillTrace]
) -> dict[str, ComparedSkill]:
    """Return every skill of the framework, in its order."""
    ratings = profile.ratings if profile else {}
    return {
        skill: ComparedSkill(skill=skill, rating=ratings.get(skill), history=history, trace=traces.get(skill))
        for skill, history in shown.items()
    }
