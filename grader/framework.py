"""The assessment framework: its 27 skills by area, its badges, and the progress that a set of reports shows.

A skill is *demonstrated* when a challenge for it was graded at level 3 (Senior) or above, *partial* when it was graded
below that, *missing* when it has a challenge but no report, and has *no challenge* otherwise. An area's percentage is
the mean of the best scores for those of its skills that have a challenge; a missing skill counts as zero. A badge is
earned when every skill of its area is demonstrated.

The overall level counts all skills, a missing one as missing:

    1 Junior, 2 Mid-level    22 of the 27 skills at that level or above
    3 Senior                 22 of the 27 skills at Senior or above, and 60 % in each area across all its skills
    4 Expert                 besides, system design and code review at Expert in issued sessions, and verified evidence
                             of leadership; neither is graded yet, so nobody reaches it

With fewer than 22 skills graded, nobody can tell whether somebody is a Senior, so no level is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from grader.model import Area, Level, Report, ReportStatus, Struct

SENIOR = Level.SENIOR
ENOUGH = 22
"""The number of skills that must be graded before there is an overall level, and that must reach this level."""
LEAST = 60.0
"""The percentage in each area that the overall level Senior requires."""
BEYOND = (
    "Expert requires system design and code review at Expert in issued sessions, and verified evidence of leadership, "
    "none of which is graded yet."
)


class Standing(StrEnum):
    """The extent to which a skill was demonstrated."""

    DEMONSTRATED = "demonstrated"
    PARTIAL = "partial"
    MISSING = "missing"
    NO_CHALLENGE = "no challenge yet"


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
    """Return the names of an area's skills; none for an area that the framework does not assess by skills."""
    return next((section.skills for section in FRAMEWORK if section.area is area), ())


def is_assessed(area: Area, skill: str) -> bool:
    """Return whether the framework assesses a skill in an area; interview parts never count, whatever they name."""
    return skill.casefold() in {name.casefold() for name in skills_of(area)}


class SkillProgress(Struct, frozen=True, kw_only=True):
    """One skill, and the best result graded for it."""

    skill: str
    standing: Standing
    percent: float = 0.0
    level: Level | None = None


class AreaProgress(Struct, frozen=True, kw_only=True):
    """The progress in one area."""

    competency: Competency
    skills: tuple[SkillProgress, ...]
    percent: float
    """The mean over the skills that have a challenge."""
    badge_earned: bool

    @property
    def has_challenges(self) -> bool:
        """Return whether anything in the area can be graded."""
        return any(each.standing is not Standing.NO_CHALLENGE for each in self.skills)


class Progress(Struct, frozen=True, kw_only=True):
    """The progress in a whole assessment."""

    areas: tuple[AreaProgress, ...]
    percent: float
    """The mean over the skills that have a challenge."""
    level: Level | None
    """The overall level; None if none is reached, or too little was graded to say."""
    level_words: str
    """The overall level in words, or why there is none."""
    next_level: str
    """The requirements of the next overall level, or of any level while too little is graded."""

    @property
    def demonstrated(self) -> int:
        """The number of skills demonstrated."""
        return sum(skill.standing is Standing.DEMONSTRATED for area in self.areas for skill in area.skills)

    @property
    def skills(self) -> int:
        """The number of skills in the framework."""
        return sum(len(area.skills) for area in self.areas)

    @property
    def without_challenge(self) -> int:
        """The number of skills that nobody can be graded on."""
        return sum(each.standing is Standing.NO_CHALLENGE for area in self.areas for each in area.skills)

    @property
    def gradable(self) -> int:
        """The number of skills that somebody can be graded on."""
        return self.skills - self.without_challenge

    @property
    def whole(self) -> str:
        """What `percent` is a percentage of, in words."""
        return "what can be graded so far" if self.without_challenge else "the assessment"

    @property
    def no_challenge_words(self) -> str:
        """The number of skills without a challenge, as a sentence; empty when all have one."""
        count = self.without_challenge
        if not count:
            return ""
        return f"{count} more skills have no challenge yet." if count > 1 else "One more skill has no challenge yet."

    @property
    def badges(self) -> tuple[str, ...]:
        """The badges that are earned."""
        return tuple(area.competency.badge for area in self.areas if area.badge_earned)


