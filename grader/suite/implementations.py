"""A kit for challenges whose submission is a test suite: the implementation under test stays outside.

    with Implementations(Api(module="inventory", classes={"Inventory": ("receive",)})) as implementations:
        suite = CandidateSuite(submission, implementations)
        run = suite.run(source_of_a_correct_one)      one fresh child: its tests meet this implementation
        run.failures                                  which of them failed, by name, and with which exception

Inside, the module under test is one fixed stub (`stubs/` in the challenge's folder) that calls out over a socket
(`inside/suite_inside`). Inside, only their answers distinguish implementations; the lines that were run are seen
outside. What a run says about tests is hostile: it decides only which implementations a suite tells apart.

    Soundness     the tests that fail on a correct implementation; how many of these are bearable
    cost          the processor time and the waiting of a run, without the delays of a busy machine
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from statistics import median
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from grader.suite.implementation_server import Api, RunOrder, Served
from sandbox.outcome import ChildLost, Overdrawn, Raised
from sandbox.session import Plain
from sandbox.text import visible

if TYPE_CHECKING:
    from grader.suite.contract import SubmissionHandle

__all__ = ["Api", "CandidateSuite", "FailedTest", "Implementations", "Run", "Soundness", "cost"]

RUN_SECONDS = 60.0
"""The wall-clock limit for a run of the whole suite."""
START = 30.0
"""Seconds that a server may take to start on a machine that may be busy."""
PATIENCE = 5.0
"""Seconds that a server may take to report its results; after that, it is killed."""
MOST_NAMED = 5
"""The maximum number of tests that a message names."""
NAME = 200
PRICE_OF_WAITING = 5  # a second of waiting counts like so many of work: a suite that sleeps costs every run its time
BEARABLE = 10
"""One in this many test functions may be unsound..."""
MOST_UNSOUND = 5
"""... and never more than this: otherwise, a suite of random assertions would learn from the correct implementations
which of them are right."""
THE_RUN = "the run itself"
COLLECTING = "collecting "
TOO_MUCH = "it made more calls than a run may make, or calls that never ended"


class ServerBroken(Exception):
    """An implementation could not be served: the harness's fault, or the author's."""


# --- serving -----------------------------------------------------------------------------------------------------


class Implementations:
    """Runs implementations in forks of a separate process, because the inputs that reach them are hostile."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "grader.suite.implementation_server", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.pid = process.pid
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        self._stack.callback(self._orders.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def serve(self, listener: socket.socket, source: str, *, seed: int) -> Serving:
        """Serve an implementation on a listening socket until `Serving.end`."""
        order = RunOrder(source=source, api=self._api, seed=seed)
        life, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._orders, [msgspec.json.encode(order)], [theirs.fileno(), listener.fileno()])
        return Serving(life)


class Serving:
    """An implementation being served, in a fork of the server."""

    def __init__(self, life: socket.socket) -> None:
        self._life = life
        life.settimeout(START)
        try:
            self.pid = int(json.loads(life.recv(1000))["pid"])
            self._pidfd = os.pidfd_open(self.pid)
            life.settimeout(PATIENCE)
        except (OSError, ValueError) as error:
            life.close()
            raise ServerBroken(f"the implementation under test could not be served: {error}") from error

    def end(self) -> Served | None:
        """End the fork and return its results; None if the run made more calls than it may. Raises ServerBroken."""
        try:
            with suppress(OSError):
                self._life.shutdown(socket.SHUT_WR)
            data = self._said()
        finally:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            select.select([self._pidfd], [], [], PATIENCE)
            os.close(self._pidfd)
            self._life.close()
        served = msgspec.json.decode(data, type=Served) if data else None
        if served is not None and served.failure:
            raise ServerBroken(f"the implementation under test could not be served: {served.failure}")
        return served

    def _said(self) -> bytes:
        try:
            return self._life.recv(1 << 20)
        except OSError:  # too late: it is busy with what it was asked
            return b""


# --- runs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A failed test of the candidate's: its name and message, in the candidate's words but made safe to show."""

    test: str
    error: str

    def __str__(self) -> str:
        return f"{self.test} ({self.error})" if self.error else self.test


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the candidate's suite on one implementation."""

    failures: tuple[FailedTest, ...]
    passed: frozenset[str]
    seconds: float = 0.0
    """The wall-clock time of the run."""
    cpu_seconds: float = 0.0
    waited: float = 0.0
    """Seconds that the suite waited of its own accord, held up by neither the machine nor the server."""
    lines: frozenset[int] = frozenset()
    """The lines of the implementation that were run, as seen outside."""

    def is_clean(self) -> bool:
        """Return whether some tests passed and none failed."""
        return not self.failures and bool(self.passed)

    def fails_as_a_whole(self) -> bool:
        """Return whether the run ended, or a module could not be imported, before there was anything to judge."""
        return any(failure.test == THE_RUN or failure.test.startswith(COLLECTING) for failure in self.failures)


