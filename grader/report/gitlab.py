"""GitLab's code-quality report: a list of findings for the merge request's widget and its diff."""

from __future__ import annotations

import msgspec

from grader.model import Report, RepositoryReport, Severity
from grader.report.findings_view import Said, findings, place, reports, sentence
from grader.report.view import View

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


class _Lines(msgspec.Struct, frozen=True):
    begin: int


class _Location(msgspec.Struct, frozen=True):
    path: str
    lines: _Lines


class _Issue(msgspec.Struct, frozen=True, kw_only=True):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: _Location


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return the findings as an indented list."""
    issues = [_issue(entry, view) for single in reports(report) for entry in findings(single)]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _issue(said: Said, view: View) -> _Issue:
    finding = said.finding
    return _Issue(
        description=sentence(finding),
        check_name=finding.id,
        fingerprint=said.fingerprint,
        severity=SEVERITIES[finding.severity],
        location=_Location(place(said.report, said.file or ".", view), _Lines(said.line or 1)),
    )
