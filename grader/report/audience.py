"""What a reader is not to see is taken out of the report here, once, before any renderer gets it."""

from __future__ import annotations

from typing import assert_never

import msgspec

from grader.model import Mark, Report, RepositoryReport
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
    return msgspec.structs.replace(report, criteria=tuple(map(_told_mark, report.criteria)), findings=findings)


def _told_mark(mark: Mark) -> Mark:
    promises = tuple(msgspec.structs.replace(promise, detail=None) for promise in mark.promises)
    return msgspec.structs.replace(mark, promises=promises)
