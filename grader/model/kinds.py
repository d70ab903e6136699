"""The kinds of criteria. A new kind takes a line in `Kind`, one in `TRAITS` and, if judged from text or data, a
collector.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import NamedTuple


class Judge(Enum):
    """Who or what judges a criterion."""

    TESTS = auto()
    """Hidden tests, which exercise the running submission."""
    TEXT = auto()
    """An analyser, which reads the answer's text and sees, for example, a metaclass even if it does nothing."""
    DATA = auto()
    """A collector, which reads data that the candidate wrote; nothing of it runs."""
    PERSON = auto()
    """A reviewer."""


class Kind(StrEnum):
    """The ways in which a criterion is judged."""

    BEHAVIOUR = "behaviour"
    CONSTRUCTS = "constructs"
    TYPES = "types"
    COMPLEXITY = "complexity"
    SECURITY = "security"
    TESTS = "tests"
    PERFORMANCE = "performance"
    DESIGN = "design"
    REMARKS = "remarks"
    REVIEW = "review"

    @property
    def judge(self) -> Judge:
        """The judge of this kind: hidden tests, an analyser, a collector of data or a reviewer."""
        return TRAITS[self].judge

    @property
    def by_tests(self) -> bool:
        """True if hidden tests judge this kind."""
        return self.judge is Judge.TESTS

    @property
    def by_promises(self) -> bool:
        """True if the points of this kind are shared among promises."""
        return self.judge in (Judge.TESTS, Judge.DATA)

    @property
    def by_text(self) -> bool:
        """True if this kind is judged from the text alone."""
        return self.judge is Judge.TEXT


class Traits(NamedTuple):
    """The traits that all criteria of a kind have in common."""

    judge: Judge
    words: str
    """The judge, as described to candidates."""
    needs_all_read: bool = False
    """True if code that runs without having been read costs all points."""


TRAITS: Mapping[Kind, Traits] = {
    Kind.BEHAVIOUR: Traits(Judge.TESTS, "hidden tests"),
    Kind.PERFORMANCE: Traits(Judge.TESTS, "hidden tests that measure performance"),
    Kind.TESTS: Traits(Judge.TESTS, "hidden tests that check your tests"),
    Kind.CONSTRUCTS: Traits(Judge.TEXT, "reading the code", needs_all_read=True),
    Kind.TYPES: Traits(Judge.TEXT, "mypy --strict", needs_all_read=True),
    Kind.COMPLEXITY: Traits(Judge.TEXT, "cyclomatic complexity", needs_all_read=True),
    Kind.SECURITY: Traits(Judge.TEXT, "a security linter"),  # bandit has findings of its own for `exec` and `eval`
    Kind.DESIGN: Traits(Judge.DATA, "a simulation of the design"),
    Kind.REMARKS: Traits(Judge.DATA, "comparing review.toml with what was planted"),
    Kind.REVIEW: Traits(Judge.PERSON, "a reviewer"),
}
