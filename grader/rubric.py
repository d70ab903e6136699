"""Evidence -> marks -> score -> level. Pure: the same evidence gives the same report, and nothing is read or asked.

What was not measured earns nothing and loses nothing: the report says so and gives the range the score can still take.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple, assert_never

from grader.at_work import outcomes
from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Criterion
from grader.model import (
    Evidence,
    Finding,
    Kind,
    Level,
    Mark,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Severity,
)

UNJUDGED = "no evidence of this kind was collected"
NEEDS_WORKING_CODE = (Kind.CONSTRUCTS, Kind.TYPES, Kind.COMPLEXITY, Kind.SECURITY)
"""What is read from the text alone: a class may have a metaclass that does nothing, and nothing is always clean."""
RESTS_ON_READING = (Kind.CONSTRUCTS, Kind.TYPES, Kind.COMPLEXITY)
"""What cannot be earned while something else runs than what was read."""
WORKS_UNKNOWN = "only working code earns these points, and whether this code works was not measured"
NOTHING_WORKS = Finding(
    id="quality.nothing-works",
    severity=Severity.ERROR,
    message="No promise of the brief is kept yet, and only working code earns points for its constructs and quality.",
    help="Make one part of the brief work; these points follow by themselves.",
)


class Share(NamedTuple):
    """The part of a criterion's points that evidence earns, with what it rests on. `None`: not measured."""

    part: Fraction | None
    reason: str = ""


class Standing(NamedTuple):
    """A whole rubric applied."""

    score: float
    max_score: float
    best_possible: float
    percent: float
    level: Level | None
    next_level: str


def mark(challenge: Challenge, evidence: Sequence[Evidence]) -> tuple[Mark, ...]:
    """One mark for each criterion of the challenge, in its order."""
    works = _works(evidence)
    return tuple(
        _mark(criterion, _evidence_for(criterion.kind, evidence), _evidence_for(Kind.BEHAVIOUR, evidence), works=works)
        for criterion in challenge.manifest.criteria
    )


def _works(evidence: Sequence[Evidence]) -> bool | None:
    """Whether a promise is kept; True where none was asked for. None: none is, but one that was not measured may be."""
    behaviour = _evidence_for(Kind.BEHAVIOUR, evidence)
    if behaviour is None:
        return True
    outcomes = {one.outcome for one in behaviour.promises if one.weight}  # one without weight can be kept by a forger
    if PromiseOutcome.KEPT in outcomes:
        return True
    return False if outcomes == {PromiseOutcome.BROKEN} and behaviour.failure is None else None


def standing(challenge: Challenge, marks: Sequence[Mark]) -> Standing:
    """Add the marks up and find the highest level whose conditions they meet."""
    total = sum((Fraction(str(one.points)) for one in marks), Fraction(0))
    score = sum((Fraction(str(one.earned)) for one in marks), Fraction(0))
    open_ = sum((Fraction(str(one.points)) for one in marks if one.status is MarkStatus.NOT_MEASURED), Fraction(0))
    percent = 100 * score / total
    rules = sorted(challenge.manifest.levels, key=lambda rule: rule.level)
    unmet = [(rule, _missing(rule.earned, marks), percent < Fraction(str(rule.percent))) for rule in rules]
    reached = [rule.level for rule, missing, below in unmet if not missing and not below]
    level = max(reached, default=None)
    following = [entry for entry in unmet if level is None or entry[0].level > level]
    return Standing(
        score=_shown(score),
        max_score=_shown(total),
        best_possible=_shown(score + open_),
        percent=round(float(percent), 2),
        level=level,
        next_level=_asks(following[0][0].level, following[0][0].percent, following[0][1]) if following else "",
    )


def _missing(wanted: Iterable[str], marks: Sequence[Mark]) -> list[str]:
    earned = {one.id for one in marks if one.status is MarkStatus.EARNED}
    titles = {one.id: one.title for one in marks}
    return [titles.get(name, name) for name in wanted if name not in earned]


def _asks(level: Level, percent: float, missing: Sequence[str]) -> str:
    words = f"{level.title} (level {level.value}) asks for {percent:g} %"
    return words + (f" and all points for {', '.join(missing)}." if missing else ".")


def _evidence_for(kind: Kind, evidence: Sequence[Evidence]) -> Evidence | None:
    wanted = Kind.BEHAVIOUR if kind in (Kind.PERFORMANCE, Kind.TESTS) else kind
    return next((one for one in evidence if one.kind is wanted), None)


