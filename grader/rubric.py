"""Turns evidence into marks, a score and a level. Pure: the same evidence gives the same report, and nothing is read or
asked.

What was not measured earns nothing and loses nothing: the report says so and gives the range that the score can still
take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from grader.at_work import outcomes
from grader.challenges.challenge import Challenge
from grader.challenges.following import OPEN, WHOLE, Range, factor
from grader.challenges.gates import Gate, gates, part_in_words
from grader.challenges.manifest import Criterion
from grader.model import (
    COST,
    FOUND,
    MEASURED_PART,
    RATIO,
    Evidence,
    Finding,
    Kind,
    Level,
    Mark,
    MarkStatus,
    Measurement,
    Promise,
    PromiseOutcome,
    Report,
    ReportStatus,
    Severity,
    broken_promise,
)
from grader.model.kinds import TRAITS, Judge

UNJUDGED = "no evidence of this kind was collected"
UNREAD = frozenset({"answer.rebound", "answer.code-from-text", "answer.reaches-others"})
"""Findings that say that the code that runs is not the code that was read."""
WORKS_UNKNOWN = "these points depend on how much of the code works, which was not measured"
NOTHING_WORKS = Finding(
    id="quality.nothing-works",
    severity=Severity.ERROR,
    message="The criteria that these points follow have earned nothing yet, and only working code earns points for its "
    "quality.",
    help="Get parts of the brief working; these points will then follow.",
)


FOLLOWING = frozenset({NOTHING_WORKS.id, "quality.half-works"})


class Share(NamedTuple):
    """The share of a criterion's points that the evidence earns; None if it was not measured, with the reason."""

    part: Fraction | None
    reason: str = ""


class MarkedRubric(NamedTuple):
    """The result of applying a whole rubric."""

    score: float
    max_score: float
    best_possible: float
    percent: float
    level: Level | None
    next_level: str


def mark(challenge: Challenge, evidence: Sequence[Evidence]) -> tuple[Mark, ...]:
    """Return one mark for each criterion of the challenge, in the order of its rubric."""
    criteria = challenge.manifest.criteria
    behaviour = _evidence_for(Kind.BEHAVIOUR, evidence)
    shares = {
        criterion.id: _range(criterion, _evidence_for(criterion.kind, evidence), behaviour) for criterion in criteria
    }
    return tuple(
        _mark(
            criterion, _evidence_for(criterion.kind, evidence), behaviour, follows=factor(criterion, criteria, shares)
        )
        for criterion in criteria
    )


def _range(criterion: Criterion, evidence: Evidence | None, behaviour: Evidence | None) -> Range:
    """Return the bounds of a criterion's share. A promise that was not measured may still be kept.

    A caller that runs no hidden test at all, as `grader verify` does for mutants' text, wants the value of the text
    alone.
    """
    if criterion.kind.by_tests and evidence is None:
        return WHOLE
    promises = _promises(criterion, evidence)
    if criterion.kind.by_promises and criterion.kind is not Kind.REMARKS and promises:
        weights = {
            outcome: sum(promise.weight for promise in promises if promise.outcome is outcome)
            for outcome in PromiseOutcome
        }
        total = sum(weights.values())
        if not total:  # a promise without weight can be kept by a forger
            return OPEN
        kept, unmeasured = weights[PromiseOutcome.KEPT], weights[PromiseOutcome.NOT_MEASURED]
        failed = evidence is not None and evidence.failure is not None
        return Range(Fraction(kept, total), Fraction(1) if failed else Fraction(kept + unmeasured, total))
    part = _share(criterion, evidence, promises, behaviour).part
    return OPEN if part is None else Range(part, part)


def _promises(criterion: Criterion, evidence: Evidence | None) -> tuple[Promise, ...]:
    return tuple(promise for promise in evidence.promises if promise.criterion == criterion.id) if evidence else ()


def standing(challenge: Challenge, marks: Sequence[Mark]) -> MarkedRubric:
    """Add up the marks and find the highest level whose conditions they meet."""
    total = sum((Fraction(str(mark.points)) for mark in marks), Fraction(0))
    score = sum((_exact(mark.earned) for mark in marks), Fraction(0))
    open_ = sum((Fraction(str(mark.points)) for mark in marks if mark.status is MarkStatus.NOT_MEASURED), Fraction(0))
    percent = 100 * score / total
    unmet = [(gate, _missing(gate, marks)) for gate in gates(challenge.manifest)]
    reached = [gate.level for gate, missing in unmet if not missing and percent >= Fraction(str(gate.percent))]
    level = max(reached, default=None)
    following = [entry for entry in unmet if level is None or entry[0].level > level]
    return MarkedRubric(
        score=_shown(score),
        max_score=_shown(total),
        best_possible=_shown(score + open_),
        percent=round(float(percent), 2),
        level=level,
        next_level=_asks(*following[0]) if following else "",
    )


def _missing(gate: Gate, marks: Sequence[Mark]) -> dict[str, float]:
    """Return the titles of criteria that earn less than the level requires, with the required share."""
    by_id = {mark.id: mark for mark in marks}
    return {
        by_id[name].title if name in by_id else name: share
        for name, share in gate.shares.items()
        if name not in by_id or _exact(by_id[name].earned) / Fraction(str(by_id[name].points)) < Fraction(str(share))
    }


