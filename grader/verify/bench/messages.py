"""What the bench's process is told and what it answers: JSON lines between two processes of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from grader.model import Failure, Promise, Struct

Message = TypeVar("Message", bound=Struct)


def encoded(message: Struct) -> bytes:
    """A message as a line."""
    return msgspec.json.encode(message, enc_hook=str) + b"\n"


def decoded(line: bytes, kind: type[Message]) -> Message:
    """The message of a line."""
    return msgspec.json.decode(line, type=kind, dec_hook=lambda _, text: Path(text))


class Setup(Struct, frozen=True, kw_only=True):
    """The first line: which suite to collect, and which sandbox to use."""

    challenge: Path
    """The challenge's folder."""
    backend: str


class Trial(Struct, frozen=True, kw_only=True):
    """One run of the suite."""

    submission: Path
    """A folder with the submission's files."""
    digest: str
    """Decides, together with `seed`, what is drawn."""
    seed: int
    answerer: str = ""
    """Who answers: the submission in its sandbox when empty; `record`, the same and its answers are kept as the tape;
    else the name of a forger (see `grader.verify.forgery`), and the submission is not run at all."""
    first: tuple[str, ...] = ()
    """Names of the tests that run before the others, in this order."""
    stop_at_first: bool = False
    """Whether the first broken promise ends the run."""
    shared: bool = False
    """Whether the sandbox of an earlier trial that said so may serve this one. The files are read anew in each child.
    For an author's own code only."""
    call_seconds: float | None = None
    """The deadline of a call, where it is not to be the challenge's own."""
    examples: int | None = None
    """At most so many Hypothesis examples a test, where it is not to be the challenge's own number."""
    details: bool = False
    """Whether broken promises come with the test's source and the trace."""


class Tried(Struct, frozen=True, kw_only=True):
    """How a trial went. With a `failure` nothing follows from it."""

    promises: tuple[Promise, ...] = ()
    failure: Failure | None = None
    milliseconds: float = 0.0
