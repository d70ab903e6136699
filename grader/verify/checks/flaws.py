"""Each flawed submission loses what its path claims: less means a blind suite, more means a test that asks too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.challenges.flaws import Flaw, flaws
from grader.model import Kind, Mark, MarkStatus, PromiseOutcome
from grader.rubric import merely_follows
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.verdict import Problem


def run(exam: Examination) -> CheckResult:
    """Grade every flaw under the first seed."""
    claimed = flaws(exam.challenge)
    judged = exam.each(lambda flaw: tuple(_judged(exam, flaw)), claimed, saying="flawed submission")
    problems = tuple(problem for flaw_problems in judged for problem in flaw_problems)
    wrong = sum(bool(flaw_problems) for flaw_problems in judged)
    return CheckResult(f"{len(claimed) - wrong} of {len(claimed)}", problems)


def lost(marks: Sequence[Mark]) -> frozenset[str]:
    """Return the criteria not earned in full, except those that a person judges or that merely follow others."""
    return frozenset(
        mark.id
        for mark in marks
        if mark.status is not MarkStatus.EARNED and mark.kind is not Kind.REVIEW and not merely_follows(mark)
    )


def _judged(exam: Examination, flaw: Flaw) -> Iterator[Problem]:
    marks = exam.marks(exam.entrant(flaw.name), exam.seeds[0])
    found = lost(marks)
    for criterion in sorted(flaw.loses - found):
        yield Problem(
            id="flawed.unnoticed",
            where=flaw.name,
            what=f"the submission keeps every point of {criterion!r}: nothing notices the mistake",
            help=f"Strengthen a test of {criterion!r} until the mistake makes it fail, "
            "or move the mistake to another criterion.",
        )
    for mark in marks:
        if mark.id in found - flaw.loses:
            yield Problem(
                id="flawed.collateral",
                where=flaw.name,
                what=f"the submission also loses {mark.id!r}: {_because(mark)}",
                help="Narrow the test if it judges another promise as well; "
                f"if the mistake affects both criteria, add {mark.id!r} to {flaw.says_loses}.",
            )


def _because(mark: Mark) -> str:
    broken = [promise.id for promise in mark.promises if promise.outcome is PromiseOutcome.BROKEN]
    return "; ".join(broken or [finding.message for finding in mark.findings][:3]) or "no reason given"
