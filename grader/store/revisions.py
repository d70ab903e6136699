"""People's changes to a measured report: reviews and regrades. Each change is a separate record, written once, never by
a machine.

    measured report + revisions -> the report that counts

The latest regrade counts in place of the measured report; all reviews are then applied, in the order in which they were
given. A revision names one submission by its digest, so it is never applied to other code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec

from grader.challenges.challenge import Challenge
from grader.model import Report, Struct
from grader.store.review import ReviewError, ReviewFile, reapplied, without_reviews

NOTICED = "intake."
"""The prefix of the ids of findings about a submission's form."""


class Revision(Struct, frozen=True, kw_only=True):
    """A change that a person made to a report: a review, or a regrade that is to count."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    submission: str
    """The digest of the submission that the change is about."""
    review: ReviewFile | None = None
    report: Report | None = None
    """For a regrade: the report that it measured."""


class Revised(NamedTuple):
    """The report that counts, with notes on the changes applied."""

    report: Report
    notes: tuple[str, ...]


def revised(measured: Report, revisions: Sequence[Revision], challenge: Challenge) -> Revised:
    """Apply the revisions of this submission, and return the report with notes that say what counts and what does
    not.
    """
    report, notes = measured, []
    about = [revision for revision in revisions if revision.submission == measured.submission.digest]
    if len(about) < len(revisions):
        notes.append(f"revisions of an earlier hand-in, which are kept but do not count: {len(revisions) - len(about)}")
    for revision in about:
        if revision.report is not None and revision.report.challenge.digest == measured.challenge.digest:
            report = _under_the_name_of(measured, without_reviews(revision.report, challenge))
    if report is not measured:
        notes.append("regraded")
    for revision in about:
        if revision.review is not None:
            by = f"{revision.review.reviewer}, {revision.review.date.isoformat()}"
            try:
                report = reapplied(report, revision.review, challenge)
                notes.append(f"reviewed by {by}")
            except ReviewError as error:
                notes.append(
                    f"the review by {by} does not fit this version of the challenge, so it does not count: {error}"
                )
    return Revised(report, tuple(notes))


def _under_the_name_of(measured: Report, regraded: Report) -> Report:
    """Give a regraded report the original path and intake notices in place of those from regrading."""
    noticed = [finding for finding in measured.findings if finding.id.startswith(NOTICED)]
    findings = [finding for finding in regraded.findings if not finding.id.startswith(NOTICED)]
    return msgspec.structs.replace(
        regraded, submission=measured.submission, findings=(*noticed, *findings), feedback=measured.feedback
    )
