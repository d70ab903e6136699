"""The process in which hidden suites run. It holds the expected values, so no candidate's code ever runs in it.

    python -P -m grader.evidence.suite.host       orders arrive on the socket that is its stdin

host         has imported pytest and Hypothesis; forks for each suite that it is sent
  collector  has collected that suite; forks for each seed
    exam     has drawn the suite's inputs under that seed; forks for each job
      sitting   runs the suite for that job, and reports on the job's own socket

An order is a message with a socket. The fork that serves the order lives as long as the far end of that socket is open,
and no longer than the process that forked it, so a grader that is killed, or no longer wants a job, leaves nothing
behind. Every sitting starts in the same state: the suite is collected, the exam is drawn, and nothing has run.
"""

# ruff: noqa: E402 - the collector is told before anything is imported

from __future__ import annotations

import gc

gc.set_threshold(100_000)  # before anything is imported or drawn: a fifth of both is the collector, which finds nothing

import contextlib
import ctypes
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec
import pytest
from hypothesis.internal.conjecture import providers

from grader.challenges.challenge import Challenge, load
from grader.evidence.suite.exam import draw
from grader.evidence.suite.job import Message, from_line
from grader.evidence.suite.plugin import SuitePlugin
from grader.evidence.suite.sitting import PYTEST, Answerer, Sandboxes, Say, Seat, Sitting, draw_with, tell_of_failure
from sandbox.machine.packages import runtime_mounts
from sandbox.outcome import SandboxUnusable

PRELOAD = ("_pytest.assertion.rewrite", "hypothesis.stateful", "sandbox.backends.bubblewrap.session")
LARGEST_ORDER = 1 << 17
"""The maximum size of an order, in bytes."""
MOST_EXAMS = 6
"""The maximum number of exams of one suite at a time: a verification has five seeds, and one more for survivors."""

PR_SET_PDEATHSIG = 1  # of linux/prctl.h
LIBC = ctypes.CDLL(None, use_errno=True)


class _Fork(NamedTuple):
    pidfd: int
    pid: int
    lifeline: socket.socket


class SuiteForks:
    """The forks of this process, and the socket on which its orders arrive."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._alive: dict[int, _Fork] = {}
        """The forks, each under both of its descriptors."""
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)

    def orders(self) -> Iterator[tuple[bytes, socket.socket]]:
        """Yield orders until there are no more and the last fork has ended."""
        more = True
        while more or self._alive:
            descriptor, _ = self._poll.poll()[0]  # one at a time: an order may reuse the number of another's descriptor
            if descriptor in self._alive:
                self._end(self._alive[descriptor])
                continue
            order, descriptors, _, _ = socket.recv_fds(self._orders, LARGEST_ORDER, 1, socket.MSG_CMSG_CLOEXEC)
            if order:
                yield order, socket.socket(fileno=descriptors[0])
            else:
                more = False
                self._poll.unregister(descriptor)

    def fork(self, lifeline: socket.socket) -> bool:
        """Fork. Returns True in the fork, which is killed when the far end of its lifeline closes."""
        parent = os.getpid()
        pid = os.fork()
        if pid:
            fork = _Fork(os.pidfd_open(pid), pid, lifeline)
            self._alive |= {fork.pidfd: fork, lifeline.fileno(): fork}
            self._poll.register(fork.pidfd, select.POLLIN)
            self._poll.register(lifeline, select.POLLRDHUP)
            return False
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
        self._orders.close()
        for fork in set(self._alive.values()):
            os.close(fork.pidfd)
            fork.lifeline.close()
        return True

    def _end(self, fork: _Fork) -> None:
        """End a fork that has exited or is no longer wanted, and clean up after it."""
        for descriptor in (fork.pidfd, fork.lifeline.fileno()):
            self._poll.unregister(descriptor)
            del self._alive[descriptor]
        signal.pidfd_send_signal(fork.pidfd, signal.SIGKILL)
        os.waitpid(fork.pid, 0)
        os.close(fork.pidfd)
        fork.lifeline.close()


class _Collector:
    """The pytest plugin that waits for jobs once the suite is collected. The rest happens in a sitting."""

    def __init__(self, challenge: Challenge, orders: socket.socket, answerers: Mapping[str, Answerer]) -> None:
        self.plugin = SuitePlugin(challenge)
        self._challenge = challenge
        self._orders = orders
        self._answerers = answerers
        self._sitting: Sitting | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests in place of pytest's own loop."""
        self._begin(session.items).run(session)
        return True

    def end(self, status: int | pytest.ExitCode) -> None:
        """Report how the run ended, even if pytest gave up before its loop."""
        if self._sitting is None and self._orders.fileno() < 0:
            return  # a fork of ours failed before it had a job; pytest has shown how
        (self._sitting or self._begin(())).end(status)

    def _begin(self, items: Sequence[pytest.Item]) -> Sitting:
        gc.collect()
        gc.freeze()  # what is collected lives as long as the process: no fork's collector has to walk over it
        seat = _seat(self._challenge, self._orders, items)
        with tell_of_failure(seat.say):
            self._sitting = Sitting(seat, self._challenge, self.plugin, self._answerers)
            self._sitting.begin(items)
        return self._sitting


