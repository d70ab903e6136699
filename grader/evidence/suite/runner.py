"""The process that runs one hidden suite: a SuiteJob on stdin, JSON messages on stdout, nothing else on either.

    python -P -m grader.evidence.suite.runner  <job.json  >messages.jsonl

It holds the expected values, so the candidate's code never runs in it. It ends when its stdin closes, so that a
grader that was killed leaves neither this process nor the sandboxes below it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import PurePosixPath

import msgspec
import pytest
from hypothesis import Phase, settings
from hypothesis.internal.conjecture import providers

from grader.challenges.challenge import Challenge, load
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.job import Broke, Collected, Done, Explained, Message, Ran, SuiteJob, from_line
from grader.evidence.suite.plugin import EXPLAINING, SCORING, SuitePlugin, scoring_settings
from grader.model import Failure, Fault, Promise
from sandbox.backends import backend_named
from sandbox.policy import Mount
from sandbox.session import Session

PYTEST = (
    "-q",
    "--no-header",
    "--no-summary",
    "--capture=no",  # nobody reads it; and what captures has files that forks would share
    "--tb=native",  # pytest's own styles parse each frame's file: ten times the cost of the failing test itself
    "--import-mode=importlib",
    "--rootdir=/",
    "--noconftest",
    "--strict-markers",
    "-c/dev/null",
    "-Wignore",
    "-pno:cacheprovider",
    "-pno:faulthandler",
    "-pno:unraisableexception",
    "-pno:threadexception",
    "-pno:stepwise",
    "-pno:debugging",
)

Say = Callable[[Message], None]
NextJob = Callable[[], tuple[SuiteJob, Say] | None]
"""The job of this process and the way to its grader; None when there is no further. It may fork."""


class Sessions:
    """Opens a sandbox for the submission, and one for the reference, when a test first asks; closes both."""

    def __init__(self, job: SuiteJob, challenge: Challenge) -> None:
        self._job = job
        self._challenge = challenge
        self._open: dict[str, Session] = {}

    def submission(self) -> Session:
        """The candidate's."""
        return self._session("submission", self._job.submission)

    def reference(self) -> Session:
        """The challenge's own solution."""
        return self._session("reference", self._challenge.folder / "solution")

    def _session(self, name: str, folder: os.PathLike[str]) -> Session:
        if name not in self._open:
            mount = Mount(type(self._job.submission)(folder), PurePosixPath("/submission"))
            program = program_for(self._challenge, mount, hash_seed=self._job.hash_seed)
            self._open[name] = backend_named(self._job.backend).open(policy_for(self._challenge), program)
        return self._open[name]

    def close(self) -> None:
        """End every sandbox."""
        while self._open:
            self._open.popitem()[1].close()


def run_suite(challenge: Challenge, next_job: NextJob) -> None:
    """Collect the hidden suite, only then ask for the job, run the suite for it and say what became of each promise."""
    draw_without_local_constants()
    _draw_with(challenge, SCORING)
    run = _Run(challenge, next_job)
    status = pytest.main([*PYTEST, str(challenge.suite)], plugins=[run.plugin, run])
    run.end(status)


@contextmanager
def tell_of_failure(say: Say) -> Iterator[None]:
    """An error of the runner itself is the harness's fault, and said so before it goes on its way."""
    try:
        yield
    except Exception as error:
        reason = f"the suite's runner failed ({type(error).__name__}: {error})"
        say(Broke(failure=Failure(fault=Fault.HARNESS, reason=reason, remedy="Report it, with the trace on stderr.")))
        raise


class _Run:
    """Drives pytest through one job: takes it up between collecting and the first test."""

    def __init__(self, challenge: Challenge, next_job: NextJob) -> None:
        self.plugin = SuitePlugin(challenge)
        self._challenge = challenge
        self._next_job: NextJob | None = next_job
        self._say: Say | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Begin, and leave the rest to pytest's own loop; without a job there is nothing left to do."""
        self._begin(session.items)
        return None if self._say else True

    def _begin(self, items: Sequence[pytest.Item]) -> None:
        if self._next_job is None:
            return
        order, self._next_job = self._next_job(), None
        if order is None:
            return
        self._job, self._say = job, say = order
        self._started = time.monotonic()
        self._sessions = Sessions(job, self._challenge)

        def tell(promise: Promise) -> None:
            say(Explained(promise=promise) if self.plugin.explaining else Ran(promise=promise))

        self.plugin.begin(job, submission=self._sessions.submission, reference=self._sessions.reference, report=tell)
        say(Collected(tests=tuple(item.name for item in items)))

    def end(self, status: int | pytest.ExitCode) -> None:
        """Say what went wrong with the suite, if anything; explain what was broken, if that is asked for."""
        self._begin(())  # where pytest gave up before its loop
        if self._say is None:
            return
        with tell_of_failure(self._say), closing(self._sessions):
            for failure in self.plugin.failures[:1] or _unusual(status, self._challenge):
                self._say(Broke(failure=failure))
            if self._job.explain and self.plugin.broken and not self.plugin.failures:
                self._explain()
        self._say(Done(milliseconds=round((time.monotonic() - self._started) * 1000, 1)))

    def _explain(self) -> None:
        self.plugin.explain()
        _draw_with(self._challenge, EXPLAINING)
        _forget(self._challenge)
        pytest.main([*PYTEST, "--tb=short", str(self._challenge.suite)], plugins=[self.plugin])


def _draw_with(challenge: Challenge, phases: tuple[Phase, ...]) -> None:
    """Hypothesis's settings for the suite that is collected next."""
    settings.register_profile("grader", scoring_settings(challenge, phases=phases))
    settings.load_profile("grader")


def _forget(challenge: Challenge) -> None:
    """Let the suite be imported anew: Hypothesis binds the settings in force when a test is decorated."""
    suite = str(challenge.suite)
    for name in [name for name, module in sys.modules.items() if getattr(module, "__file__", None) == suite]:
        del sys.modules[name]


def _unusual(status: int | pytest.ExitCode, challenge: Challenge) -> tuple[Failure, ...]:
    """pytest ended otherwise than with all passed, some failed, or stopped on purpose."""
    if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        return ()
    what = {pytest.ExitCode.NO_TESTS_COLLECTED: "holds no test that could be collected"}
    reason = f"{challenge.name}/{challenge.suite.name} {what.get(pytest.ExitCode(status), 'could not be run')}"
    return (Failure(fault=Fault.CHALLENGE, reason=reason, remedy="`grader verify` shows why."),)


def draw_without_local_constants() -> None:
    """Keep Hypothesis from mixing constants of whatever modules are loaded into draws: the seed alone decides."""
    if hasattr(providers, "_get_local_constants"):
        nothing = providers.Constants()  # type: ignore[attr-defined]
        providers._get_local_constants = lambda: nothing  # noqa: SLF001 - there is no public switch


def _end_with_parent() -> None:
    """The parent holds our stdin open as long as it lives."""

    def watch() -> None:
        while os.read(0, 1 << 12):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def writer(descriptor: int) -> Say:
    """Says messages as JSON lines."""
    encoder = msgspec.json.Encoder()

    def say(message: Message) -> None:
        data = encoder.encode(message) + b"\n"
        while data:
            data = data[os.write(descriptor, data) :]

    return say


def main() -> None:
    """Read the job's line, keep stdout for messages, and run."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return  # the grader ended before it said what to do
        line += byte
    job = from_line(bytes(line))
    say = writer(os.dup(1))
    os.dup2(2, 1)
    _end_with_parent()
    with tell_of_failure(say):
        run_suite(load(job.challenge), lambda: (job, say))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
