"""Removes what a reader must not see from the report, once, before any renderer gets it."""

from __future__ import annotations

from typing import assert_never

import msgspec

from grader.model import Feedback, Mark, Promise, PromiseOutcome, Report, RepositoryReport, broken_promise
from grader.report.view import Audience

FOR_REVIEWERS = "integrity."
"""The prefix of the ids of findings that ask a person to look: these neither prove anything nor cost points."""

FROM_EXAMPLES = frozenset({"answer.not-written", "answer.hangs"})
"""Causes known only from examples, which an exam does not reveal."""


def told(report: Report | RepositoryReport, audience: Audience) -> Report | RepositoryReport:
    """Return the report as `audience` may see it."""
    match audience:
        case Audience.REVIEWER:
            return report
        case Audience.CANDIDATE:
            return _without_details(report)
        case _:
            assert_never(audience)


def _without_details(report: Report | RepositoryReport) -> Report | RepositoryReport:
    if isinstance(report, RepositoryReport):
        return msgspec.structs.replace(report, reports=tuple(_told_one(single) for single in report.reports))
    return _told_one(report)


def _told_one(report: Report) -> Report:
    exam = report.feedback is Feedback.EXAM
    hidden = FROM_EXAMPLES if exam else frozenset()
    findings = tuple(
        finding for finding in report.findings if not finding.id.startswith(FOR_REVIEWERS) and finding.id not in hidden
    )
    criteria = tuple(_told_mark(mark, exam=exam) for mark in report.criteria)
    named = {finding.file for finding in findings}
    named |= {finding.file for mark in criteria for finding in mark.findings}
    named |= {promise.file for mark in criteria for promise in mark.promises}
    sources = {path: text for path, text in report.sources.items() if path in named}
    return msgspec.structs.replace(report, criteria=criteria, findings=findings, sources=sources)


def _told_mark(mark: Mark, *, exam: bool) -> Mark:
    """Remove the details from a mark's promises, and from the findings that repeat a promise."""
    promises = tuple(_told_promise(promise, exam=exam) for promise in mark.promises)
    told = iter(
        [broken_promise(mark.kind, promise) for promise in promises if promise.outcome is PromiseOutcome.BROKEN]
    )
    repeated = {
        broken_promise(mark.kind, promise).id for promise in promises if promise.outcome is PromiseOutcome.BROKEN
    }
    findings = tuple(next(told, finding) if finding.id in repeated else finding for finding in mark.findings)
    return msgspec.structs.replace(mark, promises=promises, findings=findings)


def _told_promise(promise: Promise, *, exam: bool) -> Promise:
    """Reduce a promise to what a candidate may see. In an exam, only a failed import is explained."""
    waits = "" if exam and promise.waits_for in FROM_EXAMPLES else promise.waits_for
    told = msgspec.structs.replace(promise, detail=None, hint="" if waits else promise.hint, waits_for=waits)
    if not exam or promise.outcome is not PromiseOutcome.BROKEN:
        return told
    return msgspec.structs.replace(told, reason=told.reason if waits else "", file=None, line=None, example=None)
