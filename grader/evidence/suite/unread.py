"""Findings about code that a submission ran but that is in no file, in the same words as findings from the text."""

from __future__ import annotations

from collections.abc import Sequence

from grader.inside.tampering.answer import FROM_TEXT, HELP, MESSAGES
from grader.model import Finding, Severity
from sandbox.text import visible

MOST = 200


def unread_findings(reports: Sequence[str]) -> tuple[Finding, ...]:
    """Return one finding for each place that was reported, whatever the reports say."""
    found: dict[tuple[str | None, int | None], Finding] = {}
    for text in reports:
        path, _, rest = text.partition("\0")
        line, _, what = rest.partition("\0")
        where = (
            visible(path, most=MOST) or None,
            int(line) if line.isascii() and line.isdecimal() and len(line) < 8 else None,
        )
        found.setdefault(
            where,
            Finding(
                id=FROM_TEXT,
                severity=Severity.ERROR,
                message=MESSAGES[FROM_TEXT].format(visible(what, most=MOST)),
                help=HELP[FROM_TEXT],
                file=where[0],
                line=where[1] if where[0] else None,
            ),
        )
    return tuple(found.values())
