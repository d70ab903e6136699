"""The progress of a grading, as frozen events for a terminal, a log, a page or nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, assert_never

from grader.model.base import Struct
from grader.model.kinds import Kind
from grader.model.report import Report


class Started(Struct, frozen=True, kw_only=True):
    """A grading has started."""

    challenge: str
    """The challenge's name, `area/slug`."""


class TestRan(Struct, frozen=True, kw_only=True):
    """A hidden test has run."""

    __test__: ClassVar[bool] = False
    challenge: str
    n: int
    """The number of tests that have run."""
    of: int
    """The number of tests in the suite."""


class Analysing(Struct, frozen=True, kw_only=True):
    """Analysers have started to read the source."""

    challenge: str
    kinds: tuple[Kind, ...] = ()
    """The kinds that they judge; empty for the gate, which runs before all analysers."""


class Explaining(Struct, frozen=True, kw_only=True):
    """A broken promise is being run again to find its smallest counterexample."""

    challenge: str


class Graded(Struct, frozen=True, kw_only=True):
    """A grading has ended with a report."""

    challenge: str
    report: Report


Event = Started | TestRan | Analysing | Explaining | Graded
Progress = Callable[[Event], None]


def silent(_: Event) -> None:
    """Ignore the event."""


def in_words(event: Event) -> str:
    """Describe an event in one line for people."""
    match event:
        case Started(challenge=challenge):
            return f"grading {challenge}"
        case TestRan(challenge=challenge, n=n, of=of):
            return f"{challenge}: hidden test {n} of {of}"
        case Analysing(challenge=challenge, kinds=kinds):
            looked_for = ", ".join(kind.value for kind in kinds)
            return f"{challenge}: " + (f"checking {looked_for}" if looked_for else "reading the source")
        case Explaining(challenge=challenge):
            return f"{challenge}: finding the smallest counterexample"
        case Graded(challenge=challenge):
            return f"graded {challenge}"
        case _:
            assert_never(event)
