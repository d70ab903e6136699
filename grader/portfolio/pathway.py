"""The certification pathway: five certificates, the rule of each, and what a set of reports still misses. Pure.

A certificate lists demands on skills. A demand is met by one report that meets all of it; reports that do not count
(`grader.portfolio.counting`) are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grader.framework import skills_of
from grader.model import RATIO, Area, Kind, Level, MarkStatus, Measurement, Report, Struct
from grader.portfolio.reports import KeptReport

VALID_YEARS = 1
"""Years for which a certificate is valid."""


class SkillDemand(Struct, frozen=True, kw_only=True):
    """What one report on a skill must show."""

    skill: str
    level: Level | None = Level.SENIOR
    """The level; None for any."""
    has_ratio: bool = False
    """True if the report must state a measured ratio."""
    has_clean_complexity: bool = False
    """True if the report's criteria on complexity must be earned in full."""

    def gap(self, report: Report) -> str:
        """Return what a report lacks; empty if it meets the demand."""
        if self.level is not None and (report.level is None or report.level < self.level):
            reached = f"level {report.level.value}" if report.level else "no level"
            return f"{reached}; {self.level.title} is level {self.level.value}"
        if self.has_clean_complexity and not is_clean(report):
            return "complexity is not earned in full"
        if self.has_ratio and not ratios(report):
            return "the report states no measured ratio"
        return ""

    @property
    def words(self) -> str:
        """The demand in words."""
        parts = [f"at {self.level.title}"] if self.level else []
        parts += ["complexity earned"] if self.has_clean_complexity else []
        parts += ["the measured ratio stated"] if self.has_ratio else []
        return f"{self.skill}: {', '.join(parts)}"


class CertificateRule(Struct, frozen=True, kw_only=True):
    """One certificate of the pathway."""

    id: str
    title: str
    area: Area
    version: int
    """The rule's version; a certificate names the one that it was issued under."""
    words: str
    demands: tuple[SkillDemand, ...]


def _all(area: Area) -> tuple[SkillDemand, ...]:
    return tuple(SkillDemand(skill=skill) for skill in skills_of(area))


OBSERVED = ("Logging", "Monitoring", "Security")
PATHWAY = (
    CertificateRule(
        id="language",
        title="Language Mastery",
        area=Area.LANGUAGE,
        version=1,
        words="7 of 7 language skills at Senior",
        demands=_all(Area.LANGUAGE),
    ),
    CertificateRule(
        id="architecture",
        title="Architecture Excellence",
        area=Area.ARCHITECTURE,
        version=1,
        words="5 of 5 architecture skills at Senior",
        demands=_all(Area.ARCHITECTURE),
    ),
    CertificateRule(
        id="performance",
        title="Performance Engineering",
        area=Area.PERFORMANCE,
        version=1,
        words="Optimization, Memory Management and Profiling at Senior, with the measured ratio of the first two",
        demands=(
            SkillDemand(skill="Optimization", has_ratio=True),
            SkillDemand(skill="Memory Management", has_ratio=True),
            SkillDemand(skill="Profiling"),
        ),
    ),
    CertificateRule(
        id="testing",
        title="Testing Expertise",
        area=Area.TESTING,
        version=1,
        words="5 of 5 testing skills at Senior",
        demands=_all(Area.TESTING),
    ),
    CertificateRule(
        id="production",
        title="Production Readiness",
        area=Area.PRODUCTION,
        version=1,
        words="Logging, Monitoring and Security at Senior, and complexity earned in all five production skills",
        demands=tuple(
            SkillDemand(skill=skill, level=Level.SENIOR if skill in OBSERVED else None, has_clean_complexity=True)
            for skill in skills_of(Area.PRODUCTION)
        ),
    ),
)


class SkillGap(Struct, frozen=True, kw_only=True):
    """A demand that is not met, and why."""

    demand: SkillDemand
    why: str
    has_challenge: bool = True


class PathwayStanding(Struct, frozen=True, kw_only=True):
    """The progress of a set of reports towards a certificate."""

    rule: CertificateRule
    met: tuple[tuple[SkillDemand, KeptReport], ...]
    gaps: tuple[SkillGap, ...]

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is missing."""
        return not self.gaps

    @property
    def reports(self) -> tuple[KeptReport, ...]:
        """The reports that it rests on."""
        return tuple(attempt for _, attempt in self.met)

    @property
    def share(self) -> str:
        """How many demands are met: `6 of 7`."""
        return f"{len(self.met)} of {len(self.rule.demands)}"


def rule_named(name: str) -> CertificateRule | None:
    """Return the certificate with an id; None if there is none."""
    return next((rule for rule in PATHWAY if rule.id == name), None)


def standing(
    rule: CertificateRule,
    counted: Sequence[KeptReport],
    *,
    challenged: Collection[str] | None = None,
    uncounted: Mapping[str, str] | None = None,
) -> PathwayStanding:
    """Return how far the reports that count get.

    `challenged` are the skills that somebody can be graded on, None for all; `uncounted` gives the
    reason why the last report on a skill does not count.
    """
    met: list[tuple[SkillDemand, KeptReport]] = []
    gaps: list[SkillGap] = []
    for demand in rule.demands:
        about = [attempt for attempt in counted if _is_about(attempt.report, rule, demand)]
        fitting = [attempt for attempt in about if not demand.gap(attempt.report)]
        if fitting:
            met.append((demand, max(fitting, key=_rank)))
            continue
        has_challenge = challenged is None or demand.skill in challenged
        gaps.append(
            SkillGap(
                demand=demand,
                has_challenge=has_challenge,
                why=_why(demand, about, has_challenge=has_challenge, uncounted=(uncounted or {}).get(demand.skill, "")),
            )
        )
    return PathwayStanding(rule=rule, met=tuple(met), gaps=tuple(gaps))


def ratios(report: Report) -> tuple[tuple[str, Measurement], ...]:
    """Return the measured ratios to the reference that a report states, each with the title of its criterion."""
    return tuple(
        (mark.title, measurement)
        for mark in report.criteria
        if mark.kind is Kind.PERFORMANCE
        for measurement in mark.measurements
        if measurement.name == RATIO
    )


def is_clean(report: Report) -> bool:
    """Return whether a report has criteria on complexity, and each is earned in full by measurement."""
    marks = [mark for mark in report.criteria if mark.kind is Kind.COMPLEXITY]
    return bool(marks) and all(mark.status is MarkStatus.EARNED and not mark.reviewer for mark in marks)


def _is_about(report: Report, rule: CertificateRule, demand: SkillDemand) -> bool:
    return report.challenge.area is rule.area and report.challenge.skill == demand.skill


def _rank(attempt: KeptReport) -> tuple[int, float, str]:
    """Order reports by level, score and time: the best one, and the latest of equals."""
    return attempt.report.level or 0, attempt.report.percent, attempt.moment


def _why(demand: SkillDemand, about: Sequence[KeptReport], *, has_challenge: bool, uncounted: str) -> str:
    if about:
        best = max(about, key=_rank)
        return f"{best.date}: {demand.gap(best.report)}"
    if uncounted:
        return f"no report counts; the last one does not, because {uncounted}"
    return "not graded yet" if has_challenge else "no challenge yet, so nobody can demonstrate it"
