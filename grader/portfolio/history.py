"""Each skill's attempts in order of date, and what they show: the best, the last and the trend."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from grader.framework import FRAMEWORK, is_assessed
from grader.model import Level, ReportStatus, Struct
from grader.portfolio.reports import KeptReport
from grader.report.figures import number

SAME = 0.5
"""The percentage points within which two results count as the same: other inputs may make this difference."""


class Trend(StrEnum):
    """The direction in which a skill's results are going."""

    NONE = "none"
    FIRST = "first"
    UP = "up"
    DOWN = "down"
    STEADY = "steady"

    @property
    def sign(self) -> str:
        """The character that shows the trend."""
        return {"none": " ", "first": "•", "up": "↑", "down": "↓", "steady": "→"}[self.value]


class SkillHistory(Struct, frozen=True, kw_only=True):
    """What a portfolio's reports show about one skill."""

    skill: str
    attempts: tuple[KeptReport, ...] = ()
    """The fully graded reports, oldest first."""

    @property
    def last(self) -> KeptReport | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def best(self) -> KeptReport | None:
        """The attempt with the highest level and score; the first of several equal ones."""
        return max(self.attempts, key=lambda attempt: (attempt.report.level or 0, attempt.report.percent), default=None)

    @property
    def level(self) -> Level | None:
        """The level that the best attempt demonstrated."""
        return self.best.report.level if self.best else None

    @property
    def gain(self) -> float:
        """Percentage points between the last two attempts at the most recent challenge; 0 if there was only one."""
        if self.last is None:
            return 0.0
        name = self.last.report.challenge.name
        about = [attempt.report.percent for attempt in self.attempts if attempt.report.challenge.name == name]
        return round(about[-1] - about[-2], 2) if len(about) > 1 else 0.0

    @property
    def trend(self) -> Trend:
        """The direction of the last two attempts at the most recent challenge."""
        if self.last is None:
            return Trend.NONE
        name = self.last.report.challenge.name
        if sum(attempt.report.challenge.name == name for attempt in self.attempts) == 1:
            return Trend.FIRST
        if abs(self.gain) <= SAME:
            return Trend.STEADY
        return Trend.UP if self.gain > 0 else Trend.DOWN

    @property
    def trend_words(self) -> str:
        """The trend in words: `up 12.5`."""
        match self.trend:
            case Trend.NONE:
                return ""
            case Trend.FIRST:
                return "first"
            case Trend.STEADY:
                return "steady"
            case Trend.UP | Trend.DOWN:
                return f"{self.trend.value} {number(abs(self.gain))}"


def histories(reports: Sequence[KeptReport]) -> dict[str, SkillHistory]:
    """Return the history of every skill, in the framework's order. Practice is no part of it."""
    by_skill: dict[str, list[KeptReport]] = {}
    for attempt in reports:
        challenge = attempt.report.challenge
        is_graded = attempt.report.status is ReportStatus.GRADED and not attempt.is_practice
        if is_graded and is_assessed(challenge.area, challenge.skill):
            by_skill.setdefault(challenge.skill.casefold(), []).append(attempt)
    return {
        skill: SkillHistory(skill=skill, attempts=tuple(by_skill.get(skill.casefold(), ())))
        for competency in FRAMEWORK
        for skill in competency.skills
    }


def last_report(reports: Sequence[KeptReport], challenge: str) -> KeptReport | None:
    """Return the last report on a challenge, `area/slug`, that was graded at least in part."""
    about = [
        attempt
        for attempt in reports
        if attempt.report.challenge.name == challenge and attempt.report.status is not ReportStatus.REJECTED
    ]
    return about[-1] if about else None
