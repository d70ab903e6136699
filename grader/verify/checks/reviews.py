"""Reviews of drawn changes: the right one earns everything in any words, and one that was not read for earns nothing.

For each of ten variants: a review that names every planted defect earns everything, whatever its words, its order and
its choice of lines within the range, and if each severity is a step off; remarks on every line, or of every kind in one
place, earn nothing; nor does the answer to another variant; and forgers that know five others with their keys find at
most a fifth of the defects, on average.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from statistics import fmean
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import ChallengeError
from grader.evidence.documents.remarks import (
    KEY,
    MOST_LINES,
    STEPS,
    CodeReview,
    PlantedDefect,
    ReviewKey,
    ReviewRemark,
    UnreadableReview,
    read_review,
    tally,
)
from grader.model import Kind
from grader.verify.checks.finding import CheckResult
from grader.verify.checks.variants import SampledVariant, sampled
from grader.verify.examination import Examination
from grader.verify.forgery.review_forgers import KnownChange, alike, copied, everywhere, usual
from grader.verify.verdict import Problem

KNOWN = 5
"""How many variants a forger knows."""
MOST_FOUND = 0.2
MOST_COPIED = 0.05
"""The share of the defects that what was right elsewhere may name on average, once its number is changed."""
WORDINGS = 5
LEAST_ALIKE = (0.97, 0.9, 0.8, 0.7)
"""How much alike two functions must be for a forger to copy a remark: the strongest forger decides, whichever it is."""
TRIED = (3, 6, 10, 15)
"""How many remarks the forger that goes by frequency makes."""


class _Change(NamedTuple):
    name: str
    known: KnownChange
    review: str
    """The reference's review, as it is written."""


class _Result(NamedTuple):
    found: float
    """The share of the defects that was named."""
    credited: float
    """What is left of it after the cost of remarks on nothing."""


def run(exam: Examination) -> CheckResult:
    """Judge reviews of ten variants. Nothing is executed."""
    challenge = exam.drawn_from
    if challenge is None or all(criterion.kind is not Kind.REMARKS for criterion in challenge.manifest.criteria):
        return CheckResult("no reviews")
    try:
        changes = [_change(sample) for sample in sampled(challenge)]
    except (ChallengeError, msgspec.DecodeError, KeyError) as error:
        return CheckResult("not drawn", (_problem("draw", "draw.py", str(error), "Fix draw.py."),))
    problems = [problem for change in changes for problem in _about_one(change)]
    problems += _about_others(changes)
    forged = dict(_forged(changes))
    for name, results in forged.items():
        share = max(fmean(result.found for result in results), fmean(result.credited for result in results))
        if share > MOST_FOUND:
            what = f"the forger {name!r}, who knows {KNOWN} variants, finds {share:.0%} of the defects"
            problems.append(_problem("forged", "draw.py", what, "Give the places more forms that look alike."))
    best = max(forged, key=lambda name: fmean(result.found for result in forged[name]))
    figures = "; ".join(f"{name} {fmean(result.found for result in results):.0%}" for name, results in forged.items())
    found = fmean(result.found for result in forged[best])
    return CheckResult(
        f"{len(changes)} variants, forgers find {found:.0%} at most",
        tuple(problems),
        (f"Found by forgers: {figures}.",),
    )


def _change(sample: SampledVariant) -> _Change:
    texts = sample.variant.stages[-1]
    key = inputs.json(texts[KEY].encode(), ReviewKey)
    files = {name: texts[f"starter/{name}"] for name in key.files}
    return _Change(sample.variant.variant, KnownChange(files, key), texts["solution/review.toml"])


