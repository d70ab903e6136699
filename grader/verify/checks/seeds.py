"""The same submission gets the same marks under every seed: otherwise, candidates would be graded by luck.

A solution that must earn everything sits the whole exam under every seed. A known mistake sits one exam in which each
test continues after a failing example, which shows how likely the test is to miss the mistake. Under the other seeds,
the mistake meets only

    the tests that may miss it,
    the tests that it passes in a criterion that it loses points of, which may notice it after all, and
    under one of these seeds, in rotation, all other tests that it passes and whose inputs are drawn.

A mistake that makes tests hang meets all tests under every seed, since no more tests are run after several have hung.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.challenges.flaws import flaws
from grader.evidence.suite.job import Ran, behaviour_criteria
from grader.model import Evidence, Kind, Mark, Promise, PromiseOutcome
from grader.verify.checks.finding import CheckResult
from grader.verify.checks.flaws import lost
from grader.verify.examination import Examination, OwnSubmission
from grader.verify.trial import chance_to_pass
from grader.verify.verdict import Problem

EDGE = 0.001
"""A test is also run under the further seeds if it misses a mistake with more than this probability."""


class _Task(NamedTuple):
    entrant: OwnSubmission
    seed: int
    tests: tuple[str, ...]


def run(exam: Examination) -> CheckResult:
    """Grade the solutions and the known mistakes under every seed."""
    references = [exam.entrant(name) for name in ("solution", "solution_alt")]
    entrants = [*references, *(exam.entrant(flaw.name) for flaw in flaws(exam.challenge))]
    exam.each(lambda entrant: exam.marks(entrant, exam.seeds[0]), entrants, saying="submission")
    tasks = [_Task(entrant, seed, ()) for entrant in references for seed in exam.seeds[1:]]
    for number, entrant in enumerate(entrants[len(references) :]):
        tasks += _doubtful(exam, entrant, number)
    exam.each(lambda task: _run(exam, task), tasks, saying="submission and seed")
    problems: list[Problem] = []
    for entrant in entrants:
        again = {task.seed: task.tests for task in tasks if task.entrant is entrant}
        marked = [_marks(exam, entrant, seed, again.get(seed)) for seed in exam.seeds]
        problems += _unstable(entrant.name, marked, exam.seeds)
    steady = len(entrants) - len({problem.where.partition(": ")[0] for problem in problems})
    return CheckResult(f"{steady} of {len(entrants)} under {len(exam.seeds)} seeds", tuple(problems))


def _run(exam: Examination, task: _Task) -> None:
    if task.tests:
        exam.tried(task.entrant, task.seed, tests=task.tests)
    else:
        exam.marks(task.entrant, task.seed)


def _doubtful(exam: Examination, entrant: OwnSubmission, number: int) -> Iterator[_Task]:
    """Yield, for each further seed, the tests that a known mistake has to sit."""
    further = exam.seeds[1:]
    marks = exam.marks(entrant, exam.seeds[0])
    if not further or not any(mark.promises for mark in marks):
        return
    if not behaviour_criteria(exam.challenge):
        yield from (_Task(entrant, seed, ()) for seed in further)
        return
    trial = exam.tried(entrant, exam.seeds[0])
    if any(test.hung for test in trial.tests):
        yield from (_Task(entrant, seed, ()) for seed in further)
        return
    losing = lost(marks)
    swinging = [test for test in trial.tests if _may_swing(test, losing)]
    drawn = [test for test in trial.tests if test.examples > 0 or test.promise.id in trial.undrawn]
    steady = [test for test in drawn if test not in swinging and _is_kept(test)]
    for seed in further:
        tests = [*swinging, *(steady if seed == further[number % len(further)] else ())]
        if tests:
            yield _Task(entrant, seed, tuple(test.promise.id for test in tests))


def _may_swing(test: Ran, losing: frozenset[str]) -> bool:
    if _is_kept(test):
        return test.promise.criterion in losing
    return test.asked == 0 or chance_to_pass(test) > EDGE


def _is_kept(test: Ran) -> bool:
    return test.promise.outcome is PromiseOutcome.KEPT


def _marks(exam: Examination, entrant: OwnSubmission, seed: int, tests: tuple[str, ...] | None) -> tuple[Mark, ...]:
    """Return the marks under a seed. A test that was not run again keeps its outcome under the first seed."""
    if tests == () or seed == exam.seeds[0]:
        return exam.marks(entrant, seed)
    first = exam.marks(entrant, exam.seeds[0])
    if tests is None:
        return first
    again = {promise.id: promise for promise in exam.tried(entrant, seed, tests=tests).promises}
    trial = exam.tried(entrant, exam.seeds[0])
    known: Sequence[Promise] = trial.promises
    promises = tuple(again.get(promise.id, promise) for promise in known)
    return exam.marked(entrant, Evidence(kind=Kind.BEHAVIOUR, promises=promises, facts=trial.facts), seed=seed)


def _unstable(name: str, marked: Iterable[tuple[Mark, ...]], seeds: tuple[int, ...]) -> Iterator[Problem]:
    for marks in zip(*marked, strict=True):
        if len({mark.earned for mark in marks}) > 1:
            earned = ", ".join(f"{mark.earned:g} (seed {seed})" for mark, seed in zip(marks, seeds, strict=True))
            swinging = _swinging(marks)
            tests = f" Sometimes broken: {', '.join(swinging)}." if swinging else ""
            yield Problem(
                id="seeds.unstable",
                where=f"{name}: {marks[0].id}",
                what=f"the criterion earns {earned}.{tests}",
                help="Draw the decisive inputs more often (with a strategy for near misses, or @example with drawn "
                "parts), or raise budget.examples; a test that measures time needs a wider margin.",
            )


def _swinging(marks: Iterable[Mark]) -> list[str]:
    """Return the tests that pass under some seeds and fail under others."""
    outcomes: dict[str, set[PromiseOutcome]] = defaultdict(set)
    for mark in marks:
        for promise in mark.promises:
            outcomes[promise.id].add(promise.outcome)
    return sorted(name for name, endings in outcomes.items() if len(endings) > 1)
