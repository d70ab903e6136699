"""What formats for machines take from a report: its single reports, its findings, their places and fingerprints."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from grader.model import Finding, Mark, Report, RepositoryReport
from grader.report.view import View
from grader.report.visible import one_line


class Said(NamedTuple):
    """One finding, where it was said."""

    report: Report
    mark: Mark | None
    """The criterion; None for intake and integrity."""
    finding: Finding
    fingerprint: str
    """The same for the same finding after lines above it were added or taken away."""


def reports(report: Report | RepositoryReport) -> tuple[Report, ...]:
    """The single reports."""
    return report.reports if isinstance(report, RepositoryReport) else (report,)


def name(report: Report) -> str:
    """The challenge as `area/slug`."""
    return report.challenge.name


def findings(report: Report) -> Iterator[Said]:
    """Every finding of a report, those of criteria first."""
    seen: dict[str, int] = {}
    pairs = [(mark, finding) for mark in report.criteria for finding in mark.findings]
    for mark, finding in [*pairs, *((None, finding) for finding in report.findings)]:
        identity = _identity(report, finding)
        seen[identity] = seen.get(identity, 0) + 1
        yield Said(report, mark, finding, hashlib.sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest())


def place(report: Report, file: str, view: View) -> str:
    """A file of the submission as a path from the view's base, with `/`; without a base, as the user named it."""
    whole = posixpath.normpath(posixpath.join(report.submission.path, file))
    base = view.base.rstrip("/")
    if base and whole.startswith(f"{base}/"):
        return whole[len(base) + 1 :]
    return file if whole.startswith(("/", "../")) else whole


def sentence(finding: Finding) -> str:
    """What a finding says and what to do, on one line."""
    message = one_line(finding.message.removeprefix(f"{finding.file}: "))
    advice = one_line(finding.help)
    if not advice:
        return message
    return f"{message} {advice}" if message.endswith((".", "!", "?")) else f"{message}. {advice}"


def _identity(report: Report, finding: Finding) -> str:
    """What makes a finding itself, whatever its line number is today."""
    line = ""
    if finding.file and finding.line:
        lines = report.sources.get(finding.file, "").split("\n")
        line = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    return "\0".join((name(report), finding.id, finding.file or "", finding.message, line))
