"""The framework's eight badges: one table of what each requires, and how far counted reports get. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from grader.framework import FRAMEWORK
from grader.model import Area, Level, Struct
from grader.portfolio.counting import YEARS, Counting
from grader.portfolio.leadership import COUNTS as LEADERSHIP_COUNTS
from grader.portfolio.leadership import NO_LEADERSHIP, REVIEWS, TALKS, Leadership, LeadershipPart, ShownPart
from grader.portfolio.reports import KeptReport

LEVEL = Level.SENIOR
"""The level that every skill of a badge requires."""
REVISION = 2
"""The version of the table: part of a badge's identifier, and raised whenever the meaning of a badge changes."""

COUNTS = (
    "A report counts if an issuer whom the reader trusts, and who is not the person, signed it; if it names the "
    "person, who gave none of its marks; if everything was measured; and if it is about the present version of a "
    f"challenge for that skill, graded within the last {YEARS} years."
)


class UncountedReport(NamedTuple):
    """A report that does not count, and why."""

    attempt: KeptReport
    why: str


class LeadershipDemand(NamedTuple):
    """How much of a part of Leadership a badge requires."""

    part: LeadershipPart
    percent: int

    @property
    def words(self) -> str:
        """The demand in words: `3 reviews, countersigned by 2 persons`."""
        step = next(step for step in self.part.steps if step.percent == self.percent)
        noun = self.part.noun if step.pieces == 1 else f"{self.part.noun}s"
        return f"{step.pieces} {noun}, {self.part.unit} by {step.persons} person{'s' if step.persons != 1 else ''}"


class Badge(Struct, frozen=True, kw_only=True):
    """One badge of the framework."""

    id: str
    symbol: str
    name: str
    about: str
    """The framework's description of it."""
    area: Area | None = None
    """The area whose skills it requires, all of them; None if it rests on something else."""
    waits_for: str = ""
    """What it requires that nothing records yet; unless this is empty, nobody can earn the badge."""
    leads: tuple[LeadershipDemand, ...] = ()
    """The parts of Leadership that it requires."""
    and_requires: str = ""
    """What it will also require, which evidence can already show."""

    @property
    def title(self) -> str:
        """The badge as the framework writes it."""
        return f"{self.symbol} {self.name}"

    @property
    def iri(self) -> str:
        """The achievement's identifier in a credential."""
        return f"urn:senior-python-grader:badge:{self.id}:v{REVISION}"

    @property
    def skills(self) -> tuple[str, ...]:
        """The skills that it requires."""
        return next((section.skills for section in FRAMEWORK if section.area is self.area), ())

    @property
    def rule(self) -> str:
        """Its requirements in a sentence."""
        if self.waits_for:
            besides = f" Besides, it will require {self.and_requires}." if self.and_requires else ""
            return f"Cannot be earned yet: nothing records {self.waits_for}.{besides}"
        if self.leads:
            return f"Leadership, as others signed it: {', and '.join(demand.words for demand in self.leads)}."
        count = len(self.skills)
        return f"{count} of {count} skills at level {LEVEL.value}, {LEVEL.title}, or above: {_listed(self.skills)}."

    @property
    def criteria(self) -> str:
        """The rule with what counts for it, as a credential states it."""
        return f"{self.rule} {LEADERSHIP_COUNTS if self.leads else COUNTS}"


BADGES: Mapping[str, Badge] = {
    badge.id: badge
    for badge in (
        Badge(
            id="python-wizard",
            symbol="🐍",
            name="Python Wizard",
            about="Advanced language mastery",
            area=Area.LANGUAGE,
        ),
        Badge(
            id="architecture-master",
            symbol="🏗️",
            name="Architecture Master",
            about="Design patterns and principles",
            area=Area.ARCHITECTURE,
        ),
        Badge(
            id="performance-guru",
            symbol="⚡",
            name="Performance Guru",
            about="Optimization and profiling",
            area=Area.PERFORMANCE,
        ),
        Badge(
            id="testing-champion",
            symbol="🧪",
            name="Testing Champion",
            about="Advanced testing methodologies",
            area=Area.TESTING,
        ),
        Badge(
            id="production-expert",
            symbol="🚀",
            name="Production Expert",
            about="Deployment and operations",
            area=Area.PRODUCTION,
        ),
        Badge(
            id="tech-leader",
            symbol="👥",
            name="Tech Leader",
            about="Mentoring and code reviews",
            waits_for="interview parts on code review, in sessions that an issuer held",
            and_requires="evidence of mentoring, signed by the other person",
        ),
        Badge(
            id="problem-solver",
            symbol="🔧",
            name="Problem Solver",
            about="Complex debugging and solutions",
            waits_for="interview parts on debugging and live coding, in sessions that an issuer held",
        ),
        Badge(
            id="knowledge-sharer",
            symbol="📚",
            name="Knowledge Sharer",
            about="Documentation and teaching",
            leads=(LeadershipDemand(REVIEWS, 50), LeadershipDemand(TALKS, 25)),
        ),
    )
}
"""Every badge by its id."""


