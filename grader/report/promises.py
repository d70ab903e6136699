"""Promises and findings of a mark, told once.

The rubric gives each broken promise a finding too, for formats that know nothing but findings (SARIF, annotations).
Formats that show promises show the other findings beside them.
"""

from __future__ import annotations

from grader.model import Finding, Mark, Promise, PromiseOutcome


def broken(mark: Mark) -> tuple[Promise, ...]:
    """Promises that are not kept, or not measured."""
    return tuple(promise for promise in mark.promises if promise.outcome is not PromiseOutcome.KEPT)


def beside_promises(mark: Mark) -> tuple[Finding, ...]:
    """Findings that do not repeat a promise of the mark."""
    repeated = {_finding_id(mark, promise) for promise in mark.promises}
    return tuple(finding for finding in mark.findings if finding.id not in repeated)


def _finding_id(mark: Mark, promise: Promise) -> str:
    name = promise.id.partition("[")[0].removeprefix("test_")
    return f"{mark.kind.value}.{mark.id}.{name}"
