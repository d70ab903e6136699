"""Adds a reviewer's marks to a report, from a small TOML file with name and date; never replaces measured marks
silently.

format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
submission = "sha256:..."            # the digest in the report, so that a review cannot land on other code
challenge = "architecture/solid"     # with the person, for a review that is signed
person = "Ada Lovelace"
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

from grader import inputs
from grader.challenges.challenge import Challenge
from grader.errors import UserError
from grader.model import Mark, MarkStatus, PeerMark, Report, Review, ReviewMark, Struct
from grader.rubric import with_marks


class ReviewError(UserError):
    """The review cannot be added to the report."""


class ReviewFile(Struct, frozen=True, kw_only=True):
    """A review as written by hand."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    reviewer: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
    date: dt.date
    submission: str = ""
    challenge: str = ""
    """`area/slug`; required where the review is signed."""
    person: str = ""
    """Whose submission it is, as the report names the person; required where the review is signed."""
    comment: str = ""
    mark: tuple[ReviewMark, ...] = ()
    peer: tuple[PeerMark, ...] = ()


def read_review(path: Path) -> ReviewFile:
    """Read a review file. Raises ReviewError."""
    try:
        return inputs.toml(inputs.read(path), ReviewFile)
    except OSError as error:
        raise ReviewError(
            f"{path}: {error.strerror}. Choose another file, or leave out --from to be asked for the marks."
        ) from None
    except msgspec.DecodeError as error:
        raise ReviewError(f"{path}: {error}. Run `grader review --help` to see what a review looks like.") from None


def reviewed(report: Report, review: ReviewFile, challenge: Challenge) -> Report:
    """Return the report with the review added and the points recalculated. Raises ReviewError."""
    if review.submission and review.submission != report.submission.digest:
        raise ReviewError(
            f"the review is about {review.submission}, but the report is about {report.submission.digest}. "
            "Choose the report that was reviewed."
        )
    refuse_twice("mark", [entry.criterion for entry in review.mark])
    refuse_twice("peer", [entry.criterion.value for entry in review.peer])
    marks = {mark.id: mark for mark in report.criteria}
    for entry in review.mark:
        _check(entry, marks)
    return _joined(report, review, challenge)


def reapplied(report: Report, review: ReviewFile, challenge: Challenge) -> Report:
    """Return the report with an earlier review added, even over marks that were measured since then.

    Raises ReviewError if the challenge no longer has such a criterion, or has fewer points for it.
    """
    marks = {mark.id: mark for mark in report.criteria}
    for entry in review.mark:
        _find(entry, marks)
    return _joined(report, review, challenge)


def as_file(review: Review, digest: str) -> ReviewFile:
    """Return a report's review in the form of the file from which it was read."""
    return ReviewFile(
        format_version=1,
        reviewer=review.reviewer,
        date=dt.date.fromisoformat(review.date),
        submission=digest,
        comment=review.comment,
        mark=review.marks,
        peer=review.peer,
    )


def without_reviews(report: Report, challenge: Challenge) -> Report:
    """Return the report as measured, before anybody reviewed it."""
    if not report.reviews:
        return report
    return msgspec.structs.replace(with_marks(report, measured_marks(report), challenge), reviews=())


def measured_marks(report: Report) -> tuple[Mark, ...]:
    """Return the report's marks as measured, before anybody reviewed the report."""
    marks = {mark.id: mark for mark in report.criteria}
    for review in reversed(report.reviews):
        for entry in review.marks:
            if entry.criterion in marks:
                marks[entry.criterion] = _unmarked(marks[entry.criterion], entry)
    return tuple(marks.values())


def _joined(report: Report, review: ReviewFile, challenge: Challenge) -> Report:
    marks = {mark.id: mark for mark in report.criteria}
    replaced = []
    for entry in review.mark:
        mark = marks[entry.criterion]
        measured = None if mark.status is MarkStatus.NOT_MEASURED else mark.earned
        replaced.append(msgspec.structs.replace(entry, measured=measured))
        marks[entry.criterion] = _marked(mark, entry, review.reviewer)
    joined = Review(
        reviewer=review.reviewer,
        date=review.date.isoformat(),
        comment=review.comment,
        marks=tuple(replaced),
        peer=review.peer,
    )
    report = with_marks(report, tuple(marks.values()), challenge)
    return msgspec.structs.replace(report, reviews=(*report.reviews, joined))


def refuse_twice(table: str, criteria: Sequence[str]) -> None:
    """Raise ReviewError if a review lists a criterion twice: nobody knows which entry was meant."""
    for place, criterion in enumerate(criteria):
        if criterion in criteria[:place]:
            raise ReviewError(f"the {table} for {criterion!r} is listed twice. Keep one of the two.")


def _find(given: ReviewMark, marks: dict[str, Mark]) -> Mark:
    mark = marks.get(given.criterion)
    if mark is None:
        raise ReviewError(
            f"mark for {given.criterion!r}: there is no such criterion. The criteria are: {', '.join(marks)}."
        )
    if not 0 <= given.points <= mark.points:
        raise ReviewError(
            f"mark for {given.criterion!r}: got {given.points:g} points, but the criterion allows 0 to {mark.points:g}."
        )
    return mark


def _check(given: ReviewMark, marks: dict[str, Mark]) -> None:
    mark = _find(given, marks)
    if mark.status is MarkStatus.NOT_MEASURED:
        return
    if not given.override:
        raise ReviewError(
            f"mark for {given.criterion!r}: {mark.earned:g} of {mark.points:g} points have already been "
            f"{f'given by {mark.reviewer}' if mark.reviewer else 'measured'}. Add `override = true` to replace them."
        )
    if not given.comment.strip():
        raise ReviewError(f"mark for {given.criterion!r}: the mark replaces points, so its `comment` must say why.")


def _marked(mark: Mark, given: ReviewMark, reviewer: str) -> Mark:
    status = _status(given.points, mark.points)
    return msgspec.structs.replace(mark, earned=given.points, status=status, reviewer=reviewer, reason="")


def _unmarked(mark: Mark, given: ReviewMark) -> Mark:
    if given.measured is None:
        return msgspec.structs.replace(
            mark, earned=0.0, status=MarkStatus.NOT_MEASURED, reviewer="", reason="a reviewer marks this"
        )
    return msgspec.structs.replace(
        mark, earned=given.measured, status=_status(given.measured, mark.points), reviewer=""
    )


def _status(earned: float, points: float) -> MarkStatus:
    return MarkStatus.EARNED if earned == points else MarkStatus.PARTIAL if earned else MarkStatus.LOST


def awaiting(report: Report) -> Sequence[Mark]:
    """Return the marks that only a reviewer can give and nobody has given yet."""
    return [mark for mark in report.criteria if mark.awaits_review]
