"""Grades a report's submission again, provided its digest is the same. Measured marks may be kept (resuming)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from grader.assess.find import Assignment, find_again
from grader.challenges.catalogue import Catalogue
from grader.challenges.challenge import Challenge
from grader.errors import UserError
from grader.model import Mark, MarkStatus, Report
from grader.rubric import with_marks
from grader.store.review import as_file, reapplied

Grade = Callable[[Assignment, int | None], Report]
"""A function that grades an assignment under a seed; None means a new secret seed."""


class ChangedSubmission(UserError):
    """The files or the challenge differ from those that the report is about."""


def resubmitted(report: Report, catalogue: Catalogue, places: Iterable[Path]) -> Assignment:
    """Return a report's submission from the first place that has it. Raises ChangedSubmission, IntakeError."""
    places = tuple(places)
    found = find_again(report, catalogue, places)
    if found is None:
        raise ChangedSubmission(
            str(places[0]),
            "this is not the submission that the report is about (its digest differs)",
            "Pass the old files with --submission PATH, or grade the new ones with `grader grade`",
        )
    return found


def regrade(report: Report, assignment: Assignment, grade: Grade, *, resume: bool, seed: int | None) -> Report:
    """Grade the submission again; with `resume`, use the old seed and replace only the marks that were not measured."""
    if not resume:
        return msgspec.structs.replace(grade(assignment, seed), person=report.person)
    if assignment.challenge.digest != report.challenge.digest:
        raise ChangedSubmission(
            "the challenge has changed since, so the old marks cannot be kept. Regrade without --resume."
        )
    return merged(report, grade(assignment, report.seed), assignment.challenge)


def merged(old: Report, new: Report, challenge: Challenge) -> Report:
    """Return the old report with new marks in place of those that were not measured."""
    again = {mark.id: mark for mark in new.criteria}
    marks: tuple[Mark, ...] = tuple(
        again[mark.id] if mark.status is MarkStatus.NOT_MEASURED and mark.id in again else mark for mark in old.criteria
    )
    return with_marks(old, marks, challenge)


def with_reviews_of(old: Report, new: Report, challenge: Challenge) -> Report:
    """Return the new report with all reviews of the old one added. Raises ReviewError if a review no longer fits."""
    for review in old.reviews:
        new = reapplied(new, as_file(review, old.submission.digest), challenge)
    return new
