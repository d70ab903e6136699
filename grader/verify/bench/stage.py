"""The plugin that runs a collected suite once for each trial, inside pytest's own loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from grader.challenges.challenge import Challenge
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.job import SuiteJob
from grader.evidence.suite.plugin import SuitePlugin
from grader.model import Failure, Fault, Promise, PromiseOutcome
from grader.verify.bench.examples import at_most
from grader.verify.bench.messages import Setup, Trial, Tried
from grader.verify.forgery import FORGERS, RECORD
from grader.verify.forgery.session import ForgedSession
from grader.verify.forgery.tape import RecordingSession, Tape
from sandbox.backends import backend_named
from sandbox.policy import Mount
from sandbox.session import Backend, Session

Say = Callable[[Tried], None]


class Stage(SuitePlugin):
    """A SuitePlugin that starts anew for each trial. `ask` gives the next trial, or None when there is none."""

    def __init__(self, setup: Setup, challenge: Challenge, *, ask: Callable[[], Trial | None], say: Say) -> None:
        super().__init__(challenge)
        self._setup = setup
        self._ask = ask
        self._say = say
        self._sandboxes = _Sandboxes(challenge, backend_named(setup.backend))
        self._tape = Tape()
        self._unreadable = ""

    def _begin(self, trial: Trial) -> None:
        """Forget the previous trial."""
        challenge = self._challenge
        self._trial = trial
        self._promises: list[Promise] = []
        job = SuiteJob(
            challenge=challenge.folder,
            submission=trial.submission,
            digest=trial.digest,
            seed=trial.seed,
            backend=self._setup.backend,
            explain=False,
        )
        self.begin(
            job,
            submission=lambda: self._answerer(job),
            reference=lambda: self._sandboxes.of(_reference_trial(challenge, trial), job),
            report=lambda promise, _: self._promises.append(promise),
            exam={},
        )

    def _answerer(self, job: SuiteJob) -> Session:
        forger = FORGERS.get(self._trial.answerer)
        if forger is not None:
            return ForgedSession(lambda: forger(self._tape))
        session = self._sandboxes.of(self._trial, job)
        return RecordingSession(session, self._tape) if self._trial.answerer == RECORD else session

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the first thing that could not be collected."""
        if report.failed and not self._unreadable:
            self._unreadable = next(reversed(report.longreprtext.strip().splitlines()), "no reason given")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run trials until there are no more; pytest's own loop has nothing left to do."""
        try:
            while (trial := self._ask()) is not None:
                self._begin(trial)
                self._say(self._tried(session.items))
        finally:
            self._sandboxes.close()
        return True

    def _tried(self, items: Sequence[pytest.Item]) -> Tried:
        started = time.monotonic()
        failure = self._unusable(items)
        if failure is None:
            with at_most(self._trial.examples, items, self._challenge):
                self._run(_ordered(items, self._trial.first))
            failure = next(iter(self.failures), None)
        self._sandboxes.end_unshared()
        return Tried(
            promises=tuple(self._promises if self._trial.details else map(_bare, self._promises)),
            failure=failure,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
        )

    def _unusable(self, items: Sequence[pytest.Item]) -> Failure | None:
        where = f"{self._challenge.name}/{self._challenge.suite.name}"
        if self._unreadable:
            reason = f"{where} cannot be collected: {self._unreadable}"
            return Failure(fault=Fault.CHALLENGE, reason=reason, remedy="Mend the suite; only it was read so far.")
        if not items:
            return Failure(fault=Fault.CHALLENGE, reason=f"{where} holds no test", remedy="Write a hidden test.")
        return next(iter(self.failures), None)

    def _run(self, items: Iterable[pytest.Item]) -> None:
        for item in items:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            broken_suite = bool(self.failures) and self._trial.answerer not in FORGERS
            if broken_suite or (self._trial.stop_at_first and self._broken()):
                return

    def _broken(self) -> bool:
        return bool(self._promises) and self._promises[-1].outcome is not PromiseOutcome.KEPT


def _reference_trial(challenge: Challenge, trial: Trial) -> Trial:
    solution = challenge.folder / "solution"
    return Trial(submission=solution, digest="reference", seed=trial.seed, shared=trial.shared)


def _ordered(items: Sequence[pytest.Item], first: Sequence[str]) -> list[pytest.Item]:
    rank = {name: place for place, name in enumerate(first)}
    return sorted(items, key=lambda item: rank.get(item.name, len(rank)))


def _bare(promise: Promise) -> Promise:
    return msgspec.structs.replace(promise, detail=None)


class _Sandboxes:
    """The open sandboxes: some end with their trial, shared ones with the bench."""

    def __init__(self, challenge: Challenge, backend: Backend) -> None:
        self._challenge = challenge
        self._backend = backend
        self._open: dict[tuple[Path, float | None, bool], Session] = {}

    def of(self, trial: Trial, job: SuiteJob) -> Session:
        """The sandbox over a trial's folder."""
        key = (trial.submission, trial.call_seconds, trial.shared)
        if key not in self._open:
            policy = policy_for(self._challenge)
            if trial.call_seconds is not None:
                policy = replace(policy, deadlines=replace(policy.deadlines, call=trial.call_seconds))
            mount = Mount(trial.submission, PurePosixPath("/submission"))
            self._open[key] = self._backend.open(policy, program_for(self._challenge, mount, hash_seed=job.hash_seed))
        return self._open[key]

    def end_unshared(self) -> None:
        """End what the trial had for itself."""
        for key in [key for key in self._open if not key[2]]:
            self._open.pop(key).close()

    def close(self) -> None:
        """End every sandbox."""
        while self._open:
            self._open.popitem()[1].close()
