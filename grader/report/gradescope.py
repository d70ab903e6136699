"""Gradescope's results.json, where a challenge is the autograder of a course and a criterion is a test.

A report that is incomplete because of the machine has no score: Gradescope then reports that the autograder failed,
instead of storing points that were never measured.
"""

from __future__ import annotations

import msgspec

from grader.model import Mark, MarkStatus, Promise, Report, ReportStatus, RepositoryReport
from grader.report.figures import level, number, open_part
from grader.report.findings_view import name, reports, sentence
from grader.report.promises import beside_promises, broken, example_lines
from grader.report.view import View
from grader.report.visible import one_line

PLACES = 4


class _Test(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    score: float
    max_score: float
    status: str
    output: str
    output_format: str = "text"
    name_format: str = "text"
    visibility: str = "visible"


class _Results(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    output: str
    output_format: str
    stdout_visibility: str
    score: float | None = None
    execution_time: float | None = None
    tests: list[_Test] = []


def render(report: Report | RepositoryReport, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """Return the results as an indented object."""
    every = reports(report)
    several = len(every) > 1
    unmeasured = [mark for single in every for mark in single.criteria if mark.was_missed]
    results = _Results(
        output="\n".join(_line(single) for single in every),
        output_format="text",
        stdout_visibility="hidden",
        score=None if unmeasured else round(sum(single.score for single in every), PLACES),
        execution_time=round(sum(single.durations_ms.get("total", 0.0) for single in every) / 1000, 3),
        tests=[] if unmeasured else [_test(single, mark, several) for single in every for mark in single.criteria],
    )
    return msgspec.json.format(msgspec.json.encode(results), indent=2).decode() + "\n"


def _line(report: Report) -> str:
    match report.status:
        case ReportStatus.REJECTED:
            reasons = [sentence(finding) for finding in report.findings]
            return "\n".join([f"{name(report)}: rejected; nothing was graded.", *reasons])
        case ReportStatus.INCOMPLETE:
            reasons = [f"{one_line(mark.title)}: {one_line(mark.reason)}" for mark in report.criteria if mark.reason]
            return "\n".join([f"{name(report)}: {open_part(report)}.", *reasons])
        case ReportStatus.GRADED:
            score = f"{number(report.score)} of {number(report.max_score)} points"
            python = f" Python {one_line(report.python)}." if report.python else ""
            return f"{name(report)}: {score}, {level(report)}. Seed {report.seed}.{python}"


def _test(report: Report, mark: Mark, several: bool) -> _Test:  # noqa: FBT001 - one caller
    title = one_line(mark.title)
    return _Test(
        name=f"{name(report)}: {title}" if several else title,
        score=round(mark.earned, PLACES),
        max_score=round(mark.points, PLACES),
        status="passed" if mark.status is MarkStatus.EARNED else "failed",
        output="\n".join(_words(mark)),
    )


def _words(mark: Mark) -> list[str]:
    promises = [
        " ".join(
            (one_line(promise.text or promise.id), one_line(promise.reason), *_example(promise), one_line(promise.hint))
        )
        for promise in broken(mark)
    ]
    found = [f"{finding.file}:{finding.line or 1}: {sentence(finding)}" if finding.file else sentence(finding)
             for finding in beside_promises(mark)]  # fmt: skip
    return [*([one_line(mark.reason)] if mark.reason else []), *(" ".join(line.split()) for line in promises), *found]


def _example(promise: Promise) -> list[str]:
    lines = example_lines(promise.example) if promise.example else ()
    return [f"{label.capitalize()}: {one_line(text, longest=300)}." for label, text in lines]
