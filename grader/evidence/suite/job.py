"""The orders and messages of a hidden suite's host: JSON lines between two processes of ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from grader.challenges.challenge import Challenge
from grader.model import Fact, Failure, Finding, Promise, Struct


class SuiteJob(Struct, frozen=True, kw_only=True):
    """One run of one hidden suite against one submission. Jobs of one suite with the same seed sit the same exam."""

    challenge: Path
    """The challenge's folder."""
    submission: Path
    """A folder that holds the submission's files and nothing else."""
    digest: str
    """The submission's digest."""
    seed: int
    backend: str
    """A name that `sandbox.backends.backend_named` knows."""
    explain: bool = True
    """Whether broken promises are run once more, with shrinking and under another seed, to find a counterexample."""

    explain_only: bool = False
    """Whether to judge nothing and only explain the named tests, which are known to be broken."""

    imports: bool = False
    """Whether to report, when promises are broken, anything that cannot be imported."""
    observe: bool = True
    """Whether the job also reports whether the required constructs are at work."""
    draw_only: bool = False
    """Whether to draw the exam for an upcoming job and run nothing."""

    # What follows is for authors who verify a challenge.
    answerer: str = ""
    """The name of the answerer that replaces the submission in its sandbox, as the host's program knows it."""
    tape: Path | None = None
    """The file in which an answerer keeps what it recorded."""
    tests: tuple[str, ...] = ()
    """Names of the tests to run; all when empty."""
    first: tuple[str, ...] = ()
    """Names of the tests that run before the others, in this order."""
    stop_at_first: bool = False
    """Whether the first broken promise ends the run."""
    failing_examples: int = 1
    """The number of failing examples that end a test: more than one shows how often the test fails."""
    shared: bool = False
    """Whether this job may use the sandbox of earlier jobs on the same folder, for an author's own code only. Each
    child reads the files again."""
    call_seconds: float | None = None
    """The deadline of a call, if it differs from the challenge's own."""
    examples: int | None = None
    """The maximum number of examples per test, spread across those of the exam."""
    details: bool = True
    """Whether broken promises come with the test's source, the inputs and the trace."""

    def seed_for(self, name: str, *, explaining: bool = False) -> int:
        """Derive the seed of one test. Explanations draw different inputs from the verdict's."""
        purpose = "explain" if explaining else "verdict"
        return int.from_bytes(hashlib.sha256(f"{purpose}:{self.seed}:{name}".encode()).digest()[:8])

    @property
    def hash_seed(self) -> int:
        """The PYTHONHASHSEED of the sandbox, which is repeatable and reveals nothing about the tests' seeds."""
        return int.from_bytes(hashlib.sha256(f"hash:{self.digest}:{self.seed}".encode()).digest()[:4])


def to_line(job: SuiteJob) -> bytes:
    """Encode a job as one line of JSON."""
    return msgspec.json.encode(job, enc_hook=str) + b"\n"


def from_line(line: bytes) -> SuiteJob:
    """Decode what `to_line` wrote."""
    return msgspec.json.decode(line, type=SuiteJob, dec_hook=lambda _, text: Path(text))


class Collected(Struct, frozen=True, kw_only=True, tag="collected"):
    """The names of the hidden tests, in running order."""

    tests: tuple[str, ...]
    undrawn: tuple[str, ...] = ()
    """Tests whose examples could not be drawn beforehand: Hypothesis draws them anew for each submission."""


class Ran(Struct, frozen=True, kw_only=True, tag="ran"):
    """The outcome of one test."""

    promise: Promise
    failing: int = 0
    """How many of the examples that were asked failed."""
    asked: int = 0
    """How many examples of the exam were asked; zero if there was no exam for this test."""
    examples: int = 0
    """How many examples of this test the exam has."""
    drew_late: bool = False
    """Whether it drew after its first question, so that Hypothesis ran it again."""
    hung: bool = False
    """Whether it ended because there was no answer in time."""
    rebound: tuple[str, ...] = ()
    """The names that the submission rebound at run time, which ended the test."""


class Explained(Struct, frozen=True, kw_only=True, tag="explained"):
    """The same broken promise again, with a shrunk counterexample."""

    promise: Promise


class Caused(Struct, frozen=True, kw_only=True, tag="caused"):
    """The common cause of several broken promises."""

    finding: Finding


class Observed(Struct, frozen=True, kw_only=True, tag="observed"):
    """Facts about whether the required constructs are at work."""

    facts: tuple[Fact, ...]


class RanUnread(Struct, frozen=True, kw_only=True, tag="unread"):
    """Code that the submission ran but that is in no file, as its sandbox reported it. Hostile text."""

    reports: tuple[str, ...]


class Broke(Struct, frozen=True, kw_only=True, tag="broke"):
    """The suite could not be run, or not to the end."""

    failure: Failure


class Done(Struct, frozen=True, kw_only=True, tag="done"):
    """The run is over. Without this message, the process was lost."""

    milliseconds: float


Message = Collected | Ran | Explained | Caused | Observed | RanUnread | Broke | Done


def behaviour_criteria(challenge: Challenge) -> tuple[str, ...]:
    """Return the criteria that hidden tests judge, in the manifest's order."""
    return tuple(criterion.id for criterion in challenge.manifest.criteria if criterion.kind.by_tests)
