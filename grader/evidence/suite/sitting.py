"""One job: the collected suite's tests run in order, their promises are reported, and broken ones are explained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest
from hypothesis import settings

from grader.challenges.challenge import Challenge
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.exam import Exam, given_tests
from grader.evidence.suite.explainer import Explainer
from grader.evidence.suite.explaining import CHOSEN
from grader.evidence.suite.facts import observe, required
from grader.evidence.suite.handle import FIRST, Node
from grader.evidence.suite.importing import Importing, try_import
from grader.evidence.suite.job import Broke, Collected, Done, Message, Observed, Ran, RanUnread, SuiteJob
from grader.evidence.suite.plugin import SuitePlugin, scoring_settings
from grader.model import Failure, Fault, PromiseOutcome
from sandbox.backends import backend_named
from sandbox.outcome import SandboxUnusable
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
FORKABLE = ("bubblewrap",)
"""Backends whose open sandboxes a fork can use, since they consist only of sockets."""

MOST_REPORTS = 40

Say = Callable[[Message], None]
Answerer = Callable[[SuiteJob, Callable[[], Session]], Session]
"""A function that opens a session to answer in place of the submission's own, which the second argument opens."""


class Sandboxes:
    """Open sandboxes, by folder and node, for one job or for several that may share them."""

    def __init__(self, challenge: Challenge) -> None:
        self._challenge = challenge
        self._open: dict[tuple[Path, float | None, Node], Session] = {}

    def open(self, job: SuiteJob, folder: Path, node: Node = FIRST) -> Session:
        """Return the sandbox over a folder, opening it once for each node. Raises SandboxUnusable."""
        key = (folder, job.call_seconds, node)
        if key not in self._open:
            policy = policy_for(self._challenge)
            if job.call_seconds is not None:
                policy = replace(policy, deadlines=replace(policy.deadlines, call=job.call_seconds))
            mount = Mount(folder, PurePosixPath("/submission"))
            program = program_for(self._challenge, mount, hash_seed=job.hash_seed, without=node.without)
            self._open[key] = backend_named(job.backend).open(policy, program)
        return self._open[key]

    def known(self, job: SuiteJob, folder: Path, node: Node) -> Session | None:
        """Return the sandbox over that folder if it is open."""
        return self._open.get((folder, job.call_seconds, node))

    def prepare(self, job: SuiteJob, *, reference: bool) -> None:
        """Open the sandboxes that a job's forks share, or leave this to the job if that is not possible."""
        if job.shared and job.backend in FORKABLE:
            with suppress(SandboxUnusable):
                self.open(job, job.submission)
                if reference:
                    self.open(job, self._challenge.folder / "solution")

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


class Seat(NamedTuple):
    """What a job finds when it begins: its exam, its channel to the grader, and the open sandboxes that it shares."""

    job: SuiteJob
    exam: Exam
    say: Say
    shared: Sandboxes


