"""Hidden suites in forks of processes that have imported and collected everything: the standard library's forkserver,
and below it a zygote for each suite.

    with WarmSuites() as run:          one forkserver, with pytest, Hypothesis and the runner imported
        run(job, seconds=...)          one forked process a job

Nothing of a candidate's code ever runs in these processes, and no suite sees what another left: each has a fork of its
own from the same clean state.
"""

from __future__ import annotations

import hashlib
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Generator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.evidence.suite.cold import environment, messages_from
from grader.evidence.suite.job import Message, SuiteJob, to_line

PRELOAD = (
    "grader.evidence.suite.forkserver",
    "grader.evidence.suite.zygote",
    "_pytest.assertion.rewrite",
    "hypothesis.stateful",
    "sandbox.backends.bubblewrap",
)
MOST = 32
"""Zygotes at a time: more than the assessment has skills."""
DEATH = 5.0
"""Seconds that a fork may take to be gone when nobody wants it any more."""


class WarmSuites:
    """Runs suites in forks. For several threads at a time."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOAD))
        self._zygotes: dict[tuple[Path, bytes], _Zygote] = {}
        self._lock = threading.Lock()

    def start(self, *challenges: Path) -> None:
        """Start the forkserver, and what collects these challenges' suites, now rather than with the first job."""
        # A Ctrl-C is for the grader alone. The forkserver inherits from its first instruction that it does not hear it;
        # `zygote.serve` leaves the terminal instead. The tracker comes first, since starting it unblocks SIGINT.
        multiprocessing.resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for challenge in challenges:
            self._zygote(challenge)

    def __call__(self, job: SuiteJob, *, seconds: float) -> Generator[Message, None, None]:
        """See `grader.evidence.suite.behaviour.SuiteRun`."""
        end = time.monotonic() + seconds
        zygote = self._zygote(job.challenge)
        answered = yield from zygote.run(job, end=end)
        if not answered and zygote.has_lost_a_job(end=end):  # the machine has ended it since the last one
            zygote = self._zygote(job.challenge)
            answered = yield from zygote.run(job, end=end)
        if not answered:  # it could not even name the tests: collecting does not end, or ended the process
            zygote.kill()

    def _zygote(self, challenge: Path) -> _Zygote:
        key = (challenge, _content(challenge))
        with self._lock:
            zygote = self._zygotes.pop(key, None)
            if zygote is None or not zygote.usable:
                if zygote:
                    zygote.close()
                self.start()
                zygote = _Zygote(self._context, challenge)
            self._zygotes[key] = zygote  # the one that was used last stands last
            if len(self._zygotes) > MOST:
                self._zygotes.pop(next(iter(self._zygotes))).close()
            return zygote

    def close(self) -> None:
        """End the zygotes; the forkserver ends with this process."""
        with self._lock:
            while self._zygotes:
                self._zygotes.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Zygote:
    """The process of `zygote.py`, from its grader's side. For several threads at a time."""

    def __init__(self, context: ForkServerContext, challenge: Path) -> None:
        self._orders, orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = context.Process(target=_serve, args=(challenge, orders, environment()), daemon=True)
        with orders:
            self._process.start()
        self.usable = True
        self._collected = False

    def run(self, job: SuiteJob, *, end: float) -> Generator[Message, None, bool]:
        """What a fork says of this job until this point of `time.monotonic()`. Returns whether it said anything."""
        try:
            fork = self._fork(job)
        except OSError:
            self.usable = False
            return False
        answered = False
        with fork:
            for message in messages_from(fork.read, end=end):
                answered = self._collected = True
                yield message
        return answered

    def has_lost_a_job(self, *, end: float) -> bool:
        """Whether an unanswered job is worth another process: this one could collect the suite, and is no more.

        A process that is ending can still be sent a job, so this waits for the end of a killed one.
        """
        if self.usable and self._collected:
            self._process.join(max(0.0, min(DEATH, end - time.monotonic())))
            self.usable = self._process.is_alive()
        return not self.usable

    def _fork(self, job: SuiteJob) -> _Fork:
        """Have it fork for this job. Raises OSError when the process is gone."""
        read, write = os.pipe()
        lifeline, life = os.pipe()
        try:
            socket.send_fds(self._orders, [to_line(job)], [write, lifeline])
        except OSError:
            os.close(read)
            os.close(life)
            raise
        finally:
            os.close(write)
            os.close(lifeline)
        return _Fork(read, life)

    def close(self) -> None:
        """Take no more orders; the process ends with its last fork."""
        self._orders.close()

    def kill(self) -> None:
        """End the process now."""
        self.usable = False
        self._process.kill()
        self.close()


class _Fork:
    """A fork that runs one job, as long as this is open. `read` is the descriptor of what it says."""

    def __init__(self, read: int, life: int) -> None:
        self.read = read
        self._life = life

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and wait until nobody holds the other end of `read` any more, which is when it is gone."""
        os.close(self._life)
        end = time.monotonic() + DEATH
        with selectors.DefaultSelector() as selector:
            selector.register(self.read, selectors.EVENT_READ)
            while selector.select(max(0.0, end - time.monotonic())) and os.read(self.read, 1 << 16):
                pass
        os.close(self.read)


def _serve(challenge: Path, orders: socket.socket, variables: dict[str, str]) -> None:
    from grader.evidence.suite.zygote import serve

    serve(challenge, orders, variables)


def _content(challenge: Path) -> bytes:
    """Of the files that a zygote reads once: an author who edits a suite gets another zygote."""
    digest = hashlib.sha256()
    for file in sorted((challenge / "challenge.toml", *challenge.glob("test_*.py"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.digest()
