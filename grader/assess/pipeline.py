"""One grading from start to end: a submission goes in, evidence is gathered behind the wall, a report comes out.

Submission -- gate -> answer --+-- behaviour   the hidden suite's process asks the answer in its sandbox
                               +-- analysers   constructs, types, complexity, security read its text in another
                               |               sandbox, and look for signs of tampering, for a reviewer
                               -> rubric -> Report
"""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from grader import rubric
from grader.challenges.challenge import Challenge
from grader.evidence import documents
from grader.evidence.analysers.pool import Lender, new_sandbox
from grader.evidence.analysers.reading import Reading, charged, reading, signs_at_run_time
from grader.evidence.suite import behaviour
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob, behaviour_criteria
from grader.harness import harness
from grader.intake.refusal import Rejected
from grader.model import (
    CAUSES,
    Evidence,
    Feedback,
    Finding,
    Kind,
    Mark,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Report,
    ReportStatus,
    Severity,
    Submission,
    SubmissionRef,
)
from grader.model.progress import Progress, silent
from grader.workspace import workspace
from sandbox.session import Backend

SEED_BITS = 53
"""Every JSON reader preserves seeds of this size: doubles hold integers up to 2**53 exactly."""
LARGEST_SEED = 2**SEED_BITS - 1


def fresh_seed() -> int:
    """Draw a secret seed."""
    return secrets.randbits(SEED_BITS)


def grade(
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    seed: int | None = None,
    progress: Progress = silent,
    explain: bool = True,
    feedback: Feedback = Feedback.PRACTICE,
    host: SuiteHost | None = None,
    lend: Lender = new_sandbox,
) -> Report:
    """Grade one submission against one challenge.

    A fresh secret seed is drawn unless one is given. `explain` reruns broken promises under another seed to find the
    smallest failing example; `feedback` says whether a candidate may see the example. `host` runs the hidden suite;
    None starts a host for this grading alone. `lend` provides the analysers' sandboxes. Raises SandboxUnusable, without
    scoring anything, if this machine cannot isolate submissions at all.
    """
    missing = [name for name in challenge.manifest.modules if submission.text(name) is None]
    if missing:
        return reject(submission, challenge, [_missing(name) for name in missing], seed=seed)
    seed = fresh_seed() if seed is None else seed
    started = time.monotonic()
    evidence, flagged = _gather(
        submission, challenge, backend=backend, seed=seed, progress=progress, explain=explain, host=host, lend=lend
    )
    marks = rubric.mark(challenge, evidence)
    durations = {entry.kind.value: entry.milliseconds for entry in evidence}
    durations["total"] = round((time.monotonic() - started) * 1000, 1)
    report = msgspec.structs.replace(
        _blank(submission, challenge, seed=seed),
        backend=backend.name,
        feedback=feedback,
        durations_ms=durations,
        tools={name: version for entry in evidence for name, version in entry.tools.items()},
        findings=(*(cause for entry in evidence for cause in entry.causes), *submission.notices, *flagged),
        sources=_sources(submission, marks, [*(cause for entry in evidence for cause in entry.causes), *flagged]),
    )
    return rubric.with_marks(report, marks, challenge)


def explain(
    report: Report,
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    progress: Progress = silent,
    host: SuiteHost | None = None,
    lend: Lender = new_sandbox,
) -> Report:
    """Return the report with the smallest failing examples of its broken promises added; no mark is judged again.

    Anything still unexplained when the host is told to end stays as it is. Raises SandboxUnusable.
    """
    broken = [promise for mark in report.criteria for promise in unexplained(mark)]
    if not broken:
        return report
    with (
        workspace() as folder,
        contextlib.nullcontext(host) if host is not None else SuiteHost() as suites,
        reading(submission, challenge, backend=backend, progress=progress, lend=lend) as read,
    ):
        job = SuiteJob(
            challenge=challenge.folder,
            submission=folder / "submission",
            digest=submission.digest,
            seed=report.seed,
            backend=backend.name,
            explain_only=True,
            imports=True,
            observe=False,
            tests=tuple(promise.id for promise in broken),
        )
        if read.failure is not None:
            return report
        job.submission.mkdir(mode=0o755)
        read.answer.write(job.submission)
        told = read.explained(behaviour.measure(job, challenge, progress=progress, host=suites, known=broken))
    by_id = {promise.id: promise for promise in told.promises}
    criteria = tuple(
        rubric.with_promises(mark, [by_id.get(promise.id, promise) for promise in mark.promises])
        for mark in report.criteria
    )
    findings = (*told.causes, *(finding for finding in report.findings if finding.id not in CAUSES))
    sources = report.sources | _sources(submission, criteria, findings)
    return msgspec.structs.replace(report, criteria=criteria, findings=findings, sources=sources)