def progress(reports: Sequence[Report], challenged: Collection[str] | None = None) -> Progress:
    """Return the progress that the reports show. Reports that were rejected or not measured completely are ignored.

    `challenged` names the skills that have a challenge; without it, every skill counts as having one.
    """
    graded = [report for report in reports if report.status is ReportStatus.GRADED]
    known = None if challenged is None else frozenset(skill.casefold() for skill in challenged)
    areas = tuple(_area(competency, graded, known) for competency in FRAMEWORK)
    skills = [skill for area in areas for skill in area.skills]
    level = _overall(areas)
    return Progress(
        areas=areas,
        percent=_mean(_percents(skills)),
        level=level,
        level_words=_words(level, skills),
        next_level=_next_level(level, areas, graded=_graded(skills)),
    )


def no_challenge(challenged: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the skills without a challenge, by area title."""
    known = {skill.casefold() for skill in challenged}
    found = {each.title: tuple(skill for skill in each.skills if skill.casefold() not in known) for each in FRAMEWORK}
    return {title: skills for title, skills in found.items() if skills}


def _percents(skills: Sequence[SkillProgress]) -> list[float]:
    return [skill.percent for skill in skills if skill.standing is not Standing.NO_CHALLENGE]


def _area(competency: Competency, graded: Sequence[Report], challenged: frozenset[str] | None) -> AreaProgress:
    skills = tuple(_skill(name, graded, challenged) for name in competency.skills)
    return AreaProgress(
        competency=competency,
        skills=skills,
        percent=_mean(_percents(skills)),
        badge_earned=all(skill.standing is Standing.DEMONSTRATED for skill in skills),
    )


def _skill(name: str, graded: Sequence[Report], challenged: frozenset[str] | None) -> SkillProgress:
    about = [report for report in graded if report.challenge.skill.casefold() == name.casefold()]
    if not about:
        is_challenged = challenged is None or name.casefold() in challenged
        return SkillProgress(skill=name, standing=Standing.MISSING if is_challenged else Standing.NO_CHALLENGE)
    best = max(about, key=lambda report: (report.level or 0, report.percent))
    reached = best.level is not None and best.level >= SENIOR
    standing = Standing.DEMONSTRATED if reached else Standing.PARTIAL
    return SkillProgress(skill=name, standing=standing, percent=best.percent, level=best.level)


def _overall(areas: Sequence[AreaProgress]) -> Level | None:
    """Return the highest level below Expert that enough skills reach; Senior also requires LEAST percent in each
    area.
    """
    reached = [level for level in Level if level <= SENIOR and _reaching(level, areas) >= ENOUGH]
    if SENIOR in reached and _weak(areas):
        reached.remove(SENIOR)
    return max(reached, default=None)


def _reaching(level: Level, areas: Sequence[AreaProgress]) -> int:
    return sum(skill.level is not None and skill.level >= level for area in areas for skill in area.skills)


def _weak(areas: Sequence[AreaProgress]) -> list[str]:
    """Return the titles of areas whose mean across all their skills is below what Senior requires."""
    return [area.competency.title for area in areas if _mean(skill.percent for skill in area.skills) < LEAST]


def _graded(skills: Sequence[SkillProgress]) -> int:
    return sum(skill.standing in (Standing.DEMONSTRATED, Standing.PARTIAL) for skill in skills)


def _words(level: Level | None, skills: Sequence[SkillProgress]) -> str:
    if _graded(skills) < ENOUGH:
        return "too little graded for a level"
    return f"level {level.value}, {level.title}" if level else "no level yet"


def _next_level(level: Level | None, areas: Sequence[AreaProgress], *, graded: int) -> str:
    if level is SENIOR:
        return BEYOND
    total = sum(len(area.skills) for area in areas)
    if graded < ENOUGH:
        possible = total - sum(each.standing is Standing.NO_CHALLENGE for area in areas for each in area.skills)
        more = f", but only {possible} have a challenge so far" if possible < ENOUGH else ""
        return f"{graded} of {total} skills are graded; an overall level requires {ENOUGH}{more}."
    following = Level(level + 1) if level else Level.JUNIOR
    words = f"{following.title} requires {ENOUGH} of {total} skills at {following.title} or above"
    if following is not SENIOR:
        return f"{words}, and {_reaching(following, areas)} are."
    weak = _weak(areas)
    missing = f", not yet reached in {', '.join(weak)}" if weak else ""
    return f"{words} ({_reaching(following, areas)} are), and {LEAST:g} % in each area{missing}."


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return round(sum(numbers) / len(numbers), 2) if numbers else 0.0
