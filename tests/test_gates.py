"""Levels make sense: whoever lacks the skill is below Senior, and nobody with the score of an Expert is called less."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import rubric
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.gates import gates, reversals, takes
from grader.challenges.manifest import LevelRule, Manifest
from grader.model import Kind, Level, Mark, MarkStatus

SHIPPED = {challenge.slug: challenge for challenge in catalogue().challenges()}
MANIFEST = """
format_version = 1
title = "A challenge"
summary = "Ten characters at least."
skill = "Gates"
version = "1.0"
modules = ["shop.py"]
{top}
[[criteria]]
id = "skill"
kind = "behaviour"
title = "The skill"
points = 30
[[criteria]]
id = "rest"
kind = "behaviour"
title = "The rest"
points = 70
{levels}
"""


def made(tmp_path: Path, *, top: str = "", levels: str = "") -> Challenge:
    """A challenge with a criterion that is the skill and one that is not."""
    folder = tmp_path / "language/gates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "challenge.toml").write_text(MANIFEST.format(top=top, levels=levels))
    return load(folder)


def level_of(challenge: Challenge, shares: dict[str, Fraction]) -> Level | None:
    """The level of somebody who earns these parts of the criteria, and all of the others."""
    marks = [
        Mark(
            id=criterion.id,
            kind=criterion.kind,
            title=criterion.title,
            points=criterion.points,
            earned=float(Fraction(str(criterion.points)) * shares.get(criterion.id, Fraction(1))),
            status=MarkStatus.PARTIAL,
        )
        for criterion in challenge.manifest.criteria
    ]
    return rubric.standing(challenge, marks).level


def percent_of(challenge: Challenge, shares: dict[str, Fraction]) -> Fraction:
    """The score of the same."""
    points = {criterion.id: Fraction(str(criterion.points)) for criterion in challenge.manifest.criteria}
    earned = sum((points[name] * shares.get(name, Fraction(1)) for name in points), Fraction(0))
    return 100 * earned / sum(points.values(), Fraction(0))


spreads = st.lists(st.integers(0, 12), min_size=12, max_size=12)
"""How many twelfths are earned of each criterion, in the order of the manifest."""
slugs = st.sampled_from(sorted(SHIPPED))


def spread(challenge: Challenge, twelfths: Sequence[int]) -> dict[str, Fraction]:
    """The part that is earned of each criterion."""
    return {
        criterion.id: Fraction(part, 12) for criterion, part in zip(challenge.manifest.criteria, twelfths, strict=False)
    }


@pytest.mark.parametrize("slug", SHIPPED)
def test_whoever_lacks_the_skill_does_not_reach_senior(slug: str) -> None:
    """Less of one skill criterion than Senior takes bars Senior, whatever else is right."""
    challenge = SHIPPED[slug]
    senior, expert = gates(challenge.manifest)[-2:]
    for lacking in challenge.manifest.skill_criteria:
        assert senior.shares[lacking] >= 0.3
        for part in (Fraction(part, 100) for part in range(100)):
            level = level_of(challenge, {lacking: part})
            assert part >= Fraction(str(expert.shares[lacking])) or level is not Level.EXPERT
            assert part >= Fraction(str(senior.shares[lacking])) or level is None or level < Level.SENIOR


@settings(max_examples=40)
@given(slug=slugs, twelfths=spreads)
def test_nobody_with_the_score_of_an_expert_is_below_senior(slug: str, twelfths: list[int]) -> None:
    """However the points that are lost are spread: with 97 % nobody is a Junior, nor a Mid-level."""
    challenge = SHIPPED[slug]
    lost = spread(challenge, twelfths)
    scale = Fraction(3) / max(Fraction(3), 100 - percent_of(challenge, lost))
    shares = {name: 1 - (1 - part) * scale for name, part in lost.items()}
    assert percent_of(challenge, shares) >= 97
    assert level_of(challenge, shares) in (Level.SENIOR, Level.EXPERT)
    assert not list(reversals(challenge.manifest)), "three points that are lost in one criterion"


@settings(max_examples=40)
@given(slug=slugs, twelfths=spreads, better=st.integers(0, 11))
def test_who_earns_more_is_not_ranked_lower(slug: str, twelfths: list[int], better: int) -> None:
    """All points of one criterion more take no level away."""
    challenge = SHIPPED[slug]
    shares = spread(challenge, twelfths)
    more = spread(challenge, [12 if index == better else part for index, part in enumerate(twelfths)])
    assert (level_of(challenge, more) or 0) >= (level_of(challenge, shares) or 0)


@pytest.mark.parametrize(
    ("slug", "earned", "level"),
    [
        ("memory", {"scene": ("15.43", 18)}, Level.EXPERT),
        ("type_hints", {"storage": ("11.2", 14)}, Level.EXPERT),
        ("event_driven", {"ordering": ("9.8", 17)}, Level.SENIOR),
        ("type_hints", {"storage": ("5.6", 14)}, Level.SENIOR),
        ("type_hints", {"storage": ("2.8", 14)}, Level.SENIOR),
        ("circuit_breaker", {"states": ("13", 26)}, Level.SENIOR),
        ("memory", {"lifetimes": ("5", 20), "leaks": ("6", 12)}, Level.MID),
        ("optimization", {"changes": ("0", 18)}, Level.MID),
        ("type_hints", {"events": ("11.4", 16)}, Level.SENIOR),
    ],
    ids=[
        "adding a child again keeps its place, 97.4 %",
        "get(key, None) raises, 97.2 %",
        "drain takes a batch, 92.8 %",
        "put moves the entity, 91.6 %",
        "an unhashable key raises, 88.8 %",
        "the wait counts from the call's start, 87 %",
        "children keep parents alive, 78.4 %: lacks the skill",
        "makes its tables anew after each change, 82 %: lacks the skill",
        "apply is not atomic, 95.4 %",
    ],
)
def test_levels_are_not_upside_down(slug: str, earned: dict[str, tuple[str, int]], level: Level) -> None:
    """A slip is no Junior, and the lack of the skill is no Senior: nine that were measured under older gates."""
    if not SHIPPED[slug].manifest.skill_criteria:
        pytest.skip("its gates are still to be written")
    shares = {name: Fraction(points) / Fraction(of) for name, (points, of) in earned.items()}
    assert level_of(SHIPPED[slug], shares) is level


def test_defaults_are_those_of_the_framework(tmp_path: Path) -> None:
    """Without levels: 30, 60, 85 and 97 %, and of each skill criterion half for Senior, nine tenths for Expert."""
    challenge = made(tmp_path, top='skill_criteria = ["skill"]')
    found = [(gate.level.value, gate.percent, dict(gate.shares)) for gate in gates(challenge.manifest)]
    assert found == [(1, 30.0, {}), (2, 60.0, {}), (3, 85.0, {"skill": 0.5}), (4, 97.0, {"skill": 0.9})]


def test_a_challenge_moves_its_numbers(tmp_path: Path) -> None:
    """`shares` and `earned` replace the default of what they name, and keep the rest."""
    levels = """