def unexplained(mark: Mark) -> tuple[Promise, ...]:
    """Return the broken promises for which no run has sought an example yet."""
    return tuple(
        promise
        for promise in mark.promises
        if promise.outcome is PromiseOutcome.BROKEN
        and not (promise.reason or promise.example or promise.waits_for)
        and mark.kind is not Kind.TESTS
    )


def _gather(
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    seed: int,
    progress: Progress,
    explain: bool,
    host: SuiteHost | None,
    lend: Lender,
) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Gather evidence from data, and then, if there is code, behavioural evidence and the analysers' evidence at the
    same time, each in its own sandboxes; also return the findings that belong to no criterion.
    """
    documented = documents.collect(submission, challenge, seed)
    if not challenge.python_modules:
        return documented, ()
    with (
        workspace() as folder,
        contextlib.nullcontext(host) if host is not None else SuiteHost() as suites,
    ):
        job = SuiteJob(
            challenge=challenge.folder,
            submission=folder / "submission",
            digest=submission.digest,
            seed=seed,
            backend=backend.name,
            explain=explain,
            imports=True,
        )
        if behaviour_criteria(challenge):
            suites.draw(job)  # it collects and draws while the gate finds out what is to run
        with (
            reading(submission, challenge, backend=backend, progress=progress, lend=lend) as read,
            ThreadPoolExecutor(max_workers=1) as beside,
        ):
            analysed = beside.submit(_analysed, read)
            if not behaviour_criteria(challenge):
                evidence, flagged = analysed.result()
                return (*documented, *evidence), flagged
            if read.failure is not None:
                behaved = Evidence(kind=Kind.BEHAVIOUR, failure=read.failure)
            else:
                job.submission.mkdir(mode=0o755)
                read.answer.write(job.submission)
                behaved = read.explained(behaviour.measure(job, challenge, progress=progress, host=suites))
            evidence, flagged = analysed.result()
            rebound = [finding for finding in behaved.findings if finding.id == behaviour.REBOUND]
            flagged = (*flagged, *signs_at_run_time(behaved, flagged), *rebound)
            return (behaved, *documented, *charged(evidence, behaved, read.answer)), flagged


def _analysed(read: Reading) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
    """Return every analyser's evidence, and the notes and signs of tampering, which affect no mark."""
    return read.evidence(), (*read.notes, *read.integrity())


def reject(
    submission: Submission | Rejected | str,
    challenge: Challenge,
    reasons: Iterable[Finding],
    *,
    seed: int | None = None,
) -> Report:
    """Return the report on a submission that was rejected at intake: all reasons are given, all points are lost, and
    nothing is executed.
    """
    match submission:
        case str():
            submission = Submission(origin=submission, files=(), digest="")
        case Rejected(origin=origin, root=root, digest=digest, notices=notices):
            submission = Submission(origin=origin, root=root, files=(), digest=digest, notices=notices)
        case _:
            pass
    marks = tuple(
        Mark(
            id=criterion.id,
            kind=criterion.kind,
            title=criterion.title,
            points=criterion.points,
            earned=0.0,
            status=MarkStatus.LOST,
        )
        for criterion in challenge.manifest.criteria
    )
    report = rubric.with_marks(_blank(submission, challenge, seed=seed or 0), marks, challenge)
    return msgspec.structs.replace(report, status=ReportStatus.REJECTED, findings=(*reasons, *submission.notices))


def _missing(name: str) -> Finding:
    return Finding(
        id="intake.module-missing",
        severity=Severity.ERROR,
        message=f"{name} is missing: the brief asks for a file of that name at the top of the submission.",
        help="Add the file; `grader start` copies a starter that includes it.",
        file=name,
    )


def _blank(submission: Submission, challenge: Challenge, *, seed: int) -> Report:
    """Return a report that has no marks yet, but states what is graded and by which version."""
    return Report(
        challenge=challenge.ref,
        submission=SubmissionRef(
            path=submission.origin, digest=submission.digest, root=submission.root or msgspec.UNSET
        ),
        status=ReportStatus.INCOMPLETE,
        score=0.0,
        max_score=0.0,
        percent=0.0,
        best_possible=0.0,
        level=None,
        level_title="",
        criteria=(),
        seed=seed,
        backend="",
        durations_ms={},
        tools={},
        harness=harness(),
        graded_at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
    )


def _sources(submission: Submission, marks: Sequence[Mark], flagged: Collection[Finding]) -> dict[str, str]:
    """Return the text of the files that findings point to, so that a report can show the lines."""
    named = {finding.file for mark in marks for finding in (*mark.findings, *flagged)}
    return {file.path: file.text for file in submission.everything if file.path in named}
