"""The requirements of each level in a challenge, with the manifest's defaults filled in. Pure.

    level        of all points    of each of the skill criteria
    1 Junior             30 %
    2 Mid-level          60 %
    3 Senior             85 %    half
    4 Expert             97 %    nine tenths

So whoever lacks the named skill does not reach Senior, whatever else is right, and one slip in a basic criterion does
not turn somebody who earns nearly everything into a Junior.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from grader.challenges.manifest import Criterion, LevelRule, Manifest
from grader.model import Level, Struct

PERCENT = {Level.JUNIOR: 30.0, Level.MID: 60.0, Level.SENIOR: 85.0, Level.EXPERT: 97.0}
SKILL = {Level.SENIOR: 0.5, Level.EXPERT: 0.9}
"""The share of each skill criterion that a level requires."""
DEFAULTS = tuple(LevelRule(level=level, percent=percent) for level, percent in PERCENT.items())
WORDS = {Fraction(1): "every point of", Fraction(1, 2): "half of the points for"}


class Gate(Struct, frozen=True, kw_only=True):
    """The requirements of one level."""

    level: Level
    percent: float
    """The required percentage of all points."""
    shares: Mapping[str, float]
    """The share of each named criterion that must be earned."""


def gates(manifest: Manifest) -> tuple[Gate, ...]:
    """Return what each level requires, lowest level first."""
    rules = sorted(manifest.levels or DEFAULTS, key=lambda rule: rule.level)
    return tuple(_gate(rule, manifest.skill_criteria) for rule in rules)


def _gate(rule: LevelRule, skill: Sequence[str]) -> Gate:
    shares = dict.fromkeys(skill, SKILL[rule.level]) if rule.level in SKILL else {}
    shares |= rule.shares | dict.fromkeys(rule.earned, 1.0)
    return Gate(level=rule.level, percent=rule.percent, shares=shares)


def takes(gate: Gate, criteria: Sequence[Criterion]) -> str:
    """Put a level's requirements into words: `85 %, and half of the points for "Lazy attributes" (lazy)`."""
    return ", and ".join([f"{gate.percent:g} %", *_parts(gate.shares, criteria)])


def _parts(shares: Mapping[str, float], criteria: Sequence[Criterion]) -> Iterator[str]:
    titles = {criterion.id: criterion.title for criterion in criteria}
    for share in sorted(set(shares.values()), reverse=True):
        names = [f'"{titles[name]}" ({name})' for name, part in shares.items() if part == share]
        listed = f"each of {', '.join(names[:-1])} and " if len(names) > 1 else ""
        yield f"{part_in_words(share)} {listed}{names[-1]}"


def part_in_words(share: float) -> str:
    """Put a share of a criterion into words, to precede the criterion's title."""
    part = Fraction(str(share))
    return WORDS.get(part, f"{float(100 * part):g} % of the points for")


def reversals(manifest: Manifest) -> Iterator[tuple[Gate, str, float]]:
    """Yield each gate below Expert that can bar a score that reaches Expert, with the criterion and that score.

    Such a score must pass every lower gate, however the lost points are spread.
    """
    points = {criterion.id: Fraction(str(criterion.points)) for criterion in manifest.criteria}
    total = sum(points.values(), Fraction(0))
    rules = gates(manifest)
    expert = next((Fraction(str(gate.percent)) for gate in rules if gate.level is Level.EXPERT), Fraction(100))
    for gate in rules:
        for name, share in gate.shares.items() if gate.level is not Level.EXPERT else ():
            barred = 100 * (1 - (1 - Fraction(str(share))) * points[name] / total)
            if barred > expert:
                yield gate, name, float(barred)
