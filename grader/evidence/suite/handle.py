"""The `submission` of a hidden test: a child at the first call, the test's time, observations back."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from grader.suite.observation import Observation
from sandbox.outcome import Overdrawn, Raised, SandboxUnusable
from sandbox.session import Call, Child, Plain, Session, Usage


class Handle:
    """One test's way to a submission. `session` opens the sandbox at first use and is shared between tests.

    `on_breakdown` is told when the sandbox itself fails: Hypothesis tries a failed example again, in a new sandbox, and
    would call the difference the submission's.
    """

    def __init__(
        self, session: Callable[[], Session], *, seconds: float, on_breakdown: Callable[[SandboxUnusable], None]
    ) -> None:
        self._session = session
        self._on_breakdown = on_breakdown
        self._left = seconds
        self._child: Child | None = None
        self._last_wall = 0.0

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Observation:
        """See `grader.suite.SubmissionHandle.call`."""
        child = self._ready()
        try:
            with self._watched():
                return Observation(child.call(name, *args, timeout=self._allowed(timeout), **keywords))
        finally:
            self._spend(child)

    def batch(self, calls: Iterable[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """See `grader.suite.SubmissionHandle.batch`."""
        child = self._ready()
        try:
            with self._watched():
                answers = child.batch(list(calls), timeout=self._allowed(timeout))
        finally:
            self._spend(child)
        return [answer if isinstance(answer, Raised) else Observation(answer) for answer in answers]

    def fresh(self) -> None:
        """See `grader.suite.SubmissionHandle.fresh`."""
        self.close()

    def usage(self) -> Usage:
        """See `grader.suite.SubmissionHandle.usage`."""
        child = self._ready()
        with self._watched():
            return child.measure()

    def listen(self) -> tuple[socket.socket, int]:
        """See `grader.suite.SubmissionHandle.listen`."""
        with self._watched():
            return self._session().listen()

    @property
    def last_wall(self) -> float:
        """Seconds that the last call took."""
        return self._last_wall

    def output(self) -> tuple[str, str]:
        """What the present child wrote to stdout and stderr."""
        return self._child.output() if self._child is not None else ("", "")

    def close(self) -> None:
        """End the present child, if there is one."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _ready(self) -> Child:
        if self._child is None:
            with self._watched():
                self._child = self._session().fresh()
        return self._child

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Tell of a sandbox that broke down, whatever the suite or Hypothesis makes of the exception."""
        try:
            yield
        except SandboxUnusable as error:
            self._on_breakdown(error)
            raise

    def _allowed(self, timeout: float | None) -> float | None:
        if self._left <= 0:
            raise Overdrawn("the test used up the time of all its calls together")
        return None if timeout is None else min(timeout, self._left)

    def _spend(self, child: Child) -> None:
        self._last_wall = child.last_wall
        self._left -= child.last_wall
