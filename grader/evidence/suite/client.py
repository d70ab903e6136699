"""The grader's end of the process in which hidden suites run.

with SuiteHost() as host:
    for message in host.run(job, seconds=60): ...
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from grader.evidence.suite import starting
from grader.evidence.suite.job import Message, SuiteJob, to_line
from grader.evidence.suite.starting import DEATH, HostProcess

MOST_SUITES = 32
"""The maximum number of suites collected at a time: more than there are skills in the assessment."""


class SuiteHost:
    """Runs hidden suites in a separate process, which starts with the first job. Safe to use from several threads."""

    def __init__(self, program: str = starting.HOST) -> None:
        self._program = program
        self._host: HostProcess | None = None
        self._suites: dict[tuple[Path, bytes], _Suite] = {}
        self._running: set[socket.socket] = set()
        """Our ends of the sockets of all jobs that somebody still follows."""
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def start(self, *challenges: Path) -> None:
        """Start the process and the collectors of these challenges' suites now rather than with the first job."""
        with self._lock:
            self._started()
            for challenge in challenges:
                self._collected(challenge)

    def draw(self, job: SuiteJob) -> None:
        """Have the exam of an upcoming job drawn, and return at once, so that the job finds it ready."""
        with self._lock:
            self._collected(job.challenge).send(msgspec.structs.replace(job, draw_only=True))

    def end_jobs(self) -> None:
        """End every running job, but not the host and its collectors. The jobs yield no further messages."""
        while self._running:
            with contextlib.suppress(OSError, KeyError):
                self._running.pop().shutdown(socket.SHUT_WR)

    def run(self, job: SuiteJob, *, seconds: float) -> Generator[Message, None, None]:
        """Yield the messages of a job. They end with Done, or early if its process is lost or `seconds` have passed.

        Closing the iterator ends the job.
        """
        end = time.monotonic() + seconds
        for _ in range(2):
            with self._lock:
                if self._closed.is_set():
                    return
                suite = self._collected(job.challenge)
                suite.users += 1
            try:
                over = yield from suite.run(job, end=end, running=self._running)
            finally:
                with self._lock:
                    suite.users -= 1
                    suite.close_if_unused()
            if over or self._closed.is_set() or not suite.has_answered or time.monotonic() >= end:
                return  # else the machine has ended it since its last job

    def _collected(self, challenge: Path) -> _Suite:
        """Return the collector for the current content of a suite."""
        key = (challenge, _content(challenge))
        suite = self._suites.pop(key, None)
        if suite is None or not suite.usable:
            suite = _Suite(self._started(), challenge)
        self._suites[key] = suite  # the one that was used last stands last
        if len(self._suites) > MOST_SUITES:
            self._suites.pop(next(iter(self._suites))).retire()
        return suite

    def _started(self) -> socket.socket:
        """Return the socket for the host's orders; a host that was killed is replaced."""
        if self._host is None or not self._host.is_alive:
            self._end()
            self._host = starting.take() if self._program == starting.HOST else HostProcess.start(self._program)
        return self._host.orders

    def _end(self) -> None:
        while self._suites:
            self._suites.popitem()[1].close()
        host, self._host = self._host, None
        if host is not None:
            host.end()

    def close(self) -> None:
        """End the process and everything that it forked. Whoever still follows a job receives no further messages."""
        with self._lock:
            self._closed.set()
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Suite:
    """The process that has collected a suite. It lives as long as our end of the socket for its orders is open."""

    def __init__(self, host: socket.socket, challenge: Path) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.usable = True
        self.has_answered = False
        self.users = 0
        with theirs:
            try:
                socket.send_fds(host, [os.fsencode(challenge)], [theirs.fileno()])
            except OSError:
                self.usable = False

    def send(self, job: SuiteJob) -> None:
        """Send an order whose outcome nobody follows."""
        ours, theirs = socket.socketpair()
        with ours, theirs, contextlib.suppress(OSError):
            socket.send_fds(self._orders, [to_line(job)], [theirs.fileno()])

    def run(self, job: SuiteJob, *, end: float, running: set[socket.socket]) -> Generator[Message, None, bool]:
        """Yield the messages of a job until `end`, or until its socket is removed from `running`.

        Returns False if the process was lost before it said anything.
        """
        answered = False
        ours, theirs = socket.socketpair()
        with ours:
            running.add(ours)
            try:
                with theirs:
                    socket.send_fds(self._orders, [to_line(job)], [theirs.fileno()])
                for message in messages_from(ours, end=end):
                    answered = self.has_answered = True
                    yield message
            except OSError:  # the collector is gone
                pass
            finally:
                over = answered or ours not in running
                running.discard(ours)
                self.usable &= over
                if not over and not self.has_answered and self.users == 1:
                    self.close()  # it could not even name the tests: collecting does not end, or has ended it
                _wait_for_end(ours)
        return over

    def retire(self) -> None:
        """Accept no further jobs, and end with the last running job."""
        self.usable = False
        self.close_if_unused()

    def close_if_unused(self) -> None:
        """End the process if it has no users and takes no further jobs."""
        if not self.usable and self.users == 0:
            self.close()

    def close(self) -> None:
        """End the process and everything that it forked."""
        self.usable = False
        self._orders.close()


def _wait_for_end(stream: socket.socket) -> None:
    """Ask the process that writes to the stream to end, and wait until it is gone."""
    stream.settimeout(DEATH)
    with contextlib.suppress(OSError):
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(1 << 16):
            pass


def messages_from(stream: socket.socket, *, end: float) -> Generator[Message, None, None]:
    """Yield what a process writes until it closes its end or the time `end` (of `time.monotonic`) is reached."""
    decoder = msgspec.json.Decoder(Message)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(0.0, end - time.monotonic())):
            chunk = stream.recv(1 << 16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from map(decoder.decode, lines)


def _content(challenge: Path) -> bytes:
    """Digest the files that a collector reads only once, so that editing a suite leads to a new collector."""
    digest = hashlib.sha256()
    for file in sorted((challenge / "challenge.toml", *challenge.glob("test_*.py"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.digest()
