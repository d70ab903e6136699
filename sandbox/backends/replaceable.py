"""A session over one running sandbox, which is replaced if a submission broke it; shared by all backends."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from sandbox.child import WireChild
from sandbox.outcome import ProbeMisuse, SandboxUnusable
from sandbox.policy import Network, Policy
from sandbox.session import LocalListener, Process, require_kept_names


class WorkerLost(Exception):
    """The worker no longer obeys; the sandbox has to be reopened."""


class RunningSandbox(Protocol):
    """One running sandbox with its worker. All methods but `stop` may raise WorkerLost."""

    def fork(self, keep: Sequence[str]) -> WireChild:
        """Fork one child, which keeps the named files of the previous one."""
        ...

    def listen(self) -> tuple[socket.socket, int]:
        """Return a socket that listens on a port inside; its connections are accepted here."""
        ...

    def listen_local(self) -> LocalListener:
        """Return a listener for connections to an abstract address inside."""
        ...

    def processes(self) -> tuple[Process, ...]:
        """Return every process inside but the worker."""
        ...

    def stop(self) -> None:
        """Stop everything inside the sandbox. Idempotent."""
        ...


class ReplaceableSession(ABC):
    """The Session contract over one running sandbox. A lost sandbox is replaced, once for each child.

    A submission that breaks its own worker gains nothing, and the next child gets a new worker.
    """

    WHAT = "sandbox"
    """The word for the sandbox in messages."""

    REMEDY = ""
    """What to do if no sandbox can be started."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._sandbox: RunningSandbox | None = None
        self._child: WireChild | None = None
        self._closed = False

    @abstractmethod
    def start_sandbox(self) -> RunningSandbox:
        """Start a sandbox and wait for its worker; leave nothing behind if that fails. Raises SandboxUnusable."""

    def start(self) -> None:
        """Start the sandbox itself. Raises SandboxUnusable and ProbeMisuse."""
        self._sandbox = self.start_sandbox()

    def fresh(self, *, keep: Sequence[str] = ()) -> WireChild:
        """Kill what the previous child left, and fork a new child."""
        self._require_open()
        keep = require_kept_names(keep)
        if self._child is not None:
            self._child.close()
        try:
            self._child = self._running().fork(keep)
        except WorkerLost:
            self._stop()
            try:
                self._child = self._running().fork(keep)
            except WorkerLost as error:
                raise self._unusable("cannot fork a child", error) from error
        return self._child

    def listen(self) -> tuple[socket.socket, int]:
        """Return a socket here at which connections to a port inside arrive."""
        self._require_open()
        if self._policy.network is not Network.SERVED:
            raise ProbeMisuse(f"the policy {self._policy.name!r} has no served network.")
        try:
            return self._running().listen()
        except WorkerLost as error:
            raise self._unusable("cannot listen", error) from error

    def listen_local(self) -> LocalListener:
        """Return a listener here at which connections to an abstract address inside arrive."""
        self._require_open()
        try:
            return self._running().listen_local()
        except WorkerLost as error:
            raise self._unusable("cannot listen", error) from error

    def processes(self) -> tuple[Process, ...]:
        """Return every process inside but the worker."""
        self._require_open()
        try:
            return self._sandbox.processes() if self._sandbox is not None else ()
        except WorkerLost as error:
            raise self._unusable("does not report its processes", error) from error

    def close(self) -> None:
        self._closed = True
        if self._child is not None:
            self._child.close()
        self._stop()

    def _running(self) -> RunningSandbox:
        if self._sandbox is None:
            self.start()
        assert self._sandbox is not None
        return self._sandbox

    def _unusable(self, lacks: str, error: WorkerLost) -> SandboxUnusable:
        return SandboxUnusable(f"the {self.WHAT} {lacks}: {error}", remedy=self.REMEDY)

    def _require_open(self) -> None:
        if self._closed:
            raise ProbeMisuse("this session was closed. Open another one.")

    def _stop(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
