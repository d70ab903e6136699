"""Criteria that follow others: their points count only as far as those others are earned. Pure.

A criterion earns its share times the smaller of 1 and twice the share earned in the criteria that it follows: those in
`follows = [...]` in the manifest and, if it is judged from the text alone, every criterion that hidden tests judge. So
neither clean code that does nothing nor a skeleton with one working part earns much, and whoever does half of the work
loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from grader.challenges.manifest import Criterion


class Range(NamedTuple):
    """The least and the most that a value can still become; the two are equal once everything is measured."""

    least: Fraction
    most: Fraction


OPEN = Range(Fraction(0), Fraction(1))
WHOLE = Range(Fraction(1), Fraction(1))


def followed(criterion: Criterion, criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return the criteria that a criterion follows, by its manifest or by its kind."""
    named = set(criterion.follows)
    if criterion.kind.by_text:
        named |= {
            follower.id
            for follower in criteria
            if follower.kind.by_tests and criterion.id not in _leading_to(follower, criteria)
        }
    return tuple(criterion for criterion in criteria if criterion.id in named)


def _leading_to(criterion: Criterion, criteria: Sequence[Criterion]) -> set[str]:
    """Return the ids of the criteria that a criterion follows by its manifest, directly or indirectly."""
    by_id = {criterion.id: criterion for criterion in criteria}
    reached: set[str] = set()
    waiting = list(criterion.follows)
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in reached:
            reached.add(name)
            waiting.extend(by_id[name].follows)
    return reached


def circles(criteria: Sequence[Criterion]) -> list[str]:
    """Return the ids of the criteria that follow themselves."""
    return [criterion.id for criterion in criteria if criterion.id in _leading_to(criterion, criteria)]


def factor(criterion: Criterion, criteria: Sequence[Criterion], shares: Mapping[str, Range]) -> Range:
    """Return the factor for a criterion's share; `shares` holds the shares of all criteria before any follows
    another.
    """
    leading = followed(criterion, criteria)
    total = sum((Fraction(str(leader.points)) for leader in leading), Fraction(0))
    if not total:
        return WHOLE
    earned = [(Fraction(str(leader.points)), shares[leader.id], factor(leader, criteria, shares)) for leader in leading]
    least = sum((points * share.least * by.least for points, share, by in earned), Fraction(0)) / total
    most = sum((points * share.most * by.most for points, share, by in earned), Fraction(0)) / total
    return Range(min(Fraction(1), 2 * least), min(Fraction(1), 2 * most))
