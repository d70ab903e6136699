"""What collectors found: promises, findings, figures, facts; nothing is judged yet."""

from __future__ import annotations

from enum import StrEnum

from grader.model.base import Fault, Finding, Struct
from grader.model.kinds import Kind


class PromiseOutcome(StrEnum):
    """The possible outcomes of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_MEASURED = "not measured"


class Example(Struct, frozen=True, kw_only=True):
    """A failing example in words, from the run that explains: never from the verdict's exam."""

    asked: str
    """The calls, in the vocabulary of the challenge's probe."""
    step: str = ""
    """In a list of steps, the first one whose answer is not the promised one, below the last steps before it."""
    received: str = ""
    promised: str = ""
    note: str = ""
    """What the hidden test says about it, such as figures and bounds."""
    printed: str = ""
    """The end of what the submission printed."""


class Detail(Struct, frozen=True, kw_only=True):
    """What a reviewer, but not a candidate, sees of a broken promise."""

    source: str = ""
    """The hidden test."""
    counterexample: str = ""
    """The shrunk inputs of the run that explains, which differ from the verdict's; empty if none were found."""
    trace: str = ""
    """The failure as pytest reports it, and the inputs of the verdict."""
    reason: str = ""
    """Why the promise was broken in the verdict's own run."""


class Promise(Struct, frozen=True, kw_only=True):
    """One hidden test: what it promises, and whether the submission keeps the promise."""

    id: str
    """The test's name, with its parameters."""
    text: str
    """The test's docstring, which is all that a candidate sees of it."""
    outcome: PromiseOutcome
    """Kept, broken, or not measured."""
    criterion: str
    """The id of the criterion that it counts for."""
    weight: int = 1
    """Its share of the criterion's points; 0 means that it is only a diagnosis."""
    hint: str = ""
    """What to try, in the suite author's words."""
    reason: str = ""
    """Why it is broken or not measured, in words for the candidate, as found by the run that explains."""
    file: str | None = None
    """Where the submission's code raised, if it did."""
    line: int | None = None
    """1-based."""
    seconds: float = 0.0
    """Wall-clock time of the test."""
    detail: Detail | None = None
    example: Example | None = None
    """What went wrong, for a candidate who practises."""
    waits_for: str = ""
    """The id of the report-wide finding that this one follows from."""


class Measurement(Struct, frozen=True, kw_only=True):
    """A figure that evidence rests on, for people and for thresholds: `complexity.worst`, 7."""

    name: str
    """What was measured."""
    value: float
    """The figure."""
    unit: str = ""
    """Of the figure; empty for a plain number."""
    subject: str = ""
    """Of what: a function, a file."""


class Failure(Struct, frozen=True, kw_only=True):
    """Why a collector could not measure."""

    fault: Fault
    reason: str
    remedy: str = ""
    detail: str = ""
    """What only the challenge's author is told: it may hold what was drawn."""


AT_WORK, IDLE, UNASKED = "at-work", "idle", "unasked"
"""Of a requirement, in behaviour's evidence: its construct works at run time, does not, or nobody can tell."""


class Fact(Struct, frozen=True, kw_only=True):
    """What a construct rule, or an observation at run time, concluded about one requirement of the challenge."""

    requirement: str
    """The id of the requirement in challenge.toml."""
    status: str
    """Of the text: `met`, `decoy` (present, but not on a live path from the API), `dynamic` or `absent`. At run time:
    `at-work`, `idle` or `unasked`."""


class Evidence(Struct, frozen=True, kw_only=True):
    """What one collector found. A `failure` that is not the submission's fault means that nothing was measured."""

    kind: Kind
    promises: tuple[Promise, ...] = ()
    findings: tuple[Finding, ...] = ()
    causes: tuple[Finding, ...] = ()
    """What several promises wait for, stated once: they name these findings' ids."""
    facts: tuple[Fact, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tools: dict[str, str] = {}
    milliseconds: float = 0.0
    failure: Failure | None = None