def _seat(challenge: Challenge, orders: socket.socket, items: Sequence[pytest.Item]) -> Seat:
    """Fork for each seed, and in each of these forks for each job. Returns only in sittings."""
    forks = SuiteForks(orders)
    exams: dict[int, socket.socket] = {}
    for order, stream in forks.orders():
        seed = from_line(order).seed
        exam = exams.pop(seed, None)
        if exam is None or exam.fileno() < 0:
            exam, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if forks.fork(exam):
                exam.close()
                stream.close()
                return _seat_at_exam(challenge, theirs, items)
            theirs.close()
        exams[seed] = exam  # the one that was used last stands last
        with stream, contextlib.suppress(OSError):  # whoever waits at the other end of a lost exam's stream is told so
            socket.send_fds(exam, [order], [stream.fileno()])
        if len(exams) > MOST_EXAMS:
            with contextlib.suppress(OSError):
                exams.pop(next(iter(exams))).shutdown(socket.SHUT_WR)  # it ends with its last sitting
    os._exit(0)


def _seat_at_exam(challenge: Challenge, orders: socket.socket, items: Sequence[pytest.Item]) -> Seat:
    """Draw the exam when the first job arrives, then fork for each job."""
    forks = SuiteForks(orders)
    exam = None
    shared = Sandboxes(challenge)
    compares = any("reference" in getattr(item, "fixturenames", ()) for item in items)
    for order, stream in forks.orders():
        job = from_line(order)
        if exam is None:
            exam = draw(items, job.seed_for)
            gc.freeze()
        if job.draw_only:
            stream.close()
            continue
        shared.prepare(job, reference=compares)
        if forks.fork(stream):
            return Seat(job, exam, writer(stream.detach()), shared)
    shared.close()
    os._exit(0)


def collect(challenge: Challenge, orders: socket.socket, answerers: Mapping[str, Answerer]) -> None:
    """Collect the suite; each of the forks runs it for one job."""
    with contextlib.suppress(SandboxUnusable):  # looked up once and remembered in every fork; each job says so itself
        runtime_mounts(challenge.manifest.runtime.packages)
    sys.dont_write_bytecode = True  # what was imported so far may keep its byte code; beside a suite nothing is left
    draw_without_local_constants()
    draw_with(challenge)
    suite = _Collector(challenge, orders, answerers)
    status = pytest.main([*PYTEST, str(challenge.suite)], plugins=[suite.plugin, suite])
    suite.end(status)


def draw_without_local_constants() -> None:
    """Keep Hypothesis from mixing constants of loaded modules into its draws, so that the seed alone decides."""
    if hasattr(providers, "_get_local_constants"):
        nothing = providers.Constants()  # type: ignore[attr-defined]
        providers._get_local_constants = lambda: nothing  # noqa: SLF001 - there is no public switch


def writer(descriptor: int) -> Say:
    """Return a function that writes messages as JSON lines."""
    encoder = msgspec.json.Encoder()

    def say(message: Message) -> None:
        data = encoder.encode(message) + b"\n"
        while data:
            data = data[os.write(descriptor, data) :]

    return say


def main(answerers: Mapping[str, Answerer] | None = None) -> NoReturn:
    """Fork for each suite until the grader's end of the socket closes."""
    orders = socket.socket(fileno=os.dup(0))
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(silent, descriptor)
    for name in PRELOAD:
        importlib.import_module(name)
    forks = SuiteForks(orders)
    for order, jobs in forks.orders():
        if forks.fork(jobs):
            with contextlib.suppress(BrokenPipeError):
                collect(load(Path(os.fsdecode(order))), jobs, answerers or {})
            sys.stdout.flush()
            break
    os._exit(0)


if __name__ == "__main__":
    main()