class Sitting:
    """One job, from its first message to its last."""

    def __init__(
        self, seat: Seat, challenge: Challenge, plugin: SuitePlugin, answerers: Mapping[str, Answerer]
    ) -> None:
        self._job, self._exam, self._say, self._shared = seat
        self._challenge = challenge
        self._plugin = plugin
        self._own = Sandboxes(challenge)
        self._answerer = answerers[seat.job.answerer] if seat.job.answerer else None
        self._answering: dict[Node, Session] = {}
        self._imported: Importing | None = None
        self._outcomes: list[PromiseOutcome] = []
        self._started = time.monotonic()

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Prepare for this job, and report which tests there are."""
        self._plugin.begin(
            self._job,
            submission=self._submission,
            reference=self._reference,
            report=self._report,
            importing=self._import,
            exam=self._exam,
        )
        undrawn = tuple(name for name in given_tests(items) if name not in self._exam)
        self._say(Collected(tests=tuple(item.name for item in items), undrawn=undrawn))
        if self._job.examples is not None:
            _draw_at_most(self._job.examples, items, self._challenge)

    def run(self, session: pytest.Session) -> None:
        """Run the tests that the job asks for, in its order."""
        job = self._job
        rank = {name: place for place, name in enumerate(job.first)}
        chosen = [item for item in session.items if not job.tests or item.name in job.tests]
        items = sorted(chosen, key=lambda item: rank.get(item.name, len(rank)))
        if job.explain_only:
            self._plugin.take_as_broken(items)
        for item, nextitem in zip(*((items, [*items[1:], None]) if not job.explain_only else ((), ())), strict=True):
            if job.stop_at_first and self._outcomes and self._outcomes[-1] is not PromiseOutcome.KEPT:
                return
            self._plugin.run(item, nextitem)
            if session.shouldstop:
                return
        if (job.explain or job.imports) and self._plugin.broken and not self._plugin.failures:
            with suppress(SandboxUnusable):  # the verdict stands
                self._explain({item.name: item for item in items})

    def end(self, status: int | pytest.ExitCode) -> None:
        """Report what went wrong with the suite, if anything, close the sandboxes, and end the job."""
        with tell_of_failure(self._say):
            try:
                for failure in self._plugin.failures[:1] or _unusual(status, self._challenge) or self._observe():
                    self._say(Broke(failure=failure))
                if self._plugin.reports:
                    self._say(RanUnread(reports=tuple(dict.fromkeys(self._plugin.reports))[:MOST_REPORTS]))
            finally:
                for answering in self._answering.values():
                    answering.close()
                self._own.close()
        self._say(Done(milliseconds=round((time.monotonic() - self._started) * 1000, 1)))

    def _observe(self) -> tuple[Failure, ...]:
        """Report whether the required constructs are at work; return the failure that prevented this, if any."""
        if self._job.observe and not self._job.answerer and required(self._challenge):
            try:
                told = self._plugin.reports.extend
                self._say(Observed(facts=observe(self._submission(FIRST), self._challenge, on_unread=told)))
            except SandboxUnusable as error:
                return (Failure(fault=Fault.MACHINE, reason=error.why, remedy=error.remedy),)
        return ()

    def _explain(self, items: Mapping[str, pytest.Item]) -> None:
        """Report what can be learnt about broken promises from runs that reveal nothing of the verdict's exam."""
        explainer = Explainer(self._plugin, self._say, self._import())
        explainer.explain(
            examples=self._job.explain, items=[items[name] for name in dict.fromkeys(self._plugin.broken)]
        )

    def _import(self) -> Importing:
        """Return how importing the answer ended, which is determined only once. Raises SandboxUnusable."""
        if self._answerer is not None:
            return Importing(None)  # what answers in its place imports nothing
        if self._imported is None:
            self._imported = try_import(self._submission(FIRST), self._challenge, self._job.submission)
        return self._imported

    def _report(self, ran: Ran) -> None:
        self._outcomes.append(ran.promise.outcome)
        self._say(ran)

    def _submission(self, node: Node) -> Session:
        if self._answerer is None:
            return self._open(self._job.submission, node)
        if node not in self._answering:
            self._answering[node] = self._answerer(self._job, lambda: self._open(self._job.submission, node))
        return self._answering[node]

    def _reference(self, node: Node) -> Session:
        return self._open(self._challenge.folder / "solution", node)

    def _open(self, folder: Path, node: Node) -> Session:
        return self._shared.known(self._job, folder, node) or self._own.open(self._job, folder, node)


@contextmanager
def tell_of_failure(say: Say) -> Iterator[None]:
    """Report an error of the host itself as the harness's fault, then raise it again."""
    try:
        yield
    except Exception as error:
        reason = f"the suite's host failed ({type(error).__name__}: {error})"
        say(
            Broke(
                failure=Failure(
                    fault=Fault.HARNESS,
                    reason=reason,
                    remedy="Grade again with GRADER_DEBUG=1, and report the traceback from stderr.",
                )
            )
        )
        raise


def draw_with(challenge: Challenge) -> None:
    """Set Hypothesis up for the suite that is collected next."""
    settings.register_profile("grader", scoring_settings(challenge))
    settings.load_profile("grader")


def _draw_at_most(examples: int, items: Sequence[pytest.Item], challenge: Challenge) -> None:
    """Draw fewer examples where Hypothesis draws during the sitting."""
    for item in items:
        function = getattr(item, "function", None)
        if (chosen := getattr(function, CHOSEN, None)) is not None:
            setattr(function, CHOSEN, settings(chosen, max_examples=min(chosen.max_examples, examples)))
    few = min(challenge.manifest.budget.examples, examples)
    settings.register_profile("few", settings(scoring_settings(challenge), max_examples=few))
    settings.load_profile("few")


def _unusual(status: int | pytest.ExitCode, challenge: Challenge) -> tuple[Failure, ...]:
    """Return a failure unless all tests passed, some failed, or pytest was stopped on purpose."""
    if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        return ()
    what = {pytest.ExitCode.NO_TESTS_COLLECTED: "contains no test that could be collected"}
    reason = f"{challenge.name}/{challenge.suite.name} {what.get(pytest.ExitCode(status), 'could not be run')}"
    return (Failure(fault=Fault.CHALLENGE, reason=reason, remedy="Run `grader verify` to see why."),)
