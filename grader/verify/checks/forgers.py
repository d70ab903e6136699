"""No forger passes a hidden test that carries points.

The reference is recorded under the first seed. The replay forgers then face the suite under all other seeds; the
forgers that know nothing face it under the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.evidence.suite.job import SuiteJob, behaviour_criteria
from grader.model import Fault, PromiseOutcome
from grader.verify.checks import design_search
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination, OwnSubmission, usable
from grader.verify.forgery import CANNED, RECORD, REPLAYS, words
from grader.verify.trial import Trial
from grader.verify.verdict import Problem

FRESH = "Call submission.fresh() between the stages, so that nothing can be remembered from one stage to the next."
DRAWN = "Draw the inputs with Hypothesis and compute the expected answers; let the probe return more than yes or no."


class RaisingTest(NamedTuple):
    """A hidden test that itself raised: the forger whose answers made it raise, and the reason."""

    forger: str
    reason: str


def run(exam: Examination) -> CheckResult:
    """Try every forger against the whole suite."""
    if not behaviour_criteria(exam.challenge):
        return design_search.run(exam) if design_search.applies(exam) else CheckResult("no hidden tests")
    forged: dict[str, set[str]] = {}
    broke: dict[str, RaisingTest] = {}
    reference = exam.entrant("solution")
    tape = exam.folder("forgers") / "tape"
    recorded = usable(exam.attempt(_job(exam, reference, exam.seeds[0], RECORD, tape)), exam.challenge)

    def trial(forger: str, seed: int) -> Trial:
        return _tried(exam, _job(exam, reference, seed, forger, tape))

    rounds = list(_rounds(exam.seeds))
    for (forger, _), tried in zip(
        rounds, exam.each(lambda round_: trial(*round_), rounds, saying="forger"), strict=True
    ):
        for promise in tried.promises:
            if promise.outcome is PromiseOutcome.NOT_MEASURED:
                broke.setdefault(promise.id, RaisingTest(forger, promise.reason))
            elif promise.outcome is PromiseOutcome.KEPT and promise.weight:
                forged.setdefault(promise.id, set()).add(forger)
    problems = (*map(_forgeable, forged.items()), *map(_breaks, broke.items()))
    tests = sum(promise.weight > 0 for promise in recorded.promises)
    return CheckResult(f"{len(forged)} of {tests} tests forged", problems)


def _rounds(seeds: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    for forger in REPLAYS:
        for seed in seeds[1:]:
            yield forger, seed
    for forger in CANNED:
        yield forger, seeds[0]


def _tried(exam: Examination, job: SuiteJob) -> Trial:
    """Run a forger's job. The suite's own failure is part of the result; any other failure raises Unmeasured."""
    trial = exam.attempt(job)
    if trial.failure is not None and trial.failure.fault is Fault.CHALLENGE:
        return trial
    return usable(trial, exam.challenge)


def _job(exam: Examination, reference: OwnSubmission, seed: int, answerer: str, tape: Path) -> SuiteJob:
    job = exam.job(reference.folder, digest=reference.submission.digest, seed=seed)
    return msgspec.structs.replace(job, answerer=answerer, tape=tape)


def _forgeable(entry: tuple[str, set[str]]) -> Problem:
    test, forgers = entry
    how = " and ".join(sorted({words(forger) for forger in forgers}))
    remembered = all(forger.startswith("remember") for forger in forgers)
    return Problem(
        id="forgers.passed", where=test, what=f"the test can be passed by {how}", help=FRESH if remembered else DRAWN
    )


def _breaks(entry: tuple[str, RaisingTest]) -> Problem:
    test, broken = entry
    return Problem(
        id="forgers.suite-broken",
        where=test,
        what=f"a submission can void its own grading by {words(broken.forger)}: {broken.reason}",
        help="Use observations as they are (`==`, `[]`, `len`); unpack or zip them only after asserting their shape.",
    )
