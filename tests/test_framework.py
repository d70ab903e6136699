"""Progress in the assessment framework: 27 skills, and nothing is counted that was not shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.challenges.catalogue import catalogue
from grader.framework import BEYOND, ENOUGH, FRAMEWORK, AreaProgress, Progress, Standing, no_challenge, progress
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
        f"{challenge.name}: {challenge.manifest.skill}"
        for challenge in catalogue().challenges()
        if challenge.area is not Area.INTERVIEW and challenge.manifest.skill not in skills[challenge.area]
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
    (skill,) = [skill for skill in language(progress((report("Generators", 60.0, level),))).skills if skill.percent]
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


ALL = [skill for competency in FRAMEWORK for skill in competency.skills]


def graded(levels: Sequence[Level | None], percent: float = 90.0) -> Progress:
    """The progress of somebody who answered the first skills at these levels."""
    return progress([report(skill, percent, level) for skill, level in zip(ALL, levels, strict=False)])


@given(levels=st.lists(st.sampled_from([None, *Level]), max_size=ENOUGH - 1))
def test_a_few_reports_are_not_enough_to_say_a_level(levels: list[Level | None]) -> None:
    """With fewer than 22 skills graded nothing is said, however good they are."""
    so_far = graded(levels)
    assert so_far.level is None
    assert so_far.level_words == "too little graded for a level"
    assert so_far.next_level == f"{len(levels)} of 27 skills are graded; an overall level requires 22."


def test_a_missing_skill_counts_as_missing() -> None:
    """22 of all 27 skills have to reach a level, not 22 of those that were graded."""
    assert graded([Level.MID] * 22).level is Level.MID
    assert graded([Level.MID] * 21 + [Level.JUNIOR] * 6).level is Level.JUNIOR
    assert graded([Level.JUNIOR] * 21 + [None] * 6).level is None
    assert graded([Level.JUNIOR] * 21 + [None] * 6).level_words == "no level yet"


def test_senior_takes_22_skills_and_60_percent_in_each_area() -> None:
    """An area that nothing was shown of bars Senior, and the report says which."""
    assert graded([Level.SENIOR] * 22 + [Level.MID] * 5).level is Level.SENIOR
    without_an_area = graded([Level.SENIOR] * 22)
    assert without_an_area.level is Level.MID
    assert without_an_area.next_level == (
        "Senior requires 22 of 27 skills at Senior or above (22 are), and 60 % in each area, "
        "not yet reached in Production."
    )
    assert graded([Level.SENIOR] * 27, percent=59.0).level is Level.MID


@given(levels=st.lists(st.sampled_from(Level), min_size=ENOUGH, max_size=27))
def test_nobody_is_an_expert_yet(levels: list[Level]) -> None:
    """Expert takes what is not graded yet, and the report of a Senior says what that is."""
    so_far = graded(levels)
    assert so_far.level in (Level.JUNIOR, Level.MID, Level.SENIOR)
    best = graded([Level.EXPERT] * 27, percent=100.0)
    assert (best.level, best.next_level) == (Level.SENIOR, BEYOND)


def test_a_skill_without_a_challenge_is_shown_as_such_and_is_not_missing() -> None:
    """Percentages are over what can be graded; badges and the overall level still take all skills."""
    skills = ["Metaclasses", "Descriptors", "Unit Testing"]
    so_far = progress([report(skill, 90, Level.SENIOR) for skill in skills], [*skills, "optimization"])
    standings = [each.standing for area in so_far.areas for each in area.skills]
    assert (standings.count(Standing.MISSING), standings.count(Standing.NO_CHALLENGE)) == (1, 23)
    assert (so_far.demonstrated, so_far.gradable, so_far.without_challenge) == (3, 4, 23)
    assert so_far.percent == 67.5
    assert language(so_far).percent == 90
    assert [area.has_challenges for area in so_far.areas] == [True, False, True, True, False]
    assert so_far.badges == ()
    assert so_far.level is None
    assert "4 have a challenge so far" in so_far.next_level
    assert so_far.no_challenge_words == "23 more skills have no challenge yet."
    assert no_challenge(skills)["Testing"] == FRAMEWORK[3].skills[1:]


def test_senior_takes_each_area_over_all_of_its_skills() -> None:
    """Skills without a challenge bring no overall level nearer."""
    names = [skill for competency in FRAMEWORK for skill in competency.skills][:22]
    assert progress([report(name, 100, Level.SENIOR) for name in names], names).level is Level.MID
