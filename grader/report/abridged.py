"""Long lists cut to what a person will read: a few entries of each kind, and the number left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from grader.model import Finding, Promise

MOST = 12
"""The most entries shown for one criterion."""
MOST_LINES = 12
"""The most line numbers listed for one finding."""
MOST_OF_A_KIND = 3
"""The most findings shown with the same id."""


class Abridged(NamedTuple):
    """The findings that are shown, and the number of those that are not."""

    findings: tuple[Finding, ...]
    missing: int


def abridged(findings: Sequence[Finding], *, most: int = MOST) -> Abridged:
    """Return at most a few findings of each kind, in order, merging equal ones and listing their lines.

    Each piece of advice is given only once.
    """
    seen: Counter[str] = Counter()
    advised: set[str] = set()
    shown: list[Finding] = []
    missing = 0
    for finding, lines in _collapsed(findings):
        seen[finding.id] += 1
        if seen[finding.id] > MOST_OF_A_KIND or len(shown) == most:
            missing += len(lines)
            continue
        if len(lines) > 1:
            finding = msgspec.structs.replace(finding, message=f"{finding.message} {_places(lines)}")
        shown.append(msgspec.structs.replace(finding, help="") if finding.help in advised else finding)
        advised.add(finding.help)
    return Abridged(tuple(shown), missing)


def _collapsed(findings: Sequence[Finding]) -> Iterator[tuple[Finding, list[int | None]]]:
    """Yield the first of each set of findings that differ only in their position, with the lines of the whole set."""
    lines: dict[Finding, list[int | None]] = {}
    firsts: dict[Finding, Finding] = {}
    for finding in findings:
        bare = msgspec.structs.replace(finding, line=None, column=None)
        firsts.setdefault(bare, finding)
        lines.setdefault(bare, []).append(finding.line)
    yield from ((firsts[bare], line) for bare, line in lines.items())


def _places(lines: Sequence[int | None]) -> str:
    """Format the places of a finding, such as `(23 times: lines 7, 14, 19, ...)`."""
    known = sorted({line for line in lines if line is not None})
    more = ", ..." if len(known) > MOST_LINES else ""
    where = f": lines {', '.join(map(str, known[:MOST_LINES]))}{more}" if len(known) > 1 else ""
    return f"({len(lines)} times{where})"


def first(promises: Sequence[Promise]) -> tuple[Promise, ...]:
    """Return as many promises as are shown for one criterion."""
    return tuple(promises[:MOST])