def _mark(criterion: Criterion, evidence: Evidence | None, behaviour: Evidence | None, *, works: bool | None) -> Mark:
    promises = tuple(one for one in evidence.promises if one.criterion == criterion.id) if evidence else ()
    share = _share(criterion, evidence, promises, behaviour)
    findings = _findings(criterion, evidence, promises, behaviour)
    if criterion.kind in NEEDS_WORKING_CODE and share.part and not works:
        if works is None:
            share = Share(None, WORKS_UNKNOWN)
        else:
            share, findings = Share(Fraction(0)), (*findings, NOTHING_WORKS)
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
        measurements=evidence.measurements if evidence and not promises else (),
        reason=share.reason,
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
    if criterion.kind is Kind.REVIEW:
        return Share(None, "a reviewer marks this")
    if evidence is None:
        return Share(None, UNJUDGED)
    if evidence.failure is not None:
        return Share(None, evidence.failure.reason)
    if criterion.kind in RESTS_ON_READING and any(one.id.startswith("answer.") for one in evidence.findings):
        return Share(Fraction(0))
    match criterion.kind:
        case Kind.BEHAVIOUR | Kind.PERFORMANCE | Kind.TESTS:
            return _kept(promises)
        case Kind.CONSTRUCTS:
            return _met(criterion, evidence, behaviour)
        case Kind.TYPES | Kind.COMPLEXITY | Kind.SECURITY:
            return Share(_clean(evidence))
        case _:
            assert_never(criterion.kind)


def _kept(promises: Sequence[Promise]) -> Share:
    """Each hidden test's weight is its share; a single one that was not measured leaves the criterion open."""
    unmeasured = next((one for one in promises if one.outcome is PromiseOutcome.NOT_MEASURED), None)
    if unmeasured is not None:
        return Share(None, unmeasured.reason)
    total = sum(one.weight for one in promises)
    if not total:
        return Share(None, "no hidden test counts for this criterion")
    return Share(Fraction(sum(one.weight for one in promises if one.outcome is PromiseOutcome.KEPT), total))


def _met(criterion: Criterion, evidence: Evidence, behaviour: Evidence | None) -> Share:
    """Each required construct is an equal share. A submission that could not be analysed has none."""
    if behaviour is not None and behaviour.failure is not None and not behaviour.facts:
        return Share(None, behaviour.failure.reason)
    earned = sum(outcome.earned for outcome in outcomes(criterion.requires, evidence, behaviour))
    return Share(Fraction(earned, len(criterion.requires)))


ERROR_COST = Fraction(1, 5)
WARNING_COST = Fraction(1, 10)


def _clean(evidence: Evidence) -> Fraction:
    """Every error costs a fifth, every warning a tenth; text that could not be analysed costs everything."""
    if any(finding.id.endswith(".unanalysable") for finding in evidence.findings):
        return Fraction(0)
    errors = sum(finding.severity is Severity.ERROR for finding in evidence.findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in evidence.findings)
    return max(Fraction(0), 1 - errors * ERROR_COST - warnings * WARNING_COST)


def _findings(
    criterion: Criterion, evidence: Evidence | None, promises: Sequence[Promise], behaviour: Evidence | None
) -> tuple[Finding, ...]:
    if promises:
        return tuple(_broken(criterion, one) for one in promises if one.outcome is PromiseOutcome.BROKEN)
    if criterion.kind is Kind.CONSTRUCTS and evidence is not None:
        others = tuple(one for one in evidence.findings if not one.id.startswith("constructs."))
        if any(one.id.startswith("answer.") for one in others):
            return others
        return others + tuple(
            finding for outcome in outcomes(criterion.requires, evidence, behaviour) for finding in outcome.findings
        )
    return evidence.findings if evidence is not None else ()


def _broken(criterion: Criterion, promise: Promise) -> Finding:
    return Finding(
        id=f"{criterion.kind.value}.{criterion.id}.{promise.id.partition('[')[0].removeprefix('test_')}",
        severity=Severity.ERROR,
        message=f"Promise broken: {promise.text} {promise.reason}".strip(),
        help=promise.hint,
        file=promise.file,
        line=promise.line,
    )


def _shown(value: Fraction) -> float:
    """A total as a float with at most four decimals, so that thirds add up to whole points."""
    return round(float(value), 4)
