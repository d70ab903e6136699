"""The interface of a submission to a hidden suite: the type of the fixtures `submission` and `reference`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from grader.suite.observation import Observation
from sandbox.outcome import Raised
from sandbox.session import Call, LocalListener, Process, Sendable, Usage


class SubmissionHandle(Protocol):
    """The type of the fixtures `submission` and `reference`. Each test has a fresh child, made at the first call."""

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Observation:
        """Call the probe's public function `name` with plain data.

        Raises `Raised` if the submission's code raised an exception. A child that dies, hangs or sends garbage raises
        `ChildLost`, which ends the test with a broken promise; suites that expect the child to end may catch it.
        """
        ...

    def batch(self, calls: Iterable[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """Make many calls in one round trip; exceptions are returned as values."""
        ...

    def fresh(self, *, keep: Sequence[str] = ()) -> dict[str, str]:
        """Forget everything: the next call goes to a new child that has not imported the submission.

        `keep` names regular files that the child has written to its working folder: the new child finds exactly these.
        Returns the files that it does not find, with the reasons: `assert submission.fresh(keep=["store.db"]) == {}`.
        """
        ...

    def kill(self) -> None:
        """Send SIGKILL to the child and everything that it started; any thread may do so. A waiting call raises
        `Killed`.
        """
        ...

    def beside(self) -> SubmissionHandle:
        """Return a second node: the same files in a sandbox of their own, at the same time."""
        ...

    def without(self, *paths: str) -> SubmissionHandle:
        """Return the submission in a sandbox of its own that lacks these files or folders."""
        ...

    def usage(self) -> Usage:
        """Return the child's CPU seconds and its resident and peak bytes, read from outside."""
        ...

    def listen(self) -> tuple[Any, int]:
        """Return a listening socket to serve on outside, and its port on 127.0.0.1 inside (needs `runtime.network =
        true`).
        """
        ...

    def listen_local(self) -> LocalListener:
        """Return an abstract AF_UNIX address inside, for `grader.suite.Meeting`: connections to it are accepted
        outside, and the sender of each message is known.
        """
        ...

    def processes(self) -> tuple[Process, ...]:
        """Return every process of the submission with its clock and threads, seen by something that the submission
        cannot take over.
        """
        ...

    @property
    def last_wall(self) -> float:
        """The seconds that the last call took, measured outside."""
        ...
