"""The result of a check: a figure for the table, and every problem. A check without a result raises Unusable or
Unmeasured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, assert_never

from grader.verify.examination import Examination
from grader.verify.verdict import Problem, Survivor


class CheckResult(NamedTuple):
    """The result of a check that could be carried out. The check holds if there are no problems."""

    figure: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    survivors: tuple[Survivor, ...] = ()


class CheckSchedule(Enum):
    """When a check runs."""

    ALWAYS = "always"
    THOROUGH = "not with `--quick`"
    NAMED = "only if `--only` names it"


class Checker(NamedTuple):
    """One check: its stable id, what it requires of the challenge, and the function that runs it."""

    id: str
    title: str
    run: Callable[[Examination], CheckResult]
    runs: CheckSchedule = CheckSchedule.ALWAYS

    def is_due(self, *, only: Sequence[str], quick: bool) -> bool:
        """Return whether a verification with these options runs it."""
        match self.runs:
            case CheckSchedule.ALWAYS:
                return not only or self.id in only
            case CheckSchedule.THOROUGH:
                return not quick and (not only or self.id in only)
            case CheckSchedule.NAMED:
                return self.id in only
            case _:
                assert_never(self.runs)
