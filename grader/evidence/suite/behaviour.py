"""Behaviour: following the process that runs the hidden suite, and gathering the outcome of each promise."""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterable

import msgspec

from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import (
    Broke,
    Caused,
    Collected,
    Done,
    Explained,
    Message,
    Observed,
    Ran,
    RanUnread,
    SuiteJob,
)
from grader.evidence.suite.stopwatch import LONGEST
from grader.evidence.suite.unread import unread_findings
from grader.model import Detail, Evidence, Fact, Failure, Fault, Finding, Kind, Promise, PromiseOutcome, Severity
from grader.model.progress import Explaining, Progress, TestRan

GRACE = 30.0
"""Seconds beyond the suite's own budget after which its process is given up, which counts as the harness's failure."""

REBOUND = "integrity.rebound-at-run-time"
MOST_REBOUND = 10
EXAM = "In the verdict's exam:"


def measure(
    job: SuiteJob, challenge: Challenge, *, progress: Progress, host: SuiteHost, known: Iterable[Promise] = ()
) -> Evidence:
    """Run the hidden suite against the submission in `job.submission`.

    `known` holds the promises that an earlier run has judged; a job that only explains adds explanations to them.
    """
    ledger = _Ledger(challenge, progress, known)
    seconds = challenge.manifest.budget.suite_seconds * (LONGEST + job.explain) + GRACE
    with contextlib.closing(host.run(job, seconds=seconds)) as messages:
        for message in messages:
            ledger.take(message)
    return ledger.evidence()


class _Ledger:
    """The record of what the suite's process has said so far."""

    def __init__(self, challenge: Challenge, progress: Progress, known: Iterable[Promise] = ()) -> None:
        self._challenge = challenge.name
        self._told_at_once = {criterion.id for criterion in challenge.manifest.criteria if criterion.kind is Kind.TESTS}
        self._progress = progress
        self._tests: tuple[str, ...] = ()
        self._promises: dict[str, Promise] = {promise.id: promise for promise in known}
        self._asked: dict[str, str] = {}
        self._causes: list[Finding] = []
        self._facts: tuple[Fact, ...] = ()
        self._findings: tuple[Finding, ...] = ()
        self._failure: Failure | None = None
        self._rebound: dict[str, None] = {}
        self._milliseconds = 0.0
        self._done = False

    def take(self, message: Message) -> None:
        match message:
            case Collected(tests=tests):
                self._tests = tests
            case Ran(promise=promise, rebound=rebound):
                self._keep(promise)
                self._rebound |= dict.fromkeys(rebound)
                self._progress(TestRan(challenge=self._challenge, n=len(self._promises), of=len(self._tests)))
            case Explained(promise=promise):
                self._progress(Explaining(challenge=self._challenge))
                self._explain(promise)
            case Caused(finding=finding):
                self._causes.append(finding)
            case Observed(facts=facts):
                self._facts = facts
            case RanUnread(reports=reports):
                self._findings = unread_findings(reports)
            case Broke(failure=failure):
                self._failure = self._failure or failure
            case Done(milliseconds=milliseconds):
                self._done, self._milliseconds = True, milliseconds

    def _keep(self, promise: Promise) -> None:
        """Keep the worse of a test's two judgements, one of its call and one of its teardown. Not measured is worst,
        then broken.
        """
        weight = (PromiseOutcome.KEPT, PromiseOutcome.BROKEN, PromiseOutcome.NOT_MEASURED).index
        known = self._promises.get(promise.id)
        if known is None or weight(promise.outcome) > weight(known.outcome):
            self._promises[promise.id] = self._kept_secret(promise)

    def _kept_secret(self, promise: Promise) -> Promise:
        """Reserve what the verdict's run reveals of a broken promise for reviewers, unless the suite draws nothing."""
        detail = promise.detail
        if promise.outcome is not PromiseOutcome.BROKEN or promise.criterion in self._told_at_once:
            return promise
        if detail is not None:
            self._asked[promise.id] = detail.counterexample
            trace = self._trace(promise.id, detail)
            detail = msgspec.structs.replace(detail, counterexample="", trace=trace, reason=promise.reason)
        return msgspec.structs.replace(promise, reason="", file=None, line=None, detail=detail)

    def _explain(self, promise: Promise) -> None:
        """Take what is said about a broken promise from the second run. The verdict stands."""
        known, detail = self._promises.get(promise.id), promise.detail
        if known is None or known.outcome is not PromiseOutcome.BROKEN:
            return
        if detail is not None and known.detail is not None:
            trace = self._trace(promise.id, detail)
            detail = msgspec.structs.replace(detail, trace=trace, reason=known.detail.reason)
        self._promises[promise.id] = msgspec.structs.replace(
            known,
            reason=promise.reason,
            file=promise.file,
            line=promise.line,
            detail=detail or known.detail,
            example=promise.example,
            waits_for=promise.waits_for,
        )

    def _trace(self, test: str, detail: Detail) -> str:
        """Join the trace and the inputs of the verdict's exam, both of which are for reviewers only."""
        questions = self._asked.get(test)
        return f"{detail.trace}\n\n{EXAM}\n{questions}" if questions else detail.trace

    def evidence(self) -> Evidence:
        failure = self._failure
        if failure is None and not self._done:
            failure = Failure(
                fault=Fault.HARNESS,
                reason="the process that runs the hidden suite was lost",
                remedy="Grade again; if it happens again, report it.",
            )
        return Evidence(
            kind=Kind.BEHAVIOUR,
            promises=tuple(self._promises.values()),
            findings=(*self._findings, *map(_rebound, [*self._rebound][:MOST_REBOUND])),
            causes=tuple(self._causes),
            facts=self._facts,
            tools={name: importlib.metadata.version(name) for name in ("pytest", "hypothesis")},
            milliseconds=self._milliseconds,
            failure=failure,
        )


def _rebound(name: str) -> Finding:
    return Finding(
        id=REBOUND,
        severity=Severity.WARNING,
        message=f"The submission replaced {name} while a promise was being tested, so the promise counts as broken.",
        help="Which code, other than the submission's own, is meant to see the change? Measurements rely on clocks, "
        "event loops and the garbage collector.",
    )
