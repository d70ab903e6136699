"""Keeps the last report on each folder that was graded here, so that the next report can say what changed. Losing a
report does no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec

from grader.caches import cache_home
from grader.model import Report
from grader.report.audience import told
from grader.report.view import Audience
from grader.store import files
from grader.store.codec import StoredReportError, encode, read

MOST = 200
"""The number of reports to keep."""


def last(report: Report) -> Report | None:
    """Return the report that `keep` stored for this submission's folder and challenge; None if there is none."""
    try:
        known = read(_place(report)).report
    except (StoredReportError, OSError):
        return None
    return known if isinstance(known, Report) and known.challenge.name == report.challenge.name else None


def keep(report: Report) -> None:
    """Store the parts of a report that a candidate may see, without any sources."""
    shown = told(report, Audience.CANDIDATE)
    assert isinstance(shown, Report)
    with contextlib.suppress(OSError):
        place = _place(report)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(place, encode(msgspec.structs.replace(shown, sources={})), mode=0o600, durable=False)
        kept = sorted(place.parent.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-MOST]:
            old.unlink(missing_ok=True)


def _place(report: Report) -> Path:
    name = f"{os.path.realpath(report.submission.path)}\0{report.challenge.name}"
    return cache_home() / "last" / f"{hashlib.sha256(os.fsencode(name)).hexdigest()}.json"
