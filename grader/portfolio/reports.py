"""The reports of a portfolio: read one by one, each with who vouches for it.

A report that its owner made alone, or whose signature no given key confirms, is *self-graded*: it is shown with its
marks, and counts for nothing that others issue. A report is *signed* if a key that the reader trusts signed it, and
*practice* if it is from a practice session, whoever signed it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.model import Report, ReportStatus, RepositoryReport, SessionKind, SessionRef, Struct
from grader.portfolio.folder import PortfolioFolder, add, file_word
from grader.portfolio.strict import FileProblem
from grader.report import render
from grader.report.figures import number
from grader.store.codec import LARGEST, StoredReportError, decode, each
from grader.store.sign import SignatureError, check, key_id, sign, unverified

MOST = 100
"""The highest percentage that a report may have."""
PRACTICE = "it is from a practice session, which counts for nothing"
REMEDY = "Replace it with a report that `grader grade --format json` wrote, or remove it"
_BYTE = re.compile(r"\(byte (\d+)\)")


class KeptReport(Struct, frozen=True, kw_only=True):
    """One report of a portfolio."""

    file: str
    """Its name in `reports/`."""
    report: Report
    signer: str = ""
    """The trusted key that signed it; empty if it is self-graded."""
    signed_by: str = ""
    """The name that the reader's list has for that key, if it has one."""
    digest: str = ""
    """The SHA-256 digest of its file, which may hold several reports."""
    note: str = ""
    """Why a signed report is not taken for one."""

    @property
    def date(self) -> str:
        """The day on which it was graded, ISO 8601; empty if the report does not say."""
        return graded_on(self.report)

    @property
    def moment(self) -> str:
        """The time of grading, which orders the reports."""
        graded = self.report.graded_at
        return "" if isinstance(graded, msgspec.UnsetType) else graded

    @property
    def is_practice(self) -> bool:
        """Return whether it is from a practice session, and so counts for nothing, whoever signed it."""
        session = self.report.session
        return isinstance(session, SessionRef) and session.kind is SessionKind.PRACTICE

    @property
    def is_issued(self) -> bool:
        """Return whether it says that it is from a session that an issuer held; only a signature shows that it was."""
        session = self.report.session
        return isinstance(session, SessionRef) and session.kind is SessionKind.ISSUED

    @property
    def provenance(self) -> str:
        """Who vouches for it, in words."""
        if self.is_practice:
            return SessionKind.PRACTICE.value
        return f"signed by {self.signed_by or self.signer}" if self.signer else "self-graded"

    @property
    def result(self) -> str:
        """How it ended, in words: `63.33 %, level 2`."""
        if self.report.status is not ReportStatus.GRADED:
            return self.report.status.value
        level = f"level {self.report.level.value}" if self.report.level else "no level yet"
        return f"{number(self.report.percent)} %, {level}"


def graded_on(report: Report) -> str:
    """Return the day on which a report was made, ISO 8601; empty if it does not say, or says something else."""
    graded = report.graded_at
    try:
        return "" if isinstance(graded, msgspec.UnsetType) else dt.date.fromisoformat(graded[:10]).isoformat()
    except ValueError:
        return ""


class KeptReports(NamedTuple):
    """The reports that could be read, oldest first, and what is wrong with the other files."""

    reports: tuple[KeptReport, ...]
    problems: tuple[FileProblem, ...]


def read_reports(folder: PortfolioFolder, issuers: Sequence[bytes] = ()) -> KeptReports:
    """Read every report; `issuers` are the public keys that the reader trusts. Raises PortfolioError, BadKey."""
    reports: list[KeptReport] = []
    problems: list[FileProblem] = []
    for path in folder.listed(folder.reports, ".json"):
        try:
            reports += [*_read(path, issuers)]
        except (StoredReportError, SignatureError, OSError) as error:
            problems.append(_problem(path, error))
    return KeptReports(tuple(sorted(reports, key=lambda attempt: (attempt.moment, attempt.file))), tuple(problems))


def keep(
    folder: PortfolioFolder, report: Report | RepositoryReport, private_pem: bytes | None = None
) -> list[tuple[Path, bool]]:
    """Add what a candidate may see of each report that was graded, signed if there is a key. Returns each path, and
    whether it is new. Raises PortfolioError, BadKey.
    """
    paths = []
    for single in each(report):
        if single.status is not ReportStatus.REJECTED:
            content = render(single, "json").encode()
            path = folder.reports / f"{_name(single, content)}{'.signed' if private_pem else ''}.json"
            paths.append((path, add(path, sign(content, private_pem) if private_pem else content)))
    return paths


def copy(folder: PortfolioFolder, path: Path) -> tuple[Path, bool]:
    """Add a report's file as it is, signed or not. Raises PortfolioError, StoredReportError or SignatureError."""
    content = inputs.read(path, most=LARGEST)
    (first, *_) = each(_opened(content, str(path)))
    ending = ".signed.json" if _is_envelope(content) else ".json"
    target = folder.reports / f"{_name(first, content)}{ending}"
    return target, add(target, content)


def _read(path: Path, issuers: Sequence[bytes]) -> Iterator[KeptReport]:
    content = inputs.read(path, most=LARGEST)
    report = _opened(content, str(path))
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    signer = note = ""
    if _is_envelope(content):
        signer = _signer(content, issuers)
        note = "" if signer else "it was signed, but not with a key given with --issuer"
    for single in each(report):
        if not 0 <= single.percent <= MOST:
            raise StoredReportError(
                str(path), f"contains a report with an impossible score of {single.percent:g} %", REMEDY
            )
        kept = KeptReport(file=path.name, digest=digest, report=single, signer=signer, note=note)
        yield msgspec.structs.replace(kept, signer="", note=PRACTICE) if kept.is_practice else kept


def _opened(content: bytes, where: str) -> Report | RepositoryReport:
    return unverified(content) if _is_envelope(content) else decode(content, where).report


def _is_envelope(content: bytes) -> bool:
    return b'"payloadType"' in content[:4096]


def _signer(content: bytes, issuers: Sequence[bytes]) -> str:
    for key in issuers:
        try:
            check(content, key)
        except SignatureError:
            continue
        return key_id(key)
    return ""


def _problem(path: Path, error: Exception) -> FileProblem:
    if not isinstance(error, StoredReportError):
        return FileProblem(file=str(path), got=str(getattr(error, "strerror", "") or error), remedy=REMEDY)
    at, line = _BYTE.search(error.got), None
    if at or "truncated" in error.got:
        content = inputs.read(path, most=LARGEST)
        line = content.count(b"\n", 0, int(at[1]) if at else len(content)) + 1
    return FileProblem(file=str(path), line=line, got=error.got, remedy=REMEDY)


def _name(report: Report, content: bytes) -> str:
    challenge = f"{report.challenge.area.value}-{file_word(report.challenge.slug)}"
    return f"{challenge}-{graded_on(report) or 'undated'}-{hashlib.sha256(content).hexdigest()[:8]}"
