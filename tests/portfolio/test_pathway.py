"""The rules of the five certificates, at their edges."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from grader.framework import FRAMEWORK, skills_of
from grader.model import Area, MarkStatus, Report
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.pathway import OBSERVED, PATHWAY, CertificateRule, PathwayStanding, rule_named, standing
from tests.portfolio.academy import MALLORY, counting, fill, put, reached, shown
from tests.portfolio.conftest import DAY, kept

replace = msgspec.structs.replace


def of(rule: CertificateRule, *reports: Report, **options: object) -> PathwayStanding:
    return standing(rule, [kept(report, "abc") for report in reports], **options)  # type: ignore[arg-type] # passed on


def named(id_: str) -> CertificateRule:
    rule = rule_named(id_)
    assert rule is not None
    return rule


@pytest.mark.parametrize("rule", PATHWAY, ids=lambda rule: rule.id)
def test_everything_demanded_is_enough(rule: CertificateRule) -> None:
    """One report a demand, at the level that is asked for and not above."""
    whole = of(rule, *(shown(demand.skill, 3 if demand.level else 1) for demand in rule.demands))
    assert (whole.is_complete, whole.share) == (True, f"{len(rule.demands)} of {len(rule.demands)}")


@pytest.mark.parametrize(
    ("rule", "skill"), [(rule, demand.skill) for rule in PATHWAY for demand in rule.demands], ids=str
)
def test_all_but_one_is_not(rule: CertificateRule, skill: str) -> None:
    """6 of 7 earn nothing: whichever report is missing, the gap names its skill."""
    reports = [shown(demand.skill) for demand in rule.demands if demand.skill != skill]
    (gap,) = of(rule, *reports).gaps
    assert (gap.demand.skill, gap.why) == (skill, "not graded yet")


@pytest.mark.parametrize(
    ("rule", "skill"),
    [(rule, demand.skill) for rule in PATHWAY for demand in rule.demands if demand.level],
    ids=str,
)
@pytest.mark.parametrize("level", [2, None])
def test_a_level_below_is_not_enough(rule: CertificateRule, skill: str, level: int | None) -> None:
    """Mid-level, or none, on one skill leaves it open, whatever the others have."""
    reports = [shown(demand.skill, level if demand.skill == skill else 4) for demand in rule.demands]
    (gap,) = of(rule, *reports).gaps
    assert gap.demand.skill == skill
    assert "Senior is level 3" in gap.why


def test_the_rules_are_those_of_the_framework() -> None:
    """Seven, five and five whole areas; three skills of performance; all five of production."""
    assert {rule.id: len(rule.demands) for rule in PATHWAY} == {
        "language": 7,
        "architecture": 5,
        "performance": 3,
        "testing": 5,
        "production": 5,
    }
    assert [rule.area for rule in PATHWAY] == [competency.area for competency in FRAMEWORK]
    assert rule_named("leadership") is None


@pytest.mark.parametrize("skill", ["Optimization", "Memory Management"])
def test_performance_needs_the_measured_ratio(skill: str) -> None:
    """A level without the figure that the certificate prints is not enough; Profiling needs none."""
    rule = named("performance")
    reports = [shown(demand.skill, ratio=None if demand.skill == skill else 1.5) for demand in rule.demands]
    (gap,) = of(rule, *reports).gaps
    assert (gap.demand.skill, gap.why) == (skill, "2026-11-01: the report states no measured ratio")
    assert of(rule, shown("Optimization"), shown("Memory Management"), shown("Profiling", ratio=None)).is_complete


@pytest.mark.parametrize("skill", skills_of(Area.PRODUCTION))
def test_production_needs_clean_complexity_in_all_five(skill: str) -> None:
    """Also where no level is asked for; points lost on complexity leave the skill open."""
    rule = named("production")
    reports = [shown(name, clean=name != skill) for name in skills_of(Area.PRODUCTION)]
    (gap,) = of(rule, *reports).gaps
    assert (gap.demand.skill, gap.why) == (skill, "2026-11-01: complexity is not earned in full")


def test_complexity_that_nobody_measured_is_not_clean() -> None:
    """A challenge without the criterion shows nothing about it, and a person's mark is not a measurement."""
    rule = named("production")
    without = replace(shown("Logging"), criteria=shown("Logging").criteria[:2])
    simple = shown("Logging").criteria[2]
    by_hand = replace(shown("Logging"), criteria=(replace(simple, reviewer="Grace"),))
    unmeasured = replace(shown("Logging"), criteria=(replace(simple, status=MarkStatus.NOT_MEASURED),))
    others = [shown(name) for name in skills_of(Area.PRODUCTION)[1:]]
    for report in (without, by_hand, unmeasured):
        assert [gap.demand.skill for gap in of(rule, report, *others).gaps] == ["Logging"]


