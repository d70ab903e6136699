"""Long lists cut to what a person reads: a few of each kind, and how many were left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from grader.model import Finding, Promise

MOST = 12
"""Entries of one criterion."""
MOST_OF_A_KIND = 3
"""Findings with one id."""


class Abridged(NamedTuple):
    """What is shown, and how many entries are not."""

    findings: tuple[Finding, ...]
    missing: int


def abridged(findings: Sequence[Finding]) -> Abridged:
    """At most a few findings of each kind, in order. Advice that was given already is not given again."""
    seen: Counter[str] = Counter()
    advised: set[str] = set()
    shown: list[Finding] = []
    for finding in findings:
        seen[finding.id] += 1
        if seen[finding.id] > MOST_OF_A_KIND or len(shown) == MOST:
            continue
        shown.append(msgspec.structs.replace(finding, help="") if finding.help in advised else finding)
        advised.add(finding.help)
    return Abridged(tuple(shown), len(findings) - len(shown))


def first(promises: Sequence[Promise]) -> tuple[Promise, ...]:
    """As many promises as one criterion shows."""
    return tuple(promises[:MOST])
