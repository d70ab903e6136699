"""The collectors' results: promises, findings, measurements and facts, none of them judged yet."""

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
    """A failing example in words. It comes from the explaining run, never from the verdict's exam."""

    asked: str
    """The calls, in the vocabulary of the challenge's probe."""
    step: str = ""
    """The first step whose answer differs from the promised one, if the calls are a list of steps, below the last steps
    before it.
    """
    received: str = ""
    promised: str = ""
    note: str = ""
    """The hidden test's own explanation of the failure, such as figures and bounds."""
    printed: str = ""
    """The end of what the submission printed."""


class Detail(Struct, frozen=True, kw_only=True):
    """Details of a broken promise for reviewers, hidden from candidates."""

    source: str = ""
    """The source code of the hidden test."""
    counterexample: str = ""
    """The shrunk inputs from the explaining run, which differ from the verdict's; empty if none were found."""
    trace: str = ""
    """The failure as pytest reports it, with the inputs of the verdict's run."""
    reason: str = ""
    """Why the promise was broken in the verdict's own run."""


class Promise(Struct, frozen=True, kw_only=True):
    """One hidden test: what it promises, and whether the submission keeps the promise."""

    id: str
    """The test's name, with its parameters."""
    text: str
    """The test's docstring, which is all that a candidate sees of the test."""
    outcome: PromiseOutcome
    """Kept, broken, or not measured."""
    criterion: str
    """The id of the criterion that it counts towards."""
    weight: int = 1
    """Its share of the criterion's points, relative to the other promises; 0 means that it is only diagnostic."""
    hint: str = ""
    """What to try, in the suite author's words."""
    reason: str = ""
    """Why it is broken or was not measured, in words for the candidate, as found by the explaining run."""
    file: str | None = None
    """The file in which the submission's code raised an exception, if it did."""
    line: int | None = None
    """The line number, starting at 1."""
    seconds: float = 0.0
    """The wall-clock time that the test took."""
    detail: Detail | None = None
    example: Example | None = None
    """An example of the failure, which candidates see only with `practice` feedback."""
    ratio: float | None = None
    """The submission's measured figure divided by the reference's, to a tenth, if the promise is kept and about one."""
    waits_for: str = ""
    """The id of the report-wide finding that this promise's failure follows from."""


RATIO = "performance.ratio"
"""The name of the highest measured ratio to the reference in a criterion."""


FOUND, COST = "remarks.found", "remarks.cost"
"""How many planted defects a review names, and how many of them its remarks on nothing cost."""


class Measurement(Struct, frozen=True, kw_only=True):
    """A figure that evidence rests on, for people and for thresholds, such as a `complexity.worst` of 7."""

    name: str
    """What was measured."""
    value: float
    """The figure."""
    unit: str = ""
    """The unit of the figure; empty for a plain number."""
    subject: str = ""
    """What the figure describes, such as a function or a file."""


class Failure(Struct, frozen=True, kw_only=True):
    """Why a collector could not measure."""

    fault: Fault
    reason: str
    remedy: str = ""
    detail: str = ""
    """Details for the challenge's author alone, because they may contain drawn inputs."""


AT_WORK, IDLE, UNASKED = "at-work", "idle", "unasked"
"""The run-time status of a required construct: it works, does not work, or could not be observed."""


class Fact(Struct, frozen=True, kw_only=True):
    """The conclusion of a construct rule, or of an observation at run time, about one requirement of the challenge."""

    requirement: str
    """The id of the requirement in challenge.toml."""
    status: str
    """As read in the text: `met`, `decoy` (present, but not on a live path from the API), `dynamic` or `absent`. As
    observed at run time: `at-work`, `idle` or `unasked`."""


class Evidence(Struct, frozen=True, kw_only=True):
    """The results of one collector. A `failure` that is not the submission's fault means that nothing was measured."""

    kind: Kind
    promises: tuple[Promise, ...] = ()
    findings: tuple[Finding, ...] = ()
    causes: tuple[Finding, ...] = ()
    """Causes that several promises share, each stated once; a promise's `waits_for` holds the id of its cause."""
    facts: tuple[Fact, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tools: dict[str, str] = {}
    milliseconds: float = 0.0
    failure: Failure | None = None
