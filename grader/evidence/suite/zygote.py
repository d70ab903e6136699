"""The process that collects one hidden suite, and forks for each submission that the suite is to run for.

An order is a SuiteJob's line with two descriptors: the end of a pipe to write messages to, and the end of one that the
grader holds open as long as it wants the fork to live. Every fork has the same state: collected, nothing has run.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from multiprocessing.connection import wait
from pathlib import Path

from grader.challenges.challenge import Challenge, load
from grader.evidence.suite.job import SuiteJob, from_line
from grader.evidence.suite.runner import Say, run_suite, writer
from sandbox.machine.packages import runtime_mounts
from sandbox.outcome import SandboxUnusable

LARGEST_ORDER = 1 << 17
"""Bytes."""


def serve(challenge: Path, orders: socket.socket, variables: dict[str, str]) -> None:
    """Collect the suite; every fork runs it for one job. Comes back in this process and in each of its forks."""
    os.environ.clear()
    os.environ.update(variables)
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if os.environ.get("GRADER_DEBUG") else (0, 1, 2):
        os.dup2(silent, descriptor)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    subject = load(challenge)
    _find_packages(subject)
    with contextlib.suppress(BrokenPipeError):
        run_suite(subject, _Forks(orders).until_a_fork)
    sys.stdout.flush()


def _find_packages(challenge: Challenge) -> None:
    """What goes into a sandbox besides the submission is looked up once as well, and remembered in every fork."""
    with contextlib.suppress(SandboxUnusable):  # then each job says so itself
        runtime_mounts(challenge.manifest.runtime.packages)


class _Forks:
    """The forks that are alive, each with the lifeline that its grader holds."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders: list[socket.socket] = [orders]
        self._alive: dict[int, int] = {}

    def until_a_fork(self) -> tuple[SuiteJob, Say] | None:
        """Fork for each order that comes. In the fork: what it is to do. Here: None, when all is over."""
        gc.collect()
        gc.freeze()  # what is collected lives as long as the process: no fork's collector has to walk over it
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            while self._orders or self._alive:
                for ready in wait([*self._orders, *self._alive]):
                    if isinstance(ready, int):
                        self._end(ready)
                    elif (job := self._take_order()) is not None:
                        return job
            return None
        finally:
            for lifeline in list(self._alive):
                self._end(lifeline)

    def _take_order(self) -> tuple[SuiteJob, Say] | None:
        (orders,) = self._orders
        line, descriptors, _, _ = socket.recv_fds(orders, LARGEST_ORDER, 2, socket.MSG_CMSG_CLOEXEC)
        if not line:
            self._orders.clear()
            return None
        write, lifeline = descriptors
        process = os.fork()
        if process:
            os.close(write)
            self._alive[lifeline] = process
            return None
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        orders.close()
        for inherited in (lifeline, *self._alive):
            os.close(inherited)
        self._alive.clear()
        return from_line(line), writer(write)

    def _end(self, lifeline: int) -> None:
        """A grader wants no more of this fork, or is gone itself."""
        os.close(lifeline)
        process = self._alive.pop(lifeline)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
