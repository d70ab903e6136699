"""A reviewer's marks: a small TOML file joins a report, with name and date; measured marks are never replaced silently.

format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
submission = "sha256:..."            # the digest in the report, so that a review cannot land on other code
comment = "Clear and careful."

[[mark]]                             # points for a criterion of kind `review`
criterion = "design"
points = 7.5
comment = "Good seams; the factory does too much."

[[peer]]                             # the framework's five peer criteria, level 1 to 4
criterion = "documentation"
level = 3
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from grader.challenges.challenge import Challenge
from grader.model import Mark, MarkStatus, PeerMark, Report, Review, ReviewMark, Struct
from grader.store.regrade import with_marks


class ReviewError(Exception):
    """The review cannot join the report. The message says where, what and what to do."""


class ReviewFile(Struct, frozen=True, kw_only=True):
    """A review as it is written by hand."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    reviewer: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
    date: dt.date
    submission: str = ""
    comment: str = ""
    mark: tuple[ReviewMark, ...] = ()
    peer: tuple[PeerMark, ...] = ()


def read_review(path: Path) -> ReviewFile:
    """Read a review file. Raises ReviewError."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ReviewFile)
    except OSError as error:
        raise ReviewError(f"{path}: {error.strerror}. `grader review REPORT` asks for the marks instead.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReviewError(f"{path}: {error}. `grader review --help` shows what a review looks like.") from None


def reviewed(report: Report, review: ReviewFile, challenge: Challenge) -> Report:
    """The report with the review in it, added up anew. Raises ReviewError."""
    if review.submission and review.submission != report.submission.digest:
        raise ReviewError(f"the review is about {review.submission}, the report about {report.submission.digest}.")
    marks = {mark.id: mark for mark in report.criteria}
    given = [_checked(one, marks) for one in review.mark]
    for one in given:
        marks[one.criterion] = _marked(marks[one.criterion], one, review.reviewer)
    joined = Review(
        reviewer=review.reviewer,
        date=review.date.isoformat(),
        comment=review.comment,
        marks=tuple(given),
        peer=review.peer,
    )
    report = with_marks(report, tuple(marks.values()), challenge)
    return msgspec.structs.replace(report, reviews=(*report.reviews, joined))


def _checked(given: ReviewMark, marks: dict[str, Mark]) -> ReviewMark:
    mark = marks.get(given.criterion)
    if mark is None:
        raise ReviewError(f"mark for {given.criterion!r}: no such criterion. The report has: {', '.join(marks)}.")
    if not 0 <= given.points <= mark.points:
        raise ReviewError(f"mark for {given.criterion!r}: {given.points:g} points; it takes 0 to {mark.points:g}.")
    if mark.status is MarkStatus.NOT_MEASURED:
        return msgspec.structs.replace(given, measured=None)
    if not given.override:
        raise ReviewError(
            f"mark for {given.criterion!r}: {mark.earned:g} of {mark.points:g} points are there already"
            f"{f' from {mark.reviewer}' if mark.reviewer else ', measured'}. Say `override = true` to replace them."
        )
    if not given.comment.strip():
        raise ReviewError(f"mark for {given.criterion!r}: it replaces points; `comment` must say why.")
    return msgspec.structs.replace(given, measured=mark.earned)


def _marked(mark: Mark, given: ReviewMark, reviewer: str) -> Mark:
    full = given.points == mark.points
    status = MarkStatus.EARNED if full else MarkStatus.PARTIAL if given.points else MarkStatus.LOST
    return msgspec.structs.replace(mark, earned=given.points, status=status, reviewer=reviewer, reason="")


def awaiting(report: Report) -> Sequence[Mark]:
    """The criteria that nobody has marked yet and no machine will."""
    return [mark for mark in report.criteria if mark.status is MarkStatus.NOT_MEASURED and mark.kind == "review"]
