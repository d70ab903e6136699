"""At least 95 % of the reference's mutants are noticed. Survivors are shown, or declared equivalent with a reason."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from grader.challenges.challenge import Challenge
from grader.model import Kind
from grader.verify.checks import code
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.mutation.generation import Mutant, mutants
from grader.verify.mutation.killing import GLANCE, READERS, Killers, MutantFate, kill
from grader.verify.verdict import Problem, Survivor

ENOUGH = 0.95  # of the mutants; the rest are declared equivalent, or show a hole in the suite
SUITES = (
    "The reference is a test suite, and a suite with a mistake is often just as good. The challenge's own broken "
    "implementations take the place of mutants; for each of them, a flawed submission has to miss it."
)
DECLARE = 'declare it equivalent in challenge.toml: [[equivalent]] mutant = "{id}", reason = "..."'


def run(exam: Examination) -> CheckResult:
    """Make every mutant of the reference and find out what detects each."""
    if any(criterion.kind is Kind.TESTS for criterion in exam.challenge.manifest.criteria):
        return CheckResult("not run for test suites", notes=(SUITES,))
    made = mutants(exam.entrant("solution").folder)
    declared = {entry.mutant for entry in exam.challenge.manifest.equivalent}
    killers = Killers()
    deaths = kill(exam, made, killers)
    survivors = [death for death in deaths if not death.killer and death.mutant.id not in declared]
    lucky = [death for death in deaths if death.lucky]
    counted = len(deaths) - sum(not death.killer and death.mutant.id in declared for death in deaths)
    score = (counted - len(survivors) - len(lucky) / 2) / counted if counted else 1.0
    problems = [*_misdeclared(deaths, declared)]
    if score < ENOUGH:
        problems += map(_survives, survivors)
        problems += map(_lives_by_luck, lucky)
    notes = [_tolerated(survivors)] if score >= ENOUGH and survivors else []
    notes += [_sharpen(lucky)] if score >= ENOUGH and lucky else []
    return CheckResult(
        f"{counted - len(survivors)} of {counted} noticed, {score:.1%}{_examples(deaths)}",
        tuple(problems),
        notes=tuple(notes),
        survivors=tuple(_survivor(death.mutant, killers, exam.challenge) for death in survivors),
    )


def _examples(deaths: Sequence[MutantFate]) -> str:
    """Return how many mutants needed more than a few examples, as a guide to choosing `budget.examples`."""
    suite = [death for death in deaths if death.killer and death.killer not in READERS]
    late = sum(not death.at_a_glance for death in suite)
    return f"; {late} needed more than {GLANCE} examples per test" if suite else ""


def _survives(death: MutantFate) -> Problem:
    mutant = death.mutant
    return Problem(
        id="mutants.survivor",
        where=mutant.id,
        what=f"line {mutant.line}: {_change(mutant)}",
        help=f"Draw inputs that tell the mutant apart from the reference, or {DECLARE.format(id=mutant.id)}.",
    )


def _lives_by_luck(death: MutantFate) -> Problem:
    mutant = death.mutant
    return Problem(
        id="mutants.luck",
        where=mutant.id,
        what=f"line {mutant.line}: {_change(mutant)}; this is noticed under {death.lucky} seeds and counts as half",
        help=f"Let {death.killer} draw inputs that expose the mutant more often.",
    )


def _sharpen(lucky: Sequence[MutantFate]) -> str:
    names = ", ".join(f"{death.killer} ({death.mutant.id}: {death.lucky})" for death in lucky)
    return f"Mutants noticed under only some seeds count as half; let these tests draw sharper inputs: {names}."


def _tolerated(survivors: Sequence[MutantFate]) -> str:
    names = ", ".join(death.mutant.id for death in survivors)
    return f"These mutants are not noticed, although enough others are: {names}. Use --survivors to see them."


def _misdeclared(deaths: Sequence[MutantFate], declared: set[str]) -> Iterator[Problem]:
    """Yield a problem for each untrue declaration: it may hide a real survivor later."""
    killer = {death.mutant.id: death.killer for death in deaths}
    for name in sorted(declared):
        where = "challenge.toml: equivalent"
        if name not in killer:
            close = difflib.get_close_matches(name, killer, n=1)
            remedy = f"Did you mean {close[0]!r}? If not, delete the entry." if close else "Delete the entry."
            yield Problem(id="mutants.unknown", where=where, what=f"there is no mutant {name!r}", help=remedy)
        elif killer[name]:
            what = f"{name!r} is not equivalent: {killer[name]} notices it"
            yield Problem(id="mutants.noticed", where=where, what=what, help="Delete the declaration.")


def _change(mutant: Mutant) -> str:
    lines = mutant.diff.splitlines()[2:]
    old = [line[1:].strip() for line in lines if line.startswith("-")]
    new = [line[1:].strip() for line in lines if line.startswith("+")]
    return f"`{' '.join(old)}` became `{' '.join(new)}`" if new else f"`{' '.join(old)}` was dropped"


def _survivor(mutant: Mutant, killers: Killers, challenge: Challenge) -> Survivor:
    order = killers.order(mutant)
    nearest = order[0].partition("[")[0] if order else ""
    return Survivor(
        mutant=mutant.id,
        path=mutant.path,
        line=mutant.line,
        diff=mutant.diff,
        nearest=nearest,
        nearest_source=code.source(challenge, nearest),
    )