class BadgeProgress(Struct, frozen=True, kw_only=True):
    """The progress of one person towards a badge, by the reports that count."""

    badge: Badge
    reached: Mapping[str, KeptReport]
    """The report with which each skill was reached: the best one, the latest of equals."""
    uncounted: tuple[UncountedReport, ...]
    """Reports on its skills that do not count, each with the reason."""
    unavailable: tuple[str, ...] = ()
    """Skills that no challenge is about yet."""
    led: tuple[ShownPart, ...] = ()
    """The parts of Leadership that it requires, as far as they are shown."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The skills that are not reached yet, or the parts of Leadership."""
        skills = [skill for skill in self.badge.skills if skill not in self.reached]
        shown = zip(self.badge.leads, self.led, strict=True)
        return (*skills, *(demand.words for demand, part in shown if (part.percent or 0) < demand.percent))

    @property
    def is_earned(self) -> bool:
        """Return whether everything that the badge requires was reached."""
        return bool(self.badge.skills or self.badge.leads) and not self.badge.waits_for and not self.missing

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The signed files that show it, each with its digest, in words."""
        return (*map(report_words, self.reached.values()), *(words for part in self.led for words in part.rests_on))

    @property
    def words(self) -> str:
        """The progress in words."""
        if self.badge.waits_for:
            return "cannot be earned yet"
        if self.is_earned:
            return "earned"
        if self.badge.leads:
            return f"{len(self.badge.leads) - len(self.missing)} of {len(self.badge.leads)} parts of Leadership"
        return f"{len(self.reached)} of {len(self.badge.skills)} skills"


def badge_progress(
    badge: Badge, reports: Sequence[KeptReport], counting: Counting, shown: Leadership = NO_LEADERSHIP
) -> BadgeProgress:
    """Return how far the reports that count for a person, and what shows Leadership, get towards a badge."""
    by_skill = {skill.casefold(): skill for skill in badge.skills}
    reached: dict[str, KeptReport] = {}
    for attempt in counting.counted(reports):
        challenge, level = attempt.report.challenge, attempt.report.level
        skill = by_skill.get(challenge.skill.casefold())
        if skill is None or challenge.area is not badge.area or level is None or level < LEVEL:
            continue
        if skill not in reached or _rank(attempt) >= _rank(reached[skill]):
            reached[skill] = attempt
    about = [attempt for attempt in reports if attempt.report.challenge.skill.casefold() in by_skill]
    uncounted = tuple(UncountedReport(attempt, why) for attempt in about if (why := counting.why_not(attempt)))
    present = counting.present
    there = None if present is None else {challenge.skill for challenge in present.values()}
    unavailable = tuple(skill for skill in badge.skills if there is not None and skill not in there)
    led = tuple(shown.part(demand.part.title) for demand in badge.leads)
    return BadgeProgress(badge=badge, reached=reached, uncounted=uncounted, unavailable=unavailable, led=led)


def report_words(attempt: KeptReport) -> str:
    """Return what a badge says about a report that it rests on."""
    challenge = attempt.report.challenge
    return (
        f"{challenge.name} {challenge.version} ({challenge.skill}), graded {attempt.date}: {attempt.result}; "
        f"signed by {attempt.signer}; {attempt.digest}"
    )


def _rank(attempt: KeptReport) -> tuple[int, float, str]:
    return attempt.report.level or 0, attempt.report.percent, attempt.moment


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
