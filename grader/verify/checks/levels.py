"""Levels make sense: the solution is Expert, whoever lacks the skill is below Senior, and whoever slips once is not.

Adjust a challenge's numbers, or its weights, until that holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from grader import rubric
from grader.challenges.samples import VOICES, samples, slips, voices, without_skill
from grader.model import Kind, Level, Mark, MarkStatus
from grader.rubric import MarkedRubric
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.verdict import Problem

NUMBERS = "Adjust the challenge's [[levels]], skill_criteria or points, or change the sample."
UNHEARD = "Missing samples: {names}. Have them written from the brief alone, by people who have not seen the suite."


class _Graded(NamedTuple):
    name: str
    standing: MarkedRubric

    def __str__(self) -> str:
        return f"{self.name} {self.standing.percent:g} % {_title(self.standing.level)}"


def run(exam: Examination) -> CheckResult:
    """Grade every submission whose level is known, under the first seed."""
    challenge = exam.challenge
    names = ["solution", "solution_alt", *(sample.name for sample in samples(challenge))]
    graded = dict(
        zip(names, exam.each(lambda name: _graded(exam, name), names, saying="submission of known level"), strict=True)
    )
    problems = [
        *(problem for name in names[:2] for problem in _is_expert(graded[name])),
        *(problem for sample in without_skill(challenge) for problem in _lacks_it(graded[sample.name])),
        *(problem for sample in slips(challenge) for problem in _has_it(graded[sample.name])),
        *_out_of_order([graded[sample.name] for sample in voices(challenge)]),
    ]
    notes = ["; ".join(map(str, list(graded.values())[2:])) + "."] if len(graded) > 2 else []
    return CheckResult(f"{len(slips(challenge))} slips", tuple(problems), (*notes, *_voiced(graded)))


def _graded(exam: Examination, name: str) -> _Graded:
    marks = map(reviewed, exam.marks(exam.entrant(name), exam.seeds[0]))
    return _Graded(name, rubric.standing(exam.challenge, tuple(marks)))


def reviewed(mark: Mark) -> Mark:
    """Return the mark as if a person had awarded all the points that only a person can award."""
    if mark.kind is not Kind.REVIEW:
        return mark
    return msgspec.structs.replace(mark, earned=mark.points, status=MarkStatus.EARNED)


def _is_expert(sample: _Graded) -> Iterator[Problem]:
    if sample.standing.level is not Level.EXPERT:
        yield _problem(
            "solution",
            sample,
            f"the submission reaches {_told(sample)}, not Expert",
            "Fix whatever costs points, or lower the requirements for Expert.",
        )


def _lacks_it(sample: _Graded) -> Iterator[Problem]:
    level = sample.standing.level
    if level is None:
        help_ = (
            "Make the sample work: it must get nearly everything else right to show that the skill decides the level."
        )
        yield _problem("idle", sample, f"the sample works too poorly: it reaches {_told(sample)}", help_)
    elif level >= Level.SENIOR:
        yield _problem("gate", sample, f"the sample reaches {_told(sample)} although it lacks the skill", NUMBERS)


def _has_it(sample: _Graded) -> Iterator[Problem]:
    if sample.standing.level is None or sample.standing.level < Level.SENIOR:
        yield _problem("slip", sample, f"one slip takes the sample below Senior: it reaches {_told(sample)}", NUMBERS)
    if sample.standing.score == sample.standing.max_score:
        yield _problem(
            "unnoticed",
            sample,
            "the sample loses no points: nothing notices the slip",
            "Make a slip that costs points.",
        )


def _out_of_order(heard: Sequence[_Graded]) -> Iterator[Problem]:
    for lower, higher in pairwise(heard):
        if lower.standing.percent >= higher.standing.percent:
            what = (
                f"the sample earns {higher.standing.percent:g} %, but {lower.name} earns {lower.standing.percent:g} %"
            )
            yield _problem("order", higher, what, "Review the levels, the weights and the suite: one of them is off.")


def _voiced(graded: dict[str, _Graded]) -> Iterator[str]:
    """Yield notes on voices whose level is not the expected one, and on voices that are missing."""
    for name, level in VOICES.items():
        if name in graded and graded[name].standing.level is not level:
            yield f"{name} reaches {_told(graded[name])}: review the levels, the weights and the suite."
    if missing := [name for name in VOICES if name not in graded]:
        yield UNHEARD.format(names=", ".join(missing))


def _told(sample: _Graded) -> str:
    asks = f" ({sample.standing.next_level})" if sample.standing.next_level else ""
    return f"{_title(sample.standing.level)} with {sample.standing.percent:g} %{asks}"


def _title(level: Level | None) -> str:
    return level.title if level else "no level"


def _problem(id_: str, sample: _Graded, what: str, remedy: str) -> Problem:
    return Problem(id=f"levels.{id_}", where=sample.name, what=what, help=remedy)
