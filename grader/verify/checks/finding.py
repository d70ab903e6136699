"""The result of a check: a figure for the table, and every problem. A check without a result raises Unusable or
Unmeasured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grader.verify.examination import Examination
from grader.verify.verdict import Problem, Survivor


class CheckResult(NamedTuple):
    """The result of a check that could be carried out. The check holds if there are no problems."""

    figure: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    survivors: tuple[Survivor, ...] = ()


class Checker(NamedTuple):
    """One check: its stable id, what it requires of the challenge, and the function that runs it."""

    id: str
    title: str
    run: Callable[[Examination], CheckResult]
    quick: bool = True
    """Whether `--quick` runs it."""
