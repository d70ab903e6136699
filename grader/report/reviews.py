"""Reviewers' additions to a report, in the same words for every renderer."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model import Report, Review
from grader.report.figures import number


def review_lines(report: Report) -> list[tuple[str, list[str]]]:
    """Return each review's heading (reviewer and day) and its lines."""
    titles = {mark.id: mark.title for mark in report.criteria}
    return [
        (f"Reviewed by {review.reviewer}, {review.date}", list(_lines(review, titles))) for review in report.reviews
    ]


def _lines(review: Review, titles: dict[str, str]) -> Iterator[str]:
    if review.comment:
        yield review.comment
    for mark in review.marks:
        replaced = f" (measured: {number(mark.measured)})" if mark.measured is not None else ""
        yield _with(
            f"{titles.get(mark.criterion, mark.criterion)}: {number(mark.points)} points{replaced}", mark.comment
        )
    for peer in review.peer:
        yield _with(f"{peer.criterion.words}: level {peer.level.value}, {peer.level.title}", peer.comment)


def _with(words: str, comment: str) -> str:
    return f"{words}. {comment}" if comment else f"{words}."