def _about_one(change: _Change) -> Iterator[Problem]:
    """Judge right reviews and blind ones of one change."""
    key = change.known.key
    randoms = (Random(f"{change.name} {number}") for number in range(WORDINGS))  # noqa: S311 - nothing is secret here
    rights = [read_review(change.review, key), *(_reworded(key, random) for random in randoms)]
    for review in rights:
        counted = tally(review, key)
        if len(counted.found) < len(key.planted) or counted.cost:
            what = (
                f"a right review names {len(counted.found)} of {len(key.planted)} defects, and costs {counted.cost:g}"
            )
            yield _problem("right", change.name, what, "Keep what is planted apart, each in a function of its own.")
    blind = [
        everywhere(key, kinds, start=start)
        for start in (1, MOST_LINES // 2)
        for kinds in (*((kind,) for kind in key.kinds), key.kinds, key.kinds[::-1])
    ]
    blind += [_every_kind(defect, key) for defect in key.planted]
    for review in blind:
        if tally(review, key).credited:
            what = "remarks on every line, or of every kind in one place, are credited"
            yield _problem("blind", change.name, what, "Draw other defects, or fewer of one kind.")


def _reworded(key: ReviewKey, random: Random) -> CodeReview:
    """Return a right review with other words, lines, severities and order, and with all kinds that are right."""
    remarks = [_worded(defect, random) for defect in key.planted]
    random.shuffle(remarks)
    return CodeReview(format_version=1, change=key.change, verdict=key.verdict, remark=tuple(remarks))


def _worded(defect: PlantedDefect, random: Random) -> ReviewRemark:
    first = random.randint(defect.first, defect.last)
    step = STEPS.index(defect.severity) + random.choice((-1, 0, 1))
    return ReviewRemark(
        file=defect.file,
        lines=(first, random.randint(first, min(defect.last, first + MOST_LINES - 1))),
        kind=random.choice(defect.kinds),
        severity=STEPS[min(max(step, 0), len(STEPS) - 1)],
        what=random.choice(("?", "Das geht schief.", "x" * 2000, "line one\nline two")),
        remedy=random.choice(("!", "Anders.", "y" * 2000)),
    )


def _every_kind(defect: PlantedDefect, key: ReviewKey) -> CodeReview:
    """Return a review with a remark of every kind on one defect."""
    remark = _worded(defect, Random(0))  # noqa: S311 - nothing is secret here
    remarks = tuple(msgspec.structs.replace(remark, kind=kind) for kind in key.kinds)
    return CodeReview(format_version=1, change=key.change, verdict=key.verdict, remark=remarks)


def _about_others(changes: Sequence[_Change]) -> Iterator[Problem]:
    """Judge the review of each change as a review of the others."""
    renumbered: list[float] = []
    for change in changes:
        for other in changes:
            if other is change:
                continue
            key = change.known.key
            try:
                read_review(other.review, key)
            except UnreadableReview:
                pass
            else:
                where = f"{other.name} as {change.name}"
                yield _problem("other", where, "a review of another change is accepted", "Give each a number.")
            renumbered.append(_judged(copied(other.known.key, key), key).credited)
    if fmean(renumbered) > MOST_COPIED:
        what = f"what was right in another variant names {fmean(renumbered):.0%} of the defects at the same lines"
        yield _problem("copied", "draw.py", what, "Draw the order of functions.")


def _forged(changes: Sequence[_Change]) -> Iterator[tuple[str, list[_Result]]]:
    """Yield what each forger finds in every change, from five others."""
    for least in LEAST_ALIKE:
        results = [_judged(alike(known, own.files, own.key, least=least), own.key) for own, known in _tasks(changes)]
        yield f"alike {least:g}", results
    for most in TRIED:
        results = [_judged(usual(known, own.files, own.key, most=most), own.key) for own, known in _tasks(changes)]
        yield f"usual {most}", results


def _tasks(changes: Sequence[_Change]) -> Iterator[tuple[KnownChange, list[KnownChange]]]:
    for place, change in enumerate(changes):
        others = [*changes[place + 1 :], *changes[:place]]
        yield change.known, [other.known for other in others[:KNOWN]]


def _judged(review: CodeReview, key: ReviewKey) -> _Result:
    counted = tally(review, key)
    return _Result(len(counted.found) / len(key.planted), counted.credited / len(key.planted))


def _problem(id_: str, where: str, what: str, remedy: str) -> Problem:
    return Problem(id=f"reviews.{id_}", where=where, what=what, help=remedy)
