"""Progress in the assessment framework: 27 skills, and nothing is counted that was not shown."""

from __future__ import annotations

import msgspec
import pytest

from grader.challenges.catalogue import catalogue
from grader.framework import FRAMEWORK, AreaProgress, Progress, Standing, progress
from grader.model import (
    Area,
    ChallengeRef,
    HarnessRef,
    Level,
    Report,
    ReportStatus,
    SubmissionRef,
)


def report(skill: str, percent: float, level: Level | None, status: ReportStatus = ReportStatus.GRADED) -> Report:
    return Report(
        challenge=ChallengeRef(slug="x", area=Area.LANGUAGE, skill=skill, version="1.0"),
        submission=SubmissionRef(path="x", digest=""),
        status=status,
        score=percent,
        max_score=100.0,
        percent=percent,
        best_possible=percent,
        level=level,
        level_title=level.title if level else "",
        criteria=(),
        seed=1,
        backend="",
        durations_ms={},
        tools={},
        harness=HarnessRef(version="0", digest=""),
    )


def language(so_far: Progress) -> AreaProgress:
    return next(area for area in so_far.areas if area.competency.area is Area.LANGUAGE)


def test_the_framework_has_its_27_skills() -> None:
    """Seven of the language and five of each other area, each named once."""
    skills = [skill for competency in FRAMEWORK for skill in competency.skills]
    assert len(set(skills)) == len(skills) == 27


def test_every_shipped_challenge_shows_a_skill_of_its_area() -> None:
    """A challenge counts: its `skill` is the framework's word for it. Interview challenges may name others."""
    skills = {competency.area: competency.skills for competency in FRAMEWORK}
    strangers = [
        f"{each.name}: {each.manifest.skill}"
        for each in catalogue().challenges()
        if each.area is not Area.INTERVIEW and each.manifest.skill not in skills[each.area]
    ]
    assert strangers == []


def test_nothing_graded_is_nothing_shown() -> None:
    """No report: every skill is missing, and there is no level."""
    so_far = progress(())
    assert (so_far.demonstrated, so_far.percent, so_far.level, so_far.badges) == (0, 0.0, None, ())
    assert {skill.standing for area in so_far.areas for skill in area.skills} == {Standing.MISSING}


@pytest.mark.parametrize(
    ("level", "standing"),
    [
        (None, Standing.PARTIAL),
        (Level.MID, Standing.PARTIAL),
        (Level.SENIOR, Standing.DEMONSTRATED),
        (Level.EXPERT, Standing.DEMONSTRATED),
    ],
)
def test_a_skill_is_demonstrated_from_senior_on(level: Level | None, standing: Standing) -> None:
    """The framework's skills are its Senior requirements."""
    (skill,) = [each for each in language(progress((report("Generators", 60.0, level),))).skills if each.percent]
    assert (skill.skill, skill.standing) == ("Generators", standing)


@pytest.mark.parametrize("status", [ReportStatus.REJECTED, ReportStatus.INCOMPLETE])
def test_what_was_not_graded_does_not_count(status: ReportStatus) -> None:
    """A rejected or incomplete report shows nothing yet."""
    assert progress((report("Generators", 100.0, Level.EXPERT, status),)).demonstrated == 0


def test_the_best_of_several_reports_counts() -> None:
    """Two answers to one skill: the better one."""
    so_far = progress((report("Generators", 40.0, Level.JUNIOR), report("Generators", 90.0, Level.SENIOR)))
    assert so_far.demonstrated == 1
    assert language(so_far).percent == round(90 / 7, 2)


def test_a_badge_takes_every_skill_of_its_area() -> None:
    """Six of seven earn none, seven earn it."""
    skills = FRAMEWORK[0].skills
    reports = [report(skill, 90.0, Level.SENIOR) for skill in skills]
    assert progress(reports[:-1]).badges == ()
    assert progress(reports).badges == ("🐍 Python Wizard",)


def test_the_overall_level_is_what_most_answers_reach() -> None:
    """Four of five at Senior make Senior; three of five do not."""
    reports = [report(skill, 90.0, Level.SENIOR) for skill in FRAMEWORK[1].skills]
    lower = msgspec.structs.replace(reports[0], level=Level.MID)
    lowest = msgspec.structs.replace(reports[1], level=Level.MID)
    assert progress((lower, *reports[1:])).level is Level.SENIOR
    assert progress((lower, lowest, *reports[2:])).level is Level.MID
