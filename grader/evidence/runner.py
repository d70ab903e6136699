"""The process that runs one hidden suite: a SuiteJob on stdin, JSON messages on stdout, nothing else on either.

    python -P -m grader.evidence.runner  <job.json  >messages.jsonl

It holds the expected values, so the candidate's code never runs in it. It ends when its stdin closes, so that a
grader that was killed leaves neither this process nor the sandboxes below it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

import msgspec
import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from grader.challenge import Challenge, load
from grader.evidence.box import policy_for, program_for
from grader.evidence.job import Broke, Collected, Done, Explained, Message, Ran, SuiteJob, from_line
from grader.evidence.plugin import EXPLAINING, SuitePlugin, scoring_settings
from grader.model import Failure, Fault, Promise
from sandbox.backends import backend_named
from sandbox.policy import Mount
from sandbox.session import Session

PYTEST = (
    "-q",
    "--no-header",
    "--no-summary",
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


def run_suite(job: SuiteJob, say: Say) -> None:
    """Run the hidden suite of `job` and say what became of each promise."""
    started = time.monotonic()
    challenge = load(job.challenge)
    sessions = Sessions(job, challenge)
    draw_without_local_constants()
    try:
        _scored(job, challenge, sessions, say)
    finally:
        sessions.close()
    say(Done(milliseconds=round((time.monotonic() - started) * 1000, 1)))


@contextmanager
def tell_of_failure(say: Say) -> Iterator[None]:
    """An error of the runner itself is the harness's fault, and said so before it goes on its way."""
    try:
        yield
    except Exception as error:
        reason = f"the suite's runner failed ({type(error).__name__}: {error})"
        say(Broke(failure=Failure(fault=Fault.HARNESS, reason=reason, remedy="Report it, with the trace on stderr.")))
        raise


def _scored(job: SuiteJob, challenge: Challenge, sessions: Sessions, say: Say) -> None:
    def tell(promise: Promise) -> None:
        say(Explained(promise=promise) if plugin.explaining else Ran(promise=promise))

    plugin = SuitePlugin(job, challenge, submission=sessions.submission, reference=sessions.reference, report=tell)

    class Announce:
        """Names the tests before the first runs."""

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            if not plugin.explaining:
                say(Collected(tests=tuple(item.name for item in session.items)))

    settings.register_profile("scoring", scoring_settings(challenge))
    settings.load_profile("scoring")
    status = pytest.main([*PYTEST, str(challenge.suite)], plugins=[plugin, Announce()])
    for failure in plugin.failures[:1] or _unusual(status, challenge):
        say(Broke(failure=failure))
    if job.explain and plugin.broken and not plugin.failures:
        plugin.explain()
        settings.register_profile("explaining", scoring_settings(challenge, phases=EXPLAINING))
        settings.load_profile("explaining")
        _forget(challenge)
        pytest.main([*PYTEST, "--tb=short", str(challenge.suite)], plugins=[plugin])


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


def main() -> None:
    """Read the job's line, keep stdout for messages, and run."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return  # the grader ended before it said what to do
        line += byte
    job = from_line(bytes(line))
    out = os.dup(1)
    os.dup2(2, 1)
    _end_with_parent()
    encoder = msgspec.json.Encoder()

    def say(message: Message) -> None:
        data = encoder.encode(message) + b"\n"
        while data:
            data = data[os.write(out, data) :]

    with tell_of_failure(say):
        run_suite(job, say)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
