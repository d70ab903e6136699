"""Grade what a report is about again: the same digest, or nothing. What was measured may be kept (resuming)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from grader import rubric
from grader.challenges.catalogue import Catalogue
from grader.challenges.challenge import Challenge
from grader.intake import Rejected, open_tree, take_tree
from grader.model import Mark, MarkStatus, Report, ReportStatus, Submission

Grade = Callable[[Submission, Challenge, int | None], Report]


class ChangedSubmission(Exception):
    """The files are not those that the report is about. The message says what to do."""


def resubmitted(report: Report, source: Path | None) -> Submission:
    """The submission of a report, from `source` or from where it was. Raises ChangedSubmission or IntakeError."""
    path = source or Path(report.submission.path)
    with open_tree(path) as tree:
        taken = take_tree(tree, "")
    if isinstance(taken, Rejected) or taken.digest != report.submission.digest:
        raise ChangedSubmission(
            f"{path}: is not what the report is about (another digest). Give the old files with --submission PATH, "
            "or grade the new ones with `grader grade`."
        )
    return msgspec.structs.replace(taken, origin=report.submission.path)


def regrade(
    report: Report, submission: Submission, catalogue: Catalogue, grade: Grade, *, resume: bool, seed: int | None
) -> Report:
    """Grade it again. With `resume`, under the old seed, and only for what was not measured."""
    challenge = catalogue.find(f"{report.challenge.area.value}/{report.challenge.slug}")
    if not resume:
        return grade(submission, challenge, seed)
    if challenge.digest != report.challenge.digest:
        raise ChangedSubmission("the challenge changed since: the old marks cannot be kept. Regrade without --resume.")
    return merged(report, grade(submission, challenge, report.seed), challenge)


def merged(old: Report, new: Report, challenge: Challenge) -> Report:
    """The old marks, with the new ones where the old are not measured."""
    again = {mark.id: mark for mark in new.criteria}
    marks = tuple(
        again[mark.id] if mark.status is MarkStatus.NOT_MEASURED and mark.id in again else mark for mark in old.criteria
    )
    return with_marks(old, marks, challenge)


def with_marks(report: Report, marks: tuple[Mark, ...], challenge: Challenge) -> Report:
    """The report with other marks, added up anew by the challenge's rubric."""
    standing = rubric.standing(challenge, marks)
    complete = all(mark.status is not MarkStatus.NOT_MEASURED for mark in marks)
    return msgspec.structs.replace(
        report,
        criteria=marks,
        status=ReportStatus.GRADED if complete else ReportStatus.INCOMPLETE,
        score=standing.score,
        max_score=standing.max_score,
        percent=standing.percent,
        best_possible=standing.best_possible,
        level=standing.level,
        level_title=standing.level.title if standing.level else "no level yet",
        next_level=standing.next_level,
    )