def _exact(earned: float) -> Fraction:
    """Return the fraction from which a mark was rounded: thirds that add up to 85 points give 85, not 84.9999."""
    return Fraction(str(earned)).limit_denominator(1_000_000)


def _asks(gate: Gate, missing: Mapping[str, float]) -> str:
    words = f"{gate.level.title} (level {gate.level.value}) requires {gate.percent:g} %"
    parts = [
        f"{part_in_words(share)} {', '.join(title for title, part in missing.items() if part == share)}"
        for share in sorted(set(missing.values()), reverse=True)
    ]
    return f"{' and '.join([words, *parts])}."


def with_promises(mark: Mark, promises: Sequence[Promise]) -> Mark:
    """Return the mark with fuller versions of the same promises, and with findings to match."""
    repeated = [broken_promise(mark.kind, promise) for promise in promises if promise.outcome is PromiseOutcome.BROKEN]
    ids, told = {finding.id for finding in repeated}, iter(repeated)
    findings = tuple(next(told, finding) if finding.id in ids else finding for finding in mark.findings)
    return msgspec.structs.replace(mark, promises=tuple(promises), findings=findings)


def with_marks(report: Report, marks: Sequence[Mark], challenge: Challenge) -> Report:
    """Return the report with these marks and their totals under the challenge's rubric."""
    total = _unless_waiting(standing(challenge, marks), marks)
    complete = all(mark.status is not MarkStatus.NOT_MEASURED for mark in marks)
    return msgspec.structs.replace(
        report,
        criteria=tuple(marks),
        status=ReportStatus.GRADED if complete else ReportStatus.INCOMPLETE,
        score=total.score,
        max_score=total.max_score,
        percent=total.percent,
        best_possible=total.best_possible,
        level=total.level,
        level_title=total.level.title if total.level else MEASURED_PART if is_measured_part(marks) else "no level yet",
        next_level=total.next_level,
    )


def is_measured_part(marks: Sequence[Mark]) -> bool:
    """Return whether a person has yet to mark half of the points or more, so that the measured ones state no level."""
    waiting = sum(mark.points for mark in marks if mark.awaits_review)
    return bool(waiting) and 2 * waiting >= sum(mark.points for mark in marks)


def _unless_waiting(total: MarkedRubric, marks: Sequence[Mark]) -> MarkedRubric:
    if not is_measured_part(marks):
        return total
    waiting = sum(mark.points for mark in marks if mark.awaits_review)
    needs = f"A level needs the {waiting:g} of {total.max_score:g} points that a reviewer marks."
    return total._replace(level=None, next_level=needs)


def _evidence_for(kind: Kind, evidence: Sequence[Evidence]) -> Evidence | None:
    measured = Kind.BEHAVIOUR if kind.by_tests else kind
    return next((entry for entry in evidence if entry.kind is measured), None)


def _mark(criterion: Criterion, evidence: Evidence | None, behaviour: Evidence | None, *, follows: Range) -> Mark:
    promises = _promises(criterion, evidence)
    share = _share(criterion, evidence, promises, behaviour)
    findings = _findings(criterion, evidence, promises, behaviour)
    if share.part and follows.least != follows.most:
        share = Share(None, WORKS_UNKNOWN)
    elif share.part and follows.least < 1:
        share, findings = Share(share.part * follows.least), (*findings, _shrunk(follows.least))
    points = Fraction(str(criterion.points))
    earned = points * share.part if share.part is not None else Fraction(0)
    return Mark(
        id=criterion.id,
        kind=criterion.kind,
        title=criterion.title,
        points=criterion.points,
        earned=float(earned),
        status=_status(share.part),
        findings=findings,
        promises=promises,
        measurements=_ratios(promises) if promises or evidence is None else evidence.measurements,
        reason=share.reason,
    )


def _ratios(promises: Sequence[Promise]) -> tuple[Measurement, ...]:
    """Return the highest ratio to the reference that promises were kept with, if any was measured."""
    measured = [promise.ratio for promise in promises if promise.ratio is not None]
    return (Measurement(name=RATIO, value=max(measured)),) if measured else ()


def merely_follows(mark: Mark) -> bool:
    """Return whether a mark loses points only because the criteria that it follows are not earned."""
    costly = [finding.id for finding in mark.findings if COSTS[finding.severity]]
    return bool(costly) and FOLLOWING.issuperset(costly)


def _shrunk(by: Fraction) -> Finding:
    if not by:
        return NOTHING_WORKS
    return Finding(
        id="quality.half-works",
        severity=Severity.WARNING,
        message="The criteria that these points follow have earned less than half of their own points, so only "
        f"{float(by):.0%} of these points can be earned.",
        help="Get more of the brief working; these points will then follow.",
    )


def _status(part: Fraction | None) -> MarkStatus:
    if part is None:
        return MarkStatus.NOT_MEASURED
    if part == 1:
        return MarkStatus.EARNED
    return MarkStatus.PARTIAL if part else MarkStatus.LOST


