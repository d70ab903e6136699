"""The parts of a report that machine-readable formats share: single reports, findings, places and fingerprints."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import UNSET

from grader.model import Finding, Mark, Report, ReportStatus, RepositoryReport
from grader.report.promises import beside_promises
from grader.report.view import View
from grader.report.visible import one_line

MISSING = "intake.module-missing"
"""The id of the finding that names a missing file, where no annotation can be placed."""


class Said(NamedTuple):
    """One finding, and where it was reported."""

    report: Report
    mark: Mark | None
    """The criterion's mark; None for findings of intake and signs of tampering."""
    finding: Finding
    fingerprint: str
    """An identifier that stays the same even after lines above the finding are added or removed."""
    is_promise: bool = False
    """True if the finding stands for a broken promise."""

    @property
    def file(self) -> str | None:
        """The file that the finding is about: its own, else the first that the brief asks for; None without either."""
        report, finding = self.report, self.finding
        if report.status is ReportStatus.REJECTED:
            return None if finding.id == MISSING else finding.file
        return finding.file or next(iter(report.challenge.modules or ()), None)

    @property
    def line(self) -> int | None:
        """The line in that file; 1 if the finding itself names no file."""
        return self.finding.line or (1 if self.file and not self.finding.file else None)


def reports(report: Report | RepositoryReport) -> tuple[Report, ...]:
    """Return the report of each challenge."""
    return report.reports if isinstance(report, RepositoryReport) else (report,)


def skills_with_challenge(report: Report | RepositoryReport) -> tuple[str, ...] | None:
    """Return the skills that could be graded, or None if the report does not say."""
    said = report.skills_with_challenge if isinstance(report, RepositoryReport) else UNSET
    return None if said is UNSET else said


def name(report: Report) -> str:
    """Return the challenge's name, `area/slug`."""
    return report.challenge.name


def findings(report: Report) -> Iterator[Said]:
    """Yield every finding of a report: broken promises first, then the criteria's others, then those without one."""
    seen: dict[str, int] = {}
    pairs: list[tuple[Mark | None, Finding]] = []
    promises: set[int] = set()
    for criterion in report.criteria:
        beside = {id(finding) for finding in beside_promises(criterion)}
        promises |= {id(finding) for finding in criterion.findings} - beside
        pairs += [(criterion, finding) for finding in criterion.findings]
    pairs.sort(key=lambda pair: id(pair[1]) not in promises)
    for mark, finding in [*pairs, *((None, finding) for finding in report.findings)]:
        identity = _identity(report, finding)
        seen[identity] = seen.get(identity, 0) + 1
        fingerprint = hashlib.sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest()
        yield Said(report, mark, finding, fingerprint, id(finding) in promises)


def place(report: Report, file: str, view: View) -> str:
    """Return the path, with `/`, by which a CI service knows a file of the submission.

    For a revision, that is the path in the repository; otherwise it is the path from the view's base, or the path as
    the user named it.
    """
    path, root = report.submission.path, report.submission.root
    if root and (path == root or path.startswith(f"{root}/")):
        return posixpath.normpath(posixpath.join(path[len(root) + 1 :], file))
    whole = posixpath.normpath(posixpath.join(path, file))
    base = view.base.rstrip("/")
    if base and whole.startswith(f"{base}/"):
        return whole[len(base) + 1 :]
    return file if whole.startswith(("/", "../")) else whole


def sentence(finding: Finding) -> str:
    """Return a finding's message and remedy on one line."""
    message = one_line(finding.message.removeprefix(f"{finding.file}: "))
    advice = one_line(finding.help)
    if not advice:
        return message
    return f"{message} {advice}" if message.endswith((".", "!", "?")) else f"{message}. {advice}"


def _identity(report: Report, finding: Finding) -> str:
    """Return what identifies a finding regardless of its current line number."""
    line = ""
    if finding.file and finding.line:
        lines = report.sources.get(finding.file, "").split("\n")
        line = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    return "\0".join((name(report), finding.id, finding.file or "", finding.message, line))
