"""What a hidden suite can do with a submission: the type of the fixtures `submission` and `reference`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from grader.suite.observation import Observation
from sandbox.outcome import Raised
from sandbox.session import Call, LocalListener, Process, Sendable, Usage


class SubmissionHandle(Protocol):
    """The type of the fixtures `submission` and `reference`: one fresh child per test, made at the first call."""

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Observation:
        """Call the probe's public function `name` with plain data.

        Raises `Raised` if the submission's code raised. A child that dies, hangs or sends garbage raises `ChildLost`,
        which ends the test as broken; suites that expect an ending may catch it.
        """
        ...

    def batch(self, calls: Iterable[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """Make many calls in one round trip; exceptions come as values."""
        ...

    def fresh(self, *, keep: Sequence[str] = ()) -> dict[str, str]:
        """Forget everything: the next call goes to a new child that has not imported the submission.

        `keep` names regular files that the child has written to its working folder: the next one finds exactly these.
        Returns those that it does not find, and why: `assert submission.fresh(keep=["store.db"]) == {}`.
        """
        ...

    def kill(self) -> None:
        """Kill the child and all that it started with SIGKILL; any thread may do so. A waiting call raises `Killed`."""
        ...

    def beside(self) -> SubmissionHandle:
        """Return a second node: the same files in a sandbox of their own, at the same time."""
        ...

    def without(self, *paths: str) -> SubmissionHandle:
        """Return the submission in its own sandbox, in which these files or folders of it do not exist."""
        ...

    def usage(self) -> Usage:
        """Return the child's CPU seconds and its resident and peak bytes, read from outside."""
        ...

    def listen(self) -> tuple[Any, int]:
        """Return a listening socket to serve on outside, and its port on 127.0.0.1 inside (`runtime.network =
        true`).
        """
        ...

    def listen_local(self) -> LocalListener:
        """Return an abstract AF_UNIX address inside, accepted outside, that names each sender:
        `grader.suite.Meeting`.
        """
        ...

    def processes(self) -> tuple[Process, ...]:
        """Return every process of the submission with its clock and threads, seen by something that it cannot take
        over.
        """
        ...

    @property
    def last_wall(self) -> float:
        """The seconds that the last call took, read from outside."""
        ...
