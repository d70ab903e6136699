"""A JSON report on disk -> the values it was made from, strictly."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.model import Report, RepositoryReport

LARGEST = 64 << 20
"""Bytes of a report that anybody wrote with this product."""


class StoredReportError(Exception):
    """The file is no report of this product. The message says where, what and what to do."""


def read(path: Path) -> Report | RepositoryReport:
    """Read one report, of a submission or of a repository. Raises StoredReportError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise StoredReportError(f"{path}: {error.strerror}. Name a report that --format json wrote.") from None
    if len(data) > LARGEST:
        raise StoredReportError(f"{path}: is larger than {LARGEST >> 20} MiB, which no report is.")
    return parse(data, str(path))


def parse(data: bytes, where: str) -> Report | RepositoryReport:
    """Decode a report; `where` names it in messages. Raises StoredReportError."""
    try:
        top = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        report: Report | RepositoryReport
        if "reports" in top:
            report = msgspec.json.decode(data, type=RepositoryReport)
        else:
            report = msgspec.json.decode(data, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoredReportError(
            f"{where}: is not a report of format version 1 ({error}). Name a file that --format json wrote."
        ) from None
    if report.format_version != 1:
        raise StoredReportError(
            f"{where}: has format version {report.format_version}; this grader reads version 1. Update the grader."
        )
    return report


def each(report: Report | RepositoryReport) -> tuple[Report, ...]:
    """The reports of single submissions in it."""
    return report.reports if isinstance(report, RepositoryReport) else (report,)
