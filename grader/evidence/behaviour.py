"""Behaviour: start the hidden suite's process, follow it, and gather what became of each promise."""

from __future__ import annotations

import importlib.metadata
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from grader.challenge import Challenge
from grader.evidence.job import Broke, Collected, Done, Explained, Message, Ran, SuiteJob, to_line
from grader.model import Evidence, Failure, Fault, Kind, Promise, PromiseOutcome

GRACE = 30.0
"""Seconds beyond the suite's own budget before its process is given up as ours."""

Progress = Callable[[str], None]


def measure(job: SuiteJob, challenge: Challenge, *, progress: Progress) -> Evidence:
    """Run the hidden suite against a submission that lies in `job.submission`."""
    ledger = _Ledger(progress)
    seconds = challenge.manifest.budget.suite_seconds * (2 if job.explain else 1) + GRACE
    for message in _messages(job, seconds=seconds):
        ledger.take(message)
    return ledger.evidence()


class _Ledger:
    """What the suite's process has said so far."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tests: tuple[str, ...] = ()
        self._promises: dict[str, Promise] = {}
        self._failure: Failure | None = None
        self._milliseconds = 0.0
        self._done = False

    def take(self, message: Message) -> None:
        match message:
            case Collected(tests=tests):
                self._tests = tests
            case Ran(promise=promise):
                self._keep(promise)
                self._progress(f"hidden test {len(self._promises)} of {len(self._tests)}")
            case Explained(promise=promise):
                self._progress("finding the smallest counterexample")
                self._explain(promise)
            case Broke(failure=failure):
                self._failure = self._failure or failure
            case Done(milliseconds=milliseconds):
                self._done, self._milliseconds = True, milliseconds

    def _keep(self, promise: Promise) -> None:
        """A test may be judged twice, by its call and by its teardown: not measured outweighs all, then broken."""
        weight = (PromiseOutcome.KEPT, PromiseOutcome.BROKEN, PromiseOutcome.NOT_MEASURED).index
        known = self._promises.get(promise.id)
        if known is None or weight(promise.outcome) > weight(known.outcome):
            self._promises[promise.id] = promise

    def _explain(self, promise: Promise) -> None:
        """The verdict stands; only the counterexample is better, if the second run broke in the same way."""
        known = self._promises.get(promise.id)
        if known is not None and promise.detail is not None and promise.reason == known.reason:
            self._promises[promise.id] = msgspec.structs.replace(known, detail=promise.detail)

    def evidence(self) -> Evidence:
        failure = self._failure
        if failure is None and not self._done:
            failure = Failure(
                fault=Fault.HARNESS,
                reason="the process that runs the hidden suite was lost",
                remedy="Grade again; when it happens again, report it.",
            )
        return Evidence(
            kind=Kind.BEHAVIOUR,
            promises=tuple(self._promises.values()),
            tools={name: importlib.metadata.version(name) for name in ("pytest", "hypothesis")},
            milliseconds=self._milliseconds,
            failure=failure,
        )


def _messages(job: SuiteJob, *, seconds: float) -> Iterator[Message]:
    """Start the process, yield what it says until it ends, and leave nothing of it."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.evidence.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(),
            cwd=tempfile.gettempdir(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(to_line(job))
            process.stdin.flush()
            yield from _lines(process.stdout.fileno(), end=time.monotonic() + seconds)
        except BrokenPipeError:
            return
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
            if os.environ.get("GRADER_DEBUG"):
                errors.seek(0)
                sys.stderr.write(errors.read().decode(errors="replace"))


def _lines(descriptor: int, *, end: float) -> Iterator[Message]:
    decoder = msgspec.json.Decoder(Message)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(max(0.0, end - time.monotonic())):
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from map(decoder.decode, lines)


def environment() -> dict[str, str]:
    """Only what Python and the sandbox's engines need to be found: no option of pytest's or Python's gets in."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "DOCKER_HOST", "VIRTUAL_ENV", "PYTHONPATH")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return kept | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(storage()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def storage() -> Path:
    """Where Hypothesis keeps its Unicode tables between gradings (3.9 s to build, once)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "senior-python-grader" / "hypothesis"
