"""The page's signs and words for every outcome, and its selections from a report."""

from __future__ import annotations

from typing import NamedTuple

from grader.framework import Standing
from grader.model import Mark, MarkStatus, Promise, PromiseOutcome, Report, Severity
from grader.report.promises import beside_promises, to_explain


class PageSign(NamedTuple):
    """A sign, the class that colours it, and the word that a screen reader reads instead."""

    sign: str
    tone: str
    word: str


MARKS = {
    MarkStatus.EARNED: PageSign("✓", "good", "earned"),
    MarkStatus.PARTIAL: PageSign("~", "fair", "partly earned"),
    MarkStatus.LOST: PageSign("✗", "bad", "lost"),
    MarkStatus.NOT_MEASURED: PageSign("?", "open", "not measured"),
}
PROMISES = {
    PromiseOutcome.KEPT: PageSign("✓", "good", "kept"),
    PromiseOutcome.BROKEN: PageSign("✗", "bad", "broken"),
    PromiseOutcome.NOT_MEASURED: PageSign("?", "open", "not measured"),
}
FINDINGS = {
    Severity.ERROR: PageSign("error", "bad", "error"),
    Severity.WARNING: PageSign("warning", "fair", "warning"),
    Severity.NOTE: PageSign("note", "open", "note"),
}
STANDINGS = {
    Standing.DEMONSTRATED: PageSign("✓", "good", "demonstrated"),
    Standing.PARTIAL: PageSign("~", "fair", "partial"),
    Standing.MISSING: PageSign("·", "none", "missing"),
    Standing.NO_CHALLENGE: PageSign("–", "none", "no challenge yet"),  # noqa: RUF001 - as wide as the other signs
}


def lost(report: Report) -> tuple[Mark, ...]:
    """Return the criteria about which there is something to say: what was lost, or findings besides broken promises.

    A criterion whose promises all wait for a cause is left out: the cause heads the report.
    """
    return tuple(mark for mark in report.criteria if mark.reason or to_explain(mark) or beside_promises(mark))


def loses(report: Report) -> bool:
    """Return whether any criterion was not earned in full."""
    return any(mark.status is not MarkStatus.EARNED for mark in report.criteria)


def kept(mark: Mark) -> tuple[Promise, ...]:
    """Return a criterion's kept promises."""
    return tuple(promise for promise in mark.promises if promise.outcome is PromiseOutcome.KEPT)


def open_reviews(report: Report) -> tuple[Mark, ...]:
    """Return the criteria that still await a person's mark."""
    return tuple(mark for mark in report.criteria if mark.awaits_review)
