"""The same submission gets the same marks under every seed: otherwise candidates are graded by luck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product

from grader.challenges.flaws import flaws
from grader.model import Mark, PromiseOutcome
from grader.verify.checks.finding import Found
from grader.verify.examination import Examination
from grader.verify.verdict import Problem


def run(exam: Examination) -> Found:
    """Every submission of the challenge under every seed."""
    names = ["solution", "solution_alt", *(flaw.name for flaw in flaws(exam.challenge))]
    pairs = list(product(map(exam.entrant, names), exam.seeds))
    marked = exam.each(lambda pair: exam.marks(*pair), pairs, saying="submission and seed")
    by_entrant: dict[str, list[tuple[Mark, ...]]] = defaultdict(list)
    for (entrant, _), marks in zip(pairs, marked, strict=True):
        by_entrant[entrant.name].append(marks)
    problems = [problem for name, each in by_entrant.items() for problem in _unstable(name, each, exam.seeds)]
    steady = len(names) - len({problem.where.partition(": ")[0] for problem in problems})
    return Found(f"{steady} of {len(names)} under {len(exam.seeds)} seeds", tuple(problems))


def _unstable(name: str, marked: Iterable[tuple[Mark, ...]], seeds: tuple[int, ...]) -> Iterator[Problem]:
    for marks in zip(*marked, strict=True):
        if len({mark.earned for mark in marks}) > 1:
            earned = ", ".join(f"{mark.earned:g} (seed {seed})" for mark, seed in zip(marks, seeds, strict=True))
            swinging = _swinging(marks)
            tests = f" Sometimes broken: {', '.join(swinging)}." if swinging else ""
            yield Problem(
                id="seeds.unstable",
                where=f"{name}: {marks[0].id}",
                what=f"it earns {earned}.{tests}",
                help="Draw the inputs that matter more often (a strategy of near misses, @example with drawn parts), "
                "or raise budget.examples; a test that measures time needs a wider margin.",
            )


def _swinging(marks: Iterable[Mark]) -> list[str]:
    """The tests that hold under some seeds and break under others."""
    outcomes: dict[str, set[PromiseOutcome]] = defaultdict(set)
    for mark in marks:
        for promise in mark.promises:
            outcomes[promise.id].add(promise.outcome)
    return sorted(name for name, seen in outcomes.items() if len(seen) > 1)