[[levels]]
level = 3
percent = 80
earned = ["rest"]
[[levels]]
level = 4
percent = 95
shares = { skill = 0.75 }
"""
    challenge = made(tmp_path, top='skill_criteria = ["skill"]', levels=levels)
    senior, expert = gates(challenge.manifest)
    assert (senior.percent, dict(senior.shares)) == (80.0, {"skill": 0.5, "rest": 1.0})
    assert (expert.percent, dict(expert.shares)) == (95.0, {"skill": 0.75})
    assert takes(senior, challenge.manifest.criteria) == (
        '80 %, and every point of "The rest" (rest), and half of the points for "The skill" (skill)'
    )
    assert takes(expert, challenge.manifest.criteria) == '95 %, and 75 % of the points for "The skill" (skill)'


def test_existing_manifests_mean_what_they_meant(tmp_path: Path) -> None:
    """`earned` asks for every point, and a manifest without skill criteria has no gate that it does not name."""
    challenge = made(tmp_path, levels='[[levels]]\nlevel = 3\npercent = 50\nearned = ["skill"]\n')
    assert [dict(gate.shares) for gate in gates(challenge.manifest)] == [{"skill": 1.0}]
    assert level_of(challenge, {"skill": Fraction(99, 100)}) is None
    assert level_of(challenge, {"rest": Fraction(1, 2)}) is Level.SENIOR


@pytest.mark.parametrize(
    ("top", "levels", "told"),
    [
        ('skill_criteria = ["skil"]', "", "skill_criteria: 'skil' is not a criterion. The criteria are: skill, rest."),
        ('skill_criteria = ["skill", "skill"]', "", "skill_criteria: 'skill' is listed twice. List it once."),
        (
            "",
            "shares = { other = 0.5 }",
            "levels[0].shares: 'other' is not a criterion. The criteria are: skill, rest.",
        ),
        ("", 'earned = ["other"]', "levels[0].earned: 'other' is not a criterion. The criteria are: skill, rest."),
        (
            "",
            'earned = ["skill"]\nshares = { skill = 0.5 }',
            "levels[0].shares: 'skill' is also in `earned`. List it in only one of the two.",
        ),
        ("", "shares = { skill = 1.5 }", "levels[0].shares[...]: Expected `float` <= 1.0. Fix the value"),
        ("", "shares = { skill = 0 }", "levels[0].shares[...]: Expected `float` > 0.0. Fix the value"),
        ("", "shares = { skill = nan }", "levels[0].shares[...]: Expected `float` > 0.0. Fix the value"),
    ],
)
def test_a_wrong_gate_is_told_with_its_place_and_remedy(tmp_path: Path, top: str, levels: str, told: str) -> None:
    """File, place, what was found, what to do."""
    table = f"[[levels]]\nlevel = 3\npercent = 80\n{levels}" if levels else ""
    with pytest.raises(ChallengeError) as raised:
        made(tmp_path, top=top, levels=table)
    assert str(raised.value).startswith(f"language/gates/challenge.toml: {told}")


def test_a_gate_that_turns_levels_upside_down_is_found(tmp_path: Path) -> None:
    """Every point of a criterion for Mid-level makes a Junior of somebody with 99.9 %."""
    manifest = made(tmp_path).manifest
    rules = (*_rules(manifest, earned=("rest",)),)
    found = list(reversals(msgspec.structs.replace(manifest, levels=rules)))
    assert [(gate.level, name, barred) for gate, name, barred in found] == [(Level.MID, "rest", 100.0)]
    assert not list(reversals(msgspec.structs.replace(manifest, skill_criteria=("skill",))))


def _rules(manifest: Manifest, *, earned: tuple[str, ...]) -> tuple[LevelRule, ...]:
    rules = [LevelRule(level=gate.level, percent=gate.percent) for gate in gates(manifest)]
    return tuple(msgspec.structs.replace(rule, earned=earned) if rule.level is Level.MID else rule for rule in rules)


def test_skills_are_gated_by_behaviour_or_by_what_the_brief_names() -> None:
    """A gate is the named skill: never complexity, security or a person's opinion."""
    kinds = {
        criterion.kind
        for challenge in SHIPPED.values()
        for criterion in challenge.manifest.criteria
        if criterion.id in challenge.manifest.skill_criteria
    }
    assert not kinds & {Kind.COMPLEXITY, Kind.SECURITY, Kind.REVIEW}
