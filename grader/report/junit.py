"""JUnit XML: a criterion is a suite, a promise is a case, and points are properties of the suite.

A criterion without promises is one case. What the machine could not measure is an error, never a failure of the
candidate; what a person marks later is skipped.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from grader.model import (
    Finding,
    Kind,
    Mark,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Report,
    ReportStatus,
    RepositoryReport,
)
from grader.report.figures import number
from grader.report.findings_view import name, place, reports, sentence
from grader.report.promises import beside_promises, example_lines
from grader.report.view import View
from grader.report.visible import one_line


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return one `testsuites` element."""
    xml = JUnitXml("grader")
    for single in reports(report):
        suites = (
            [_intake(single)]
            if single.status is ReportStatus.REJECTED
            else [_suite(single, mark, view) for mark in single.criteria]
        )
        for suite in suites:
            xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]  # junitparser leaves it untyped
    written: bytes = xml.tostring()  # type: ignore[no-untyped-call]  # junitparser leaves it untyped
    # Where lxml is installed, junitparser writes with that, in another form: read again, it is the same everywhere.
    text = ET.tostring(ET.fromstring(written), encoding="unicode")  # noqa: S314 # our own text
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n"


def _intake(report: Report) -> TestSuite:
    suite = TestSuite(f"{name(report)}: intake")
    for finding in report.findings:
        suite.add_testcase(_case(_class(report, "intake"), finding.id, Failure(sentence(finding), finding.id)))
    return suite


def _suite(report: Report, mark: Mark, view: View) -> TestSuite:
    suite = TestSuite(f"{name(report)}: {one_line(mark.title)}")
    for key, value in (("points", number(mark.points)), ("earned", number(mark.earned)), ("status", mark.status.value)):
        suite.add_property(key, value)
    if report.python:
        suite.add_property("python", one_line(report.python))
    where = _class(report, mark.id)
    for promise in mark.promises:
        result = _of_promise(promise)
        suite.add_testcase(_case(where, one_line(promise.text or promise.id), result, seconds=promise.seconds))
    findings = beside_promises(mark)
    if not mark.promises or (findings and mark.status is not MarkStatus.EARNED):
        suite.add_testcase(_case(where, one_line(mark.title), _of_mark(report, mark, findings, view)))
    return suite


def _class(report: Report, part: str) -> str:
    return f"{report.challenge.area.value}.{report.challenge.slug}.{part}"


def _case(where: str, title: str, result: FinalResult | None, *, seconds: float = 0.0) -> TestCase:
    case = TestCase(title, where, round(seconds, 3))
    if result is not None:
        case.result = [result]
    return case


def _of_promise(promise: Promise) -> FinalResult | None:
    match promise.outcome:
        case PromiseOutcome.KEPT:
            return None
        case PromiseOutcome.BROKEN:
            example = example_lines(promise.example) if promise.example else ()
            told = [f"{label}: {one_line(text)}" for label, text in example]
            text = "\n".join([*told, *([one_line(promise.hint)] if promise.hint.strip() else [])])
            return _with_text(Failure(one_line(promise.reason) or "broken", "broken promise"), text)
        case PromiseOutcome.NOT_MEASURED:
            return Error(one_line(promise.reason) or "not measured", "not measured")


def _of_mark(report: Report, mark: Mark, findings: tuple[Finding, ...], view: View) -> FinalResult | None:
    match mark.status:
        case MarkStatus.EARNED:
            return None
        case MarkStatus.NOT_MEASURED:
            reason = one_line(mark.reason) or "not measured"
            return Skipped(reason) if mark.kind is Kind.REVIEW else Error(reason, "not measured")
        case MarkStatus.PARTIAL | MarkStatus.LOST:
            lines = [_line(report, finding, view) for finding in findings]
            message = f"{number(mark.earned)} of {number(mark.points)} points"
            return _with_text(Failure(message, f"{mark.kind.value} {mark.status.value}"), "\n".join(lines))


def _line(report: Report, finding: Finding, view: View) -> str:
    where = f"{place(report, finding.file, view)}:{finding.line or 1}: " if finding.file else ""
    return f"{where}{sentence(finding)}"


def _with_text(result: Failure, text: str) -> FinalResult:
    if text:
        result.text = text
    return result
