"""What the process that runs a hidden suite is told, and what it says: JSON lines between two processes of ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from grader.challenges.challenge import Challenge
from grader.model import Failure, Promise, Struct


class SuiteJob(Struct, frozen=True, kw_only=True):
    """One run of one hidden suite against one submission."""

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
    """Whether broken promises are run once more, with shrinking, for the reviewer's counterexample."""

    def seed_for(self, name: str) -> int:
        """The seed of one test: it depends on nothing but the submission, the grading's seed and the test's name."""
        return int.from_bytes(hashlib.sha256(f"{self.digest}:{self.seed}:{name}".encode()).digest()[:8])

    @property
    def hash_seed(self) -> int:
        """PYTHONHASHSEED inside: repeatable, and nothing about the tests' seeds follows from it."""
        return int.from_bytes(hashlib.sha256(f"hash:{self.digest}:{self.seed}".encode()).digest()[:4])


def to_line(job: SuiteJob) -> bytes:
    """The job as one line of JSON."""
    return msgspec.json.encode(job, enc_hook=str) + b"\n"


def from_line(line: bytes) -> SuiteJob:
    """The job that `to_line` wrote."""
    return msgspec.json.decode(line, type=SuiteJob, dec_hook=lambda kind, value: kind(value))


class Collected(Struct, frozen=True, kw_only=True, tag="collected"):
    """The names of the hidden tests, in the order they run."""

    tests: tuple[str, ...]


class Ran(Struct, frozen=True, kw_only=True, tag="ran"):
    """One test has run."""

    promise: Promise


class Explained(Struct, frozen=True, kw_only=True, tag="explained"):
    """The same broken promise again, with a shrunk counterexample."""

    promise: Promise


class Broke(Struct, frozen=True, kw_only=True, tag="broke"):
    """The suite could not be run, or not to its end."""

    failure: Failure


class Done(Struct, frozen=True, kw_only=True, tag="done"):
    """The run is over. Without it, the process was lost."""

    milliseconds: float


Message = Collected | Ran | Explained | Broke | Done


def behaviour_criteria(challenge: Challenge) -> tuple[str, ...]:
    """The criteria that hidden tests count for, in the manifest's order."""
    kinds = {"behaviour", "performance", "tests"}
    return tuple(criterion.id for criterion in challenge.manifest.criteria if criterion.kind in kinds)