def _share(
    criterion: Criterion, evidence: Evidence | None, promises: Sequence[Promise], behaviour: Evidence | None
) -> Share:
    if criterion.kind.judge is Judge.PERSON:
        return Share(None, "a reviewer marks this")
    if evidence is None:
        return Share(None, UNJUDGED)
    if evidence.failure is not None:
        return Share(None, evidence.failure.reason)
    if TRAITS[criterion.kind].needs_all_read and any(finding.id in UNREAD for finding in evidence.findings):
        return Share(Fraction(0))
    if criterion.kind is Kind.REMARKS:
        return Share(_named(promises, evidence))
    if criterion.kind.by_promises:
        return _kept(promises)
    if criterion.kind is Kind.CONSTRUCTS:
        return _met(criterion, evidence, behaviour)
    return Share(_clean(criterion, evidence))


def _kept(promises: Sequence[Promise]) -> Share:
    """Return the share of promises kept, by weight; a single promise that was not measured leaves the criterion
    open.
    """
    unmeasured = next((promise for promise in promises if promise.outcome is PromiseOutcome.NOT_MEASURED), None)
    if unmeasured is not None:
        return Share(None, unmeasured.reason)
    total = sum(promise.weight for promise in promises)
    if not total:
        return Share(None, "no hidden test counts for this criterion")
    return Share(Fraction(sum(promise.weight for promise in promises if promise.outcome is PromiseOutcome.KEPT), total))


def _named(promises: Sequence[Promise], evidence: Evidence) -> Fraction:
    """Return the share of what was planted that was named, less what remarks on nothing cost.

    The cost is taken from everything that was named alike, so it does not matter in which criterion it lies.
    """
    figures = {measurement.name: Fraction(str(measurement.value)) for measurement in evidence.measurements}
    found, cost = figures.get(FOUND, Fraction(0)), figures.get(COST, Fraction(0))
    if found <= cost or not promises:
        return Fraction(0)
    return (_kept(promises).part or Fraction(0)) * (1 - cost / found)


def _met(criterion: Criterion, evidence: Evidence, behaviour: Evidence | None) -> Share:
    """Give each required construct an equal share. A submission that could not be analysed earns none."""
    if behaviour is not None and behaviour.failure is not None and not behaviour.facts:
        return Share(None, behaviour.failure.reason)
    earned = sum(outcome.earned for outcome in outcomes(criterion.requires, evidence, behaviour))
    return Share(Fraction(earned, len(criterion.requires)))


COSTS = {Severity.ERROR: Fraction(1, 5), Severity.WARNING: Fraction(1, 10), Severity.NOTE: Fraction(0)}
BY_EXCESS = {"complexity.too-high": "complexity.excess", "types.any": "types.any_excess"}
"""Findings whose joint cost is given by a measurement, however many there are."""


def _clean(criterion: Criterion, evidence: Evidence) -> Fraction:
    """Return the share left after deducting a fifth for every error and a tenth for every warning; none is left for
    text that could not be analysed.

    Complexity and the like cost points in proportion to the excess over the bound, so that one giant function is not
    cheaper than the functions into which it could be split. Twice the bound costs all points: McCabe's "simple" ends at
    10, and "complex" begins at 20.
    """
    if any(finding.id.endswith(".unanalysable") for finding in evidence.findings):
        return Fraction(0)
    part_of = {"complexity.excess": Fraction(1, criterion.worst), "types.any_excess": Fraction(1)}
    measured = {
        measurement.name: Fraction(str(measurement.value)) * part_of[measurement.name]
        for measurement in evidence.measurements
        if measurement.name in part_of
    }
    flat = [finding for finding in evidence.findings if BY_EXCESS.get(finding.id) not in measured]
    found = {BY_EXCESS[finding.id] for finding in evidence.findings if finding not in flat}
    cost = sum((COSTS[finding.severity] for finding in flat), Fraction(0)) + sum(
        (measured[name] for name in found), Fraction(0)
    )
    return min(Fraction(1), max(Fraction(0), 1 - cost))


def _findings(
    criterion: Criterion, evidence: Evidence | None, promises: Sequence[Promise], behaviour: Evidence | None
) -> tuple[Finding, ...]:
    if promises:
        broken = tuple(
            broken_promise(criterion.kind, promise) for promise in promises if promise.outcome is PromiseOutcome.BROKEN
        )
        return broken if criterion.kind.by_tests or evidence is None else (*broken, *evidence.findings)
    if criterion.kind is Kind.CONSTRUCTS and evidence is not None:
        findings = tuple(finding for finding in evidence.findings if not finding.id.startswith("constructs."))
        if any(finding.id in UNREAD for finding in findings):
            return findings
        return findings + tuple(
            finding for outcome in outcomes(criterion.requires, evidence, behaviour) for finding in outcome.findings
        )
    return evidence.findings if evidence is not None else ()


def _shown(value: Fraction) -> float:
    """Return a total as a float with at most four decimals, so that thirds add up to whole points."""
    return round(float(value), 4)
