"""The kinds of criteria. A new one is a line of `Kind`, a line of `TRAITS` and, if text is read for it, a collector."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import NamedTuple


class Judge(Enum):
    """Who or what judges a criterion."""

    TESTS = auto()
    """Hidden tests, which ask the running submission."""
    TEXT = auto()
    """An analyser, which reads the answer's text: a class may have a metaclass that does nothing."""
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
    REVIEW = "review"

    @property
    def judge(self) -> Judge:
        """The judge: hidden tests, the text's analysers or a person."""
        return TRAITS[self].judge

    @property
    def by_tests(self) -> bool:
        """True if hidden tests judge it."""
        return self.judge is Judge.TESTS

    @property
    def by_text(self) -> bool:
        """True if it is judged from the text alone."""
        return self.judge is Judge.TEXT


class Traits(NamedTuple):
    """What all criteria of a kind have in common."""

    judge: Judge
    words: str
    """The judge, in words for candidates."""
    needs_all_read: bool = False
    """Whether it cannot be earned while something other than what was read runs."""


TRAITS: Mapping[Kind, Traits] = {
    Kind.BEHAVIOUR: Traits(Judge.TESTS, "hidden tests"),
    Kind.PERFORMANCE: Traits(Judge.TESTS, "hidden tests that measure"),
    Kind.TESTS: Traits(Judge.TESTS, "hidden tests of your tests"),
    Kind.CONSTRUCTS: Traits(Judge.TEXT, "reading the code", needs_all_read=True),
    Kind.TYPES: Traits(Judge.TEXT, "mypy --strict", needs_all_read=True),
    Kind.COMPLEXITY: Traits(Judge.TEXT, "cyclomatic complexity", needs_all_read=True),
    Kind.SECURITY: Traits(Judge.TEXT, "a security linter"),  # bandit has findings of its own for `exec` and `eval`
    Kind.REVIEW: Traits(Judge.PERSON, "a reviewer"),
}
