"""Numbers as every renderer writes them. Rounding happens here and in the JSON report, nowhere earlier."""

from __future__ import annotations

import datetime as dt

from grader.model import MEASURED_PART, Mark, MarkStatus, Report
from grader.report.visible import one_line


def minutes_in_words(count: int) -> str:
    """Return `1 minute`, `90 minutes`."""
    return f"{count} minute" if count == 1 else f"{count} minutes"


def number(value: float) -> str:
    """Format a number with at most two decimals and no trailing zeros: 40, 12.5, 33.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def share(earned: float, points: float) -> float:
    """Return the earned share of the points, from 0 to 1."""
    return min(1.0, max(0.0, earned / points)) if points > 0 else 0.0


def marked(mark: Mark) -> str:
    """Put a mark's points into words: `12.5 of 20`, `not measured`."""
    if mark.status is MarkStatus.NOT_MEASURED:
        return "not measured"
    return f"{number(mark.earned)} of {number(mark.points)}"


def level(report: Report) -> str:
    """Put the level into words: `Level 3, Senior`."""
    if report.level is None:
        return report.level_title or "no level yet"
    return f"Level {report.level.value}, {report.level_title or report.level.title}"


def open_part(report: Report) -> str:
    """Say what an incomplete report leaves open."""
    return MEASURED_PART if report.level_title == MEASURED_PART else "not everything was measured"


def moment(text: str) -> str:
    """Format an ISO 8601 time for people, such as `2026-11-29 12:00 UTC`."""
    try:
        when = dt.datetime.fromisoformat(text)
        return f"{when.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return one_line(text)


def seconds(milliseconds: float) -> str:
    """Format a duration for people, such as `840 ms` or `2.4 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