def test_error_handling_and_configuration_need_no_level() -> None:
    """Only the three that can be observed are asked for at Senior."""
    rule = named("production")
    assert [demand.skill for demand in rule.demands if demand.level] == [*OBSERVED]


def test_one_report_must_meet_a_demand_alone() -> None:
    """Senior in one attempt and clean complexity in another make no attempt with both."""
    rule = named("production")
    others = [shown(name) for name in skills_of(Area.PRODUCTION)[1:]]
    (gap,) = of(rule, shown("Logging", 3, clean=False), shown("Logging", 2), *others).gaps
    assert gap.demand.skill == "Logging"


def test_the_best_report_is_taken_and_the_latest_of_equals() -> None:
    """A later, worse attempt takes nothing away."""
    rule = named("language")
    first, again = shown("Metaclasses", day="2026-09-01"), shown("Metaclasses", day="2026-10-01")
    worse = shown("Metaclasses", 1, day="2026-11-01")
    ((_, attempt),) = of(rule, first, again, worse).met
    assert attempt.date == "2026-10-01"


def test_a_skill_of_that_name_in_another_area_shows_nothing() -> None:
    """An area is a part of what a report is about."""
    moved = replace(shown("Metaclasses").challenge, area=Area.ARCHITECTURE)
    assert not of(named("language"), replace(shown("Metaclasses"), challenge=moved)).met


def test_a_gap_says_why() -> None:
    """No challenge, not graded, or a report that does not count."""
    whole = of(named("language"), challenged={"Metaclasses"}, uncounted={"Decorators": "it is self-graded"})
    why = {gap.demand.skill: gap.why for gap in whole.gaps}
    assert why["Metaclasses"] == "not graded yet"
    assert why["Decorators"] == "no report counts; the last one does not, because it is self-graded"
    assert why["Generators"] == "no challenge yet, so nobody can demonstrate it"
    assert [gap.has_challenge for gap in whole.gaps][:2] == [True, False]


@pytest.mark.parametrize(
    ("spoiled", "key"),
    [
        (lambda report: report, MALLORY),
        (lambda report: replace(report, person="Alan Turing"), None),
        (lambda report: replace(report, person=""), None),
        (lambda report: replace(report, challenge=replace(report.challenge, version="1.2")), None),
        (lambda report: replace(report, graded_at="2024-11-30T00:00:00+00:00"), None),
        (lambda report: replace(report, status=type(report.status).INCOMPLETE), None),
    ],
    ids=["another key", "another person", "nobody", "older version", "too old", "incomplete"],
)
def test_a_report_that_does_not_count_is_missing(folder: PortfolioFolder, spoiled: object, key: bytes | None) -> None:
    """Six that count and one that does not are 6 of 7."""
    fill(folder)
    assert reached(folder).share == "7 of 7"
    assert callable(spoiled)
    report = spoiled(shown("Metaclasses"))
    put(folder, report, key) if key else put(folder, report)
    assert reached(folder).share == "6 of 7"


def test_a_report_made_alone_counts_for_nothing(folder: PortfolioFolder) -> None:
    """However good: without a signature it is self-graded."""
    from grader.portfolio.reports import keep

    for skill in skills_of(Area.LANGUAGE):
        keep(folder, shown(skill, 4))
    assert reached(folder).share == "0 of 7"


def test_reports_grow_old(folder: PortfolioFolder) -> None:
    """What counts today counts for two years."""
    fill(folder)
    assert reached(folder, held=counting(day=dt.date(2028, 10, 31))).is_complete
    assert reached(folder, held=counting(day=dt.date(2028, 11, 1))).share == "0 of 7"
    assert dt.date(2028, 11, 1) > DAY
