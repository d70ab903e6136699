"""What a reader is not to see is taken out of the report here, once, before any renderer gets it."""

from __future__ import annotations

from typing import assert_never

import msgspec

from grader.model import Detail, Mark, Promise, Report, RepositoryReport
from grader.report.view import Audience

FOR_REVIEWERS = "integrity."
"""How the ids begin of findings that ask a person to look: they are neither proof nor a reason that costs points."""


def told(report: Report | RepositoryReport, audience: Audience) -> Report | RepositoryReport:
    """The report as `audience` may see it."""
    match audience:
        case Audience.REVIEWER:
            return report
        case Audience.CANDIDATE:
            return _without_details(report)
        case _:
            assert_never(audience)


def _without_details(report: Report | RepositoryReport) -> Report | RepositoryReport:
    if isinstance(report, RepositoryReport):
        return msgspec.structs.replace(report, reports=tuple(_told_one(each) for each in report.reports))
    return _told_one(report)


def _told_one(report: Report) -> Report:
    findings = tuple(one for one in report.findings if not one.id.startswith(FOR_REVIEWERS))
    inputs = report.challenge.show_inputs
    criteria = tuple(_told_mark(mark, inputs=inputs) for mark in report.criteria)
    named = {finding.file for finding in findings}
    named |= {finding.file for mark in criteria for finding in mark.findings}
    named |= {promise.file for mark in criteria for promise in mark.promises}
    sources = {path: text for path, text in report.sources.items() if path in named}
    return msgspec.structs.replace(report, criteria=criteria, findings=findings, sources=sources)


def _told_mark(mark: Mark, *, inputs: bool) -> Mark:
    promises = tuple(msgspec.structs.replace(one, detail=_inputs(one) if inputs else None) for one in mark.promises)
    return msgspec.structs.replace(mark, promises=promises)


def _inputs(promise: Promise) -> Detail | None:
    """The drawn inputs alone, for a challenge that shows them."""
    shown = promise.detail.counterexample if promise.detail else ""
    return Detail(counterexample=shown) if shown else None
