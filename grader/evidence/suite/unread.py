"""Findings about what a child reported: code that is in no file, and what the submission reached for that it was not
given, in the same words as findings from the text."""

from __future__ import annotations

from collections.abc import Sequence

from grader.inside.tampering.answer import FROM_TEXT, HELP, MESSAGES, REACHED
from grader.model import Finding, Severity
from sandbox.inside.reports import REACH
from sandbox.text import visible

MOST = 200


def unread_findings(reports: Sequence[str]) -> tuple[Finding, ...]:
    """Return one finding for each place that was reported, whatever the reports say."""
    found: dict[tuple[str, str | None, int | None], Finding] = {}
    for text in reports:
        path, _, rest = text.partition("\0")
        line, _, what = rest.partition("\0")
        where = (
            visible(path, most=MOST) or None,
            int(line) if line.isascii() and line.isdecimal() and len(line) < 8 else None,
        )
        kind = REACHED if what.startswith(REACH) else FROM_TEXT
        found.setdefault(
            (kind, *where),
            Finding(
                id=kind,
                severity=Severity.ERROR,
                message=MESSAGES[kind].format(visible(what.removeprefix(REACH), most=MOST)),
                help=HELP[kind],
                file=where[0],
                line=where[1] if where[0] else None,
            ),
        )
    return tuple(found.values())
