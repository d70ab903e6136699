"""The assessment framework: its 27 skills by area, its badges, and how far a set of reports goes.

A skill is *demonstrated* when a challenge for it was graded at level 3 (Senior) or above, *partial* when it was graded
below that, and *missing* when no report is about it. An area's percentage is the mean over its skills of the best score
for each, where a missing skill counts zero. A badge is earned when every skill of its area is demonstrated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from grader.model import Area, Level, Report, ReportStatus, Struct

SENIOR = Level.SENIOR
MOST = 0.8
"""The share of graded skills that must reach a level for it to be the overall one."""


class Standing(StrEnum):
    """How far a skill was shown."""

    DEMONSTRATED = "demonstrated"
    PARTIAL = "partial"
    MISSING = "missing"


class Competency(Struct, frozen=True):
    """One area of the framework."""

    area: Area
    title: str
    badge: str
    skills: tuple[str, ...]


FRAMEWORK = (
    Competency(
        Area.LANGUAGE,
        "Language Mastery",
        "🐍 Python Wizard",
        ("Metaclasses", "Descriptors", "Decorators", "Context Managers", "Generators", "Async/Await", "Type Hints"),
    ),
    Competency(
        Area.ARCHITECTURE,
        "Architecture",
        "🏗️ Architecture Master",
        (
            "SOLID Principles",
            "Design Patterns",
            "Clean Architecture",
            "Domain-Driven Design",
            "Event-Driven Architecture",
        ),
    ),
    Competency(
        Area.PERFORMANCE,
        "Performance",
        "⚡ Performance Guru",
        ("Profiling", "Optimization", "Memory Management", "Concurrency", "Caching"),
    ),
    Competency(
        Area.TESTING,
        "Testing",
        "🧪 Testing Champion",
        ("Unit Testing", "Integration Testing", "Property-Based Testing", "Performance Testing", "Test Architecture"),
    ),
    Competency(
        Area.PRODUCTION,
        "Production",
        "🚀 Production Expert",
        ("Logging", "Monitoring", "Error Handling", "Security", "Configuration"),
    ),
)


def skills_of(area: Area) -> tuple[str, ...]:
    """The names of an area's skills; none for an area that the framework does not assess by skills."""
    return next((each.skills for each in FRAMEWORK if each.area is area), ())


class SkillProgress(Struct, frozen=True, kw_only=True):
    """One skill, and the best that was graded for it."""

    skill: str
    standing: Standing
    percent: float = 0.0
    level: Level | None = None


class AreaProgress(Struct, frozen=True, kw_only=True):
    """One area."""

    competency: Competency
    skills: tuple[SkillProgress, ...]
    percent: float
    badge_earned: bool


class Progress(Struct, frozen=True, kw_only=True):
    """A whole assessment so far."""

    areas: tuple[AreaProgress, ...]
    percent: float
    level: Level | None
    """The highest level that most graded skills reach; None when nothing was graded."""

    @property
    def demonstrated(self) -> int:
        """How many skills are demonstrated."""
        return sum(each.standing is Standing.DEMONSTRATED for area in self.areas for each in area.skills)

    @property
    def skills(self) -> int:
        """How many skills the framework has."""
        return sum(len(area.skills) for area in self.areas)

    @property
    def badges(self) -> tuple[str, ...]:
        """Those that are earned."""
        return tuple(area.competency.badge for area in self.areas if area.badge_earned)


def progress(reports: Sequence[Report]) -> Progress:
    """How far the reports go. What was rejected or not measured completely counts as missing."""
    graded = [report for report in reports if report.status is ReportStatus.GRADED]
    areas = tuple(_area(competency, graded) for competency in FRAMEWORK)
    skills = [skill for area in areas for skill in area.skills]
    return Progress(areas=areas, percent=_mean(skill.percent for skill in skills), level=_overall(skills))


def _area(competency: Competency, graded: Sequence[Report]) -> AreaProgress:
    skills = tuple(_skill(name, graded) for name in competency.skills)
    return AreaProgress(
        competency=competency,
        skills=skills,
        percent=_mean(skill.percent for skill in skills),
        badge_earned=all(skill.standing is Standing.DEMONSTRATED for skill in skills),
    )


def _skill(name: str, graded: Sequence[Report]) -> SkillProgress:
    about = [report for report in graded if report.challenge.skill.casefold() == name.casefold()]
    if not about:
        return SkillProgress(skill=name, standing=Standing.MISSING)
    best = max(about, key=lambda report: (report.level or 0, report.percent))
    reached = best.level is not None and best.level >= SENIOR
    standing = Standing.DEMONSTRATED if reached else Standing.PARTIAL
    return SkillProgress(skill=name, standing=standing, percent=best.percent, level=best.level)


def _overall(skills: Iterable[SkillProgress]) -> Level | None:
    levels = [skill.level or 0 for skill in skills if skill.standing is not Standing.MISSING]
    reached = [level for level in Level if levels and sum(each >= level for each in levels) >= MOST * len(levels)]
    return max(reached, default=None)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return round(sum(numbers) / len(numbers), 2) if numbers else 0.0
