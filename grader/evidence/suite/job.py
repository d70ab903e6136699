"""What the host of a hidden suite is told, and what it says: JSON lines between two processes of ours."""

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
    """The submission's."""
    seed: int
    backend: str
    """A name that `sandbox.backends.backend_named` knows."""
    explain: bool = True
    """Whether broken promises are run once more, with shrinking and under another seed, for a counterexample."""

    explain_only: bool = False
    """Judge nothing: the tests that are named are known to be broken, and are explained."""

    imports: bool = False
    """Whether, when promises are broken, it is said what cannot be imported."""
    observe: bool = True
    """Whether it is also asked if the required constructs are at work."""
    draw_only: bool = False
    """Draw the exam, for a job that is to come, and run nothing."""

    # What follows is for authors who verify a challenge.
    answerer: str = ""
    """Who answers in place of the submission in its sandbox; the host's program knows the names."""
    tape: Path | None = None
    """The file in which an answerer keeps what it has heard."""
    tests: tuple[str, ...] = ()
    """Names of the tests to run; all when empty."""
    first: tuple[str, ...] = ()
    """Names of the tests that run before the others, in this order."""
    stop_at_first: bool = False
    """Whether the first broken promise ends the run."""
    failing_examples: int = 1
    """A test ends with that many examples that fail: with more than one, how often it fails can be told."""
    shared: bool = False
    """Whether the sandbox of earlier jobs over the same folder may serve this one: for an author's own code only.
    The files are read anew in each child."""
    call_seconds: float | None = None
    """The deadline of a call, where it is not to be the challenge's own."""
    examples: int | None = None
    """At most so many examples a test, spread over those of the exam."""
    details: bool = True
    """Whether broken promises come with the test's source, the inputs and the trace."""

    def seed_for(self, name: str, *, explaining: bool = False) -> int:
        """Derive the seed of one test. Explaining draws other inputs than the verdict."""
        purpose = "explain" if explaining else "verdict"
        return int.from_bytes(hashlib.sha256(f"{purpose}:{self.seed}:{name}".encode()).digest()[:8])

    @property
    def hash_seed(self) -> int:
        """PYTHONHASHSEED inside: repeatable, and nothing about the tests' seeds follows from it."""
        return int.from_bytes(hashlib.sha256(f"hash:{self.digest}:{self.seed}".encode()).digest()[:4])


def to_line(job: SuiteJob) -> bytes:
    """Encode a job as one line of JSON."""
    return msgspec.json.encode(job, enc_hook=str) + b"\n"


def from_line(line: bytes) -> SuiteJob:
    """Decode what `to_line` wrote."""
    return msgspec.json.decode(line, type=SuiteJob, dec_hook=lambda _, text: Path(text))


class Collected(Struct, frozen=True, kw_only=True, tag="collected"):
    """The names of the hidden tests, in the order they run."""

    tests: tuple[str, ...]
    undrawn: tuple[str, ...] = ()
    """Those whose examples could not be drawn beforehand: Hypothesis draws them anew for each submission."""


class Ran(Struct, frozen=True, kw_only=True, tag="ran"):
    """One test has run."""

    promise: Promise
    failing: int = 0
    """Examples that failed, of those that were asked."""
    asked: int = 0
    """Examples of the exam that were asked; none where there was no exam for this test."""
    examples: int = 0
    """Examples of the exam."""
    drew_late: bool = False
    """Whether it drew after its first question, so that Hypothesis ran it anew."""
    hung: bool = False
    """Whether it ended because there was no answer in time."""
    rebound: tuple[str, ...] = ()
    """What the submission replaced at run time, which ended the test."""


class Explained(Struct, frozen=True, kw_only=True, tag="explained"):
    """The same broken promise again, with a shrunk counterexample."""

    promise: Promise


class Caused(Struct, frozen=True, kw_only=True, tag="caused"):
    """What several broken promises wait for."""

    finding: Finding


class Observed(Struct, frozen=True, kw_only=True, tag="observed"):
    """Whether the constructs that the challenge asks for are at work."""

    facts: tuple[Fact, ...]


class RanUnread(Struct, frozen=True, kw_only=True, tag="unread"):
    """What the submission ran that stands in no file, as its sandbox reported it. Hostile text."""

    reports: tuple[str, ...]


class Broke(Struct, frozen=True, kw_only=True, tag="broke"):
    """The suite could not be run, or not to its end."""

    failure: Failure


class Done(Struct, frozen=True, kw_only=True, tag="done"):
    """The run is over. Without it, the process was lost."""

    milliseconds: float


Message = Collected | Ran | Explained | Caused | Observed | RanUnread | Broke | Done


def behaviour_criteria(challenge: Challenge) -> tuple[str, ...]:
    """Return the criteria that hidden tests count for, in the manifest's order."""
    return tuple(criterion.id for criterion in challenge.manifest.criteria if criterion.kind.by_tests)
