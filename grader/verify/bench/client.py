"""Our end of a bench: start its process, hand it trials, give it up when it hangs."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Self

from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import environment
from grader.model import Failure, Fault
from grader.verify.bench.messages import Setup, Trial, Tried, decoded, encoded

GRACE = 60.0
"""Seconds beyond the suite's own budget before the bench is given up as ours."""


class Bench:
    """A warm suite. For one thread at a time."""

    def __init__(self, challenge: Challenge, *, backend: str) -> None:
        self._challenge = challenge
        self._backend = backend
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def attempt(self, trial: Trial) -> Tried:
        """Run one trial. Whatever goes wrong on our side is a `failure` in the answer."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(encoded(trial))
            process.stdin.flush()
            line = self._line(time.monotonic() + self._challenge.manifest.budget.suite_seconds + GRACE)
        except BrokenPipeError:
            line = b""
        if not line:
            self.close()
            return Tried(failure=_LOST)
        return decoded(line, Tried)

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.verify.bench.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("GRADER_DEBUG") else subprocess.DEVNULL,
            env=environment(),
            cwd=tempfile.gettempdir(),
        )
        assert self._process.stdin is not None
        setup = Setup(challenge=self._challenge.folder.resolve(), backend=self._backend)
        self._process.stdin.write(encoded(setup))
        return self._process

    def _line(self, end: float) -> bytes:
        """The next whole line, or nothing when the process ended or time is up."""
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, end - time.monotonic())):
                    return b""
                chunk = os.read(descriptor, 1 << 16)
                if not chunk:
                    return b""
                self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def interrupt(self) -> None:
        """End the process from another thread, in the middle of a trial if need be."""
        if (process := self._process) is not None:
            process.terminate()

    def close(self) -> None:
        """End the process. Idempotent."""
        process, self._process, self._rest = self._process, None, b""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_LOST = Failure(
    fault=Fault.HARNESS,
    reason="the process that runs the hidden suite was lost",
    remedy="Verify again; with GRADER_DEBUG=1 it shows what it says.",
)
