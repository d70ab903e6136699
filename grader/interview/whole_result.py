"""Joins the reports on a session's stages into its result. Pure.

The last stage's report is the result, since its hidden tests hold the answer to all stages at once. What counted
earlier is earned in halves: one half when its stage ended, the other for what still works at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grader.challenges.challenge import Challenge
from grader.model import Finding, Mark, MarkStatus, Report, Severity
from grader.report.figures import number
from grader.rubric import with_marks


def whole_result(reports: Sequence[Report], challenge: Challenge) -> Report:
    """Return the result of a session from its stages' reports, in order; `challenge` is the last stage's."""
    last = reports[-1]
    if len(reports) == 1:
        return last
    earliest: dict[str, tuple[int, Mark]] = {}
    for stage, report in enumerate(reports, 1):
        for mark in report.criteria:
            earliest.setdefault(mark.id, (stage, mark))
    marks = [_halves(*earliest[mark.id], mark) if earliest[mark.id][1] is not mark else mark for mark in last.criteria]
    return with_marks(last, marks, challenge)


def without_level(report: Report) -> Report:
    """Return a stage's report without a level: only a whole session shows one."""
    return msgspec.structs.replace(report, level=None, level_title="", next_level="")


def _halves(stage: int, before: Mark, after: Mark) -> Mark:
    for mark in (before, after):
        if mark.status is MarkStatus.NOT_MEASURED:
            reason = mark.reason or "a part of it was not measured"
            return msgspec.structs.replace(after, earned=0.0, status=MarkStatus.NOT_MEASURED, reason=reason)
    earned = (before.earned + after.earned) / 2
    halves = (
        f"{number(before.earned)} of {number(before.points)} at the end of stage {stage}, {number(after.earned)} now"
    )
    note = Finding(id="session.halves", severity=Severity.NOTE, message=f"Half of the points each: {halves}.")
    return msgspec.structs.replace(
        after,
        earned=earned,
        status=MarkStatus.EARNED if earned == after.points else MarkStatus.PARTIAL if earned else MarkStatus.LOST,
        findings=(*after.findings, note) if before.earned != after.earned else after.findings,
    )