class CandidateSuite:
    """The submission's tests, run inside by the probe's function `run(port, order=..., alone=...)`."""

    def __init__(self, submission: SubmissionHandle, implementations: Implementations) -> None:
        self._submission = submission
        self._implementations = implementations

    def run(
        self,
        source: str,
        *,
        seed: int,
        order: int | None = None,
        alone: bool = False,
        seconds: float = RUN_SECONDS,
    ) -> Run:
        """Run the tests on an implementation, in a child that has run nothing before.

        `order` is -1 for the reverse order, or a seed for a random order; `alone` runs each test in its own process. No
        run ends early because of a failure, since the place where it ended would reveal the expected result.
        """
        submission = self._submission
        submission.fresh()
        before = submission.usage().active
        listener, port = submission.listen()
        with listener:
            serving = self._implementations.serve(listener, source, seed=seed)
            try:
                answer = submission.call("run", port, order=order, alone=alone, timeout=seconds).value
                usage = submission.usage()
                run = run_of(answer)
            except Overdrawn:  # says nothing of this implementation
                raise
            except (ChildLost, Raised) as lost:
                usage, run = None, _lost(lost)
            finally:
                submission.fresh()
                served = serving.end()
        if served is None:
            return Run(failures=(FailedTest(THE_RUN, TOO_MUCH),), passed=frozenset())
        if usage is None:
            return run
        busy = served.active or 0.0
        known = before is not None and usage.active is not None
        active = usage.active - before if before is not None and usage.active is not None else 0.0
        waited = max(0.0, submission.last_wall - active - busy) if known else 0.0  # not told apart: none is charged
        return Run(
            failures=run.failures,
            passed=run.passed,
            seconds=submission.last_wall,
            cpu_seconds=usage.cpu_seconds,
            waited=waited,
            lines=frozenset(served.lines),
        )


def _lost(lost: ChildLost | Raised) -> Run:
    words = lost.why if isinstance(lost, ChildLost) else f"{lost.kind}: {lost.message}"
    return Run(failures=(FailedTest(THE_RUN, visible(words, most=NAME)),), passed=frozenset())


def run_of(answer: Plain) -> Run:
    """Return the run that the inside reports: an odd answer, or a status that does not fit, is a failure of the run
    itself.
    """
    match answer:
        case {"status": int(status), "passed": list(passed), "failed": list(failed)}:
            failures = [_failure(entry) for entry in failed]
            names = frozenset(visible(name, most=NAME) for name in passed if isinstance(name, str))
        case _:
            return Run(failures=(FailedTest(THE_RUN, "no result from pytest"),), passed=frozenset())
    if status != 0 and not failures:
        failures = [FailedTest(THE_RUN, "no test was found" if status == 5 else f"pytest ended with status {status}")]
    return Run(failures=tuple(failures), passed=names - {failure.test for failure in failures})


def _failure(entry: Plain) -> FailedTest:
    match entry:
        case [str(test), str(error)]:
            return FailedTest(visible(test, most=NAME), visible(error, most=NAME))
        case _:
            return FailedTest(THE_RUN, "no result from pytest")


# --- judging -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Soundness:
    """The tests that fail on correct implementations, from several runs of the whole suite on each."""

    runs: Mapping[str, Sequence[Run]]
    """The runs on each implementation, by its name."""

    @property
    def all_runs(self) -> list[Run]:
        """Every run, regardless of the implementation."""
        return [run for runs in self.runs.values() for run in runs]

    @property
    def functions(self) -> int:
        """The number of test functions that finished; a parametrised function counts once."""
        return len(
            {name for run in self.all_runs for name in (*run.passed, *(failure.test for failure in run.failures))}
        )

    @property
    def failures(self) -> dict[str, FailedTest]:
        """The unsound tests, by name, with the first failure of each."""
        found: dict[str, FailedTest] = {}
        for run in self.all_runs:
            for failure in run.failures:
                found.setdefault(failure.test, failure)
        return found

    @property
    def trusted(self) -> frozenset[str]:
        """The tests that passed every time. Tests that were skipped or missing have shown nothing."""
        return frozenset.intersection(*(run.passed for run in self.all_runs))

    @property
    def erratic(self) -> frozenset[str]:
        """The tests that fail on an implementation in one run but not in another."""
        failing = [[frozenset(failure.test for failure in run.failures) for run in runs] for runs in self.runs.values()]
        return frozenset().union(*(sets[0].union(*sets) - sets[0].intersection(*sets) for sets in failing))

    def counted(self, run: Run) -> tuple[FailedTest, ...]:
        """Return those failures of a run that say something about its implementation."""
        trusted, failures = self.trusted, self.failures
        return tuple(
            failure
            for failure in run.failures
            if failure.test in trusted or (not _is_test(failure.test) and failure.test not in failures)
        )

    @property
    def is_bearable(self) -> bool:
        """True if the suite can be judged without the unsound tests: they are few, and others are left."""
        few = len(self.failures) <= min(MOST_UNSOUND, max(1, self.functions // BEARABLE))
        known = all(_is_test(name) for name in self.failures)
        return few and known and len(self.failures) < self.functions

    def in_words(self) -> str:
        """Describe the unsound tests for the candidate."""
        count = len(self.failures)
        if not count:
            return "None of your tests passed on a correct implementation"
        if THE_RUN in self.failures:
            return f"Your suite failed on a correct implementation: {self.failures[THE_RUN]}"
        fail = "fails" if count == 1 else "fail"
        return f"{count} of your {self.functions} tests {fail} on a correct implementation: {named(self)}"


def _is_test(name: str) -> bool:
    """Return whether this is the name of a test, not of the run itself or of a module that cannot be imported."""
    return "::" in name and not name.startswith(COLLECTING)


def named(soundness: Soundness) -> str:
    """Return the names of the first unsound tests."""
    return enumerated(soundness.failures.values())


def enumerated(failures: Iterable[FailedTest | str]) -> str:
    """Return the first few failures on one line, with the number of the others."""
    texts = [str(failure) for failure in failures]
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more


def cost(runs: Iterable[Run]) -> float:
    """Return the cost per run of several runs: the least processor time plus a multiple of the time that they usually
    waited.

    A busy machine makes work look more expensive and waiting shorter, so the time that a process and its server wait
    for processors is subtracted, some of it twice.
    """
    several = list(runs)
    return min(run.cpu_seconds for run in several) + PRICE_OF_WAITING * median(run.waited for run in several)
