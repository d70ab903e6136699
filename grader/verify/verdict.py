"""The result of a verification: a verdict and a figure for each check, a meaning and a remedy for each problem."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from grader.model import HarnessRef, Struct


class CheckStatus(StrEnum):
    """The ways in which a check can end."""

    HOLDS = "holds"
    FAILS = "fails"
    UNMEASURED = "not measured"
    SKIPPED = "not run"


def worst(verdicts: Iterable[CheckStatus]) -> CheckStatus:
    """Return the worst verdict: fails, then not measured, then holds. A check that was not run does not count."""
    found = set(verdicts)
    return next(
        (status for status in (CheckStatus.FAILS, CheckStatus.UNMEASURED) if status in found), CheckStatus.HOLDS
    )


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that the author has to fix. `id` is stable."""

    id: str
    where: str
    """A file, a submission, a hidden test or a mutant of the challenge."""
    what: str
    help: str


class Survivor(Struct, frozen=True, kw_only=True):
    """A mutant of the reference that nothing detected."""

    mutant: str
    path: str
    line: int
    diff: str
    nearest: str = ""
    """The hidden test that comes closest to noticing it."""
    nearest_source: str = ""


class Check(Struct, frozen=True, kw_only=True):
    """The result of one check of one challenge."""

    id: str
    title: str
    verdict: CheckStatus
    figure: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    """Anything that the author may want to know although nothing is wrong."""
    survivors: tuple[Survivor, ...] = ()
    milliseconds: float = 0.0
    cached: bool = False


class Verified(Struct, frozen=True, kw_only=True):
    """The results of all checks of one challenge."""

    challenge: str
    """The challenge's name, `area/slug`."""
    digest: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> CheckStatus:
        """The worst verdict of its checks."""
        return worst(check.verdict for check in self.checks)


class Verification(Struct, frozen=True, kw_only=True):
    """The report of `grader verify`, as `--format json` writes it."""

    format_version: int = 1
    challenges: tuple[Verified, ...]
    seeds: tuple[int, ...]
    backend: str
    harness: HarnessRef

    @property
    def verdict(self) -> CheckStatus:
        """The worst verdict of all challenges."""
        return worst(challenge.verdict for challenge in self.challenges)


class Unmeasured(Exception):
    """A check could not be carried out, for a reason that says nothing about the challenge."""

    def __init__(self, why: str, *, remedy: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class Unusable(Exception):
    """A check could not be carried out because the challenge does not work. Carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem
