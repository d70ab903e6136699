"""Reports in files. A *record* holds everything; a JSON report is a view of it for an audience.

    record        {"record_version": 1, and every field of the report, as it was measured}
    JSON report   {"format_version": 1, the fields that the audience may see, rounded and made visible}

Both decode to a `Report`. `Stored.is_record` says which of the two a file holds, and `missing` what a view lacks.

Versions of the record: 1, the first. (Version 0.1.0 of this product kept only JSON reports.)
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.errors import UserError
from grader.model import Report, RepositoryReport

LARGEST = 64 << 20
"""The maximum number of bytes in a report; no genuine report is larger."""
RECORD_VERSION = 1


class StoredReportError(UserError):
    """The file is not a report of this product."""


class Stored(NamedTuple):
    """The content of a stored file."""

    report: Report | RepositoryReport
    is_record: bool

    @property
    def missing(self) -> str:
        """The parts of a record that a view lacks, in words; empty for a record and for a view that lacks nothing."""
        if self.is_record or any(_is_whole(report) for report in each(self.report)):
            return ""
        return (
            "this is a view for candidates, not a record: hidden tests, drawn inputs, traces and findings for "
            "reviewers are missing. Use a report from a batch's results folder, or one that --format record wrote"
        )


class _Record(Report, frozen=True, kw_only=True):
    record_version: int


class _RepositoryRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    record_version: int
    format_version: int = 1
    reports: tuple[Report, ...]
    skills_with_challenge: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def encode(report: Report | RepositoryReport) -> bytes:
    """Return the record of a report: nothing is rounded, left out or made visible."""
    record: _Record | _RepositoryRecord
    if isinstance(report, RepositoryReport):
        record = _RepositoryRecord(record_version=RECORD_VERSION, **msgspec.structs.asdict(report))
    else:
        record = _Record(record_version=RECORD_VERSION, **msgspec.structs.asdict(report))
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def decode(data: bytes, where: str) -> Stored:
    """Decode a record or a JSON report; `where` names it in messages. Raises StoredReportError."""
    try:
        top = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(top["record_version"], type=int) if "record_version" in top else None
        if version not in (None, RECORD_VERSION):
            raise StoredReportError(
                where,
                f"the record's version is {version}, but this grader reads version {RECORD_VERSION}",
                "Update the grader",
            )
        return Stored(_decoded(data, several="reports" in top, record=version is not None, where=where), bool(version))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoredReportError(
            where,
            f"this is not a report of format version 1 ({error})",
            "Pass a file that --format json or --format record wrote",
        ) from None


def read(path: Path) -> Stored:
    """Read a record or a JSON report, of a submission or of a repository. Raises StoredReportError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise StoredReportError(
            str(path), str(error.strerror), "Pass a report that --format json or --format record wrote"
        ) from None
    if len(data) > LARGEST:
        raise StoredReportError(
            str(path), f"the file is larger than {LARGEST >> 20} MiB, which no report is", "Pass another file"
        )
    return decode(data, str(path))


def each(report: Report | RepositoryReport) -> tuple[Report, ...]:
    """Return the reports on single submissions that a report consists of."""
    return report.reports if isinstance(report, RepositoryReport) else (report,)


def named_to(report: Report | RepositoryReport, person: str) -> Report | RepositoryReport:
    """Return the report with every single one naming a person."""
    if isinstance(report, Report):
        return msgspec.structs.replace(report, person=person)
    singles = tuple(msgspec.structs.replace(single, person=person) for single in report.reports)
    return msgspec.structs.replace(report, reports=singles)


def _decoded(data: bytes, *, several: bool, record: bool, where: str) -> Report | RepositoryReport:
    report: Report | RepositoryReport
    if several and record:
        fields = msgspec.structs.asdict(msgspec.json.decode(data, type=_RepositoryRecord))
        del fields["record_version"]
        report = RepositoryReport(**fields)
    elif several:
        report = msgspec.json.decode(data, type=RepositoryReport)
    elif record:
        fields = msgspec.structs.asdict(msgspec.json.decode(data, type=_Record))
        del fields["record_version"]
        report = Report(**fields)
    else:
        report = msgspec.json.decode(data, type=Report)
    if report.format_version != 1:
        raise StoredReportError(
            where,
            f"the report's format version is {report.format_version}, but this grader reads version 1",
            "Update the grader",
        )
    return report


def _is_whole(report: Report) -> bool:
    """Return whether a view shows what only reviewers see. If every promise was kept, the views for both audiences look
    alike.
    """
    return any(promise.detail and promise.detail.source for mark in report.criteria for promise in mark.promises)
