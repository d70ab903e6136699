"""A hidden suite in a fork of a process that has imported everything already: the standard library's forkserver.

    with WarmSuites() as run:          one forkserver, with pytest, Hypothesis and the runner imported
        run(job, seconds=...)          one forked process a suite

Nothing of a candidate's code ever runs in these processes, and no suite sees what another left: each has a fork of its
own from the same clean state.
"""

from __future__ import annotations

import contextlib
import multiprocessing.forkserver
import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import msgspec

from grader.evidence.cold import environment, messages_from
from grader.evidence.job import Message, SuiteJob, from_line, to_line

PRELOAD = ("grader.evidence.runner", "_pytest.assertion.rewrite", "hypothesis.stateful")


class WarmSuites:
    """Runs suites in forks. For several threads at a time."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOAD))

    def start(self) -> None:
        """Start the forkserver now rather than with the first suite."""
        multiprocessing.forkserver.ensure_running()

    def __call__(self, job: SuiteJob, *, seconds: float) -> Generator[Message, None, None]:
        """See `grader.evidence.behaviour.SuiteRun`."""
        read, write = self._context.Pipe(duplex=False)
        lifeline, life = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_serve, args=(to_line(job), write, lifeline, environment()), daemon=True)
        with read, life:
            with write, lifeline:
                process.start()
            try:
                yield from messages_from(read.fileno(), end=time.monotonic() + seconds)
            finally:
                process.kill()
                process.join()
                process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The forkserver ends with this process; there is nothing to do before."""


def _serve(line: bytes, write: Connection, lifeline: Connection, variables: dict[str, str]) -> None:
    """In the fork: run one suite and write what it says."""
    from grader.evidence.runner import run_suite, tell_of_failure

    os.environ.clear()
    os.environ.update(variables)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if os.environ.get("GRADER_DEBUG") else (0, 1, 2):
        os.dup2(silent, descriptor)
    encoder = msgspec.json.Encoder()

    def say(message: Message) -> None:
        data = encoder.encode(message) + b"\n"
        while data:
            data = data[os.write(write.fileno(), data) :]

    with contextlib.suppress(BrokenPipeError), tell_of_failure(say):
        run_suite(from_line(line), say)
    sys.stdout.flush()


def _end_with(lifeline: Connection) -> None:
    """The grader holds the other end as long as it lives."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os.kill(os.getpid(), signal.SIGKILL)
