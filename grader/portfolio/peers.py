"""Reviews by peers: which ones count, why the others do not, and how several reviewers of one report agree. Pure.

A review counts if the key that a verifier's list has for its reviewer signed it, it is about this person and a
submission in the portfolio, and the reviewer is somebody else. One reviewer counts once for a submission: the last
review does. A key of an issuer is nobody's key here, so whoever grades is not a peer.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Collection, Sequence

from grader.model import PeerCriterion, Struct
from grader.model.person import alike, same_name
from grader.portfolio.trust import Trust, TrustedKey, signers
from grader.store.agreement import ordinal_alpha
from grader.store.review import ReviewError, ReviewFile
from grader.store.sign import SignatureError
from grader.store.signed_review import REVIEW, CollectedReview, stated_review


class PeerReview(Struct, frozen=True, kw_only=True):
    """A review, and whether it counts."""

    file: str
    review: ReviewFile
    signer: TrustedKey | None = None
    """The reviewer's key, if the verifier's list has it and it signed."""
    why_not: str = ""
    """Why it does not count; empty if it does."""

    @property
    def words(self) -> str:
        """Who gave which marks to what, and when."""
        review = self.review
        marks = ", ".join(f"{mark.criterion.words} {mark.level.value}" for mark in review.peer)
        return f"{review.reviewer}, {review.date.isoformat()}, {review.challenge or self.file}: {marks}"

    @property
    def state(self) -> str:
        """Whether it counts, in words."""
        return f"does not count: {self.why_not}" if self.why_not else "signed"


class PeerSources(Struct, frozen=True, kw_only=True):
    """What reviews are checked against."""

    person: str
    trust: Trust
    day: dt.date
    submissions: Collection[str]
    """The digests of the submissions of the portfolio's reports."""


def peer_reviews(collected: Sequence[CollectedReview], sources: PeerSources) -> tuple[PeerReview, ...]:
    """Return each review with whether it counts."""
    judged = [_judged(entry, sources) for entry in collected]
    last: dict[tuple[str, str], PeerReview] = {}
    for review in judged:
        if not review.why_not and review.signer:
            key = (review.signer.name, review.review.submission)
            if key not in last or last[key].review.date < review.review.date:
                last[key] = review
    return tuple(
        review
        if review.why_not or review in last.values()
        else _without(review, "another review of the submission by the same reviewer counts instead")
        for review in judged
    )


def _judged(entry: CollectedReview, sources: PeerSources) -> PeerReview:
    file, review = entry.file.name, entry.review
    if entry.envelope is None:
        return PeerReview(file=file, review=review, why_not="it is not signed")
    signed = signers(entry.envelope, sources.trust.persons, REVIEW)
    if not signed:
        return PeerReview(file=file, review=review, why_not="nobody whom you trust signed it")
    own = (entry for entry in signed if same_name(entry[0].name, review.reviewer))
    signer, statement = next(own, signed[0])  # whoever was reviewed may have countersigned it
    try:
        review = stated_review(statement)
    except SignatureError as error:
        return PeerReview(file=file, review=review, why_not=str(error))
    return PeerReview(file=file, review=review, signer=signer, why_not=_why_not(review, signer, sources))


def _why_not(review: ReviewFile, signer: TrustedKey, sources: PeerSources) -> str:
    if not same_name(signer.name, review.reviewer):
        return f"{signer.name} signed it, not {review.reviewer}"
    if alike(review.reviewer, sources.person):
        return "its reviewer is the person under review"
    if not same_name(review.person, sources.person):
        return f"it is about {review.person or 'nobody'}"
    if review.submission not in sources.submissions:
        return "no report here is about the submission that it reviews"
    if review.date > sources.day:
        return f"it is dated {review.date.isoformat()}, which is in the future"
    return "" if review.peer else "it marks none of the five criteria"


class PeerRow(Struct, frozen=True):
    """The marks for one criterion, in the order of the reviewers; None where one gave none."""

    criterion: PeerCriterion
    marks: tuple[int | None, ...]

    @property
    def median(self) -> float | None:
        """The middle mark."""
        given = [mark for mark in self.marks if mark is not None]
        return statistics.median(given) if given else None


class PeerTable(Struct, frozen=True):
    """What several reviewers gave to one report."""

    reviews: tuple[PeerReview, ...]
    rows: tuple[PeerRow, ...]
    alpha: float | None
    """Krippendorff's alpha for ordinal marks over the criteria."""


def peer_table(reviews: Sequence[PeerReview]) -> PeerTable:
    """Return the marks side by side. Raises ReviewError if a reviewer is among them twice."""
    for place, review in enumerate(reviews):
        if twin := next(
            (twin for twin in reviews[:place] if alike(twin.review.reviewer, review.review.reviewer)), None
        ):
            raise ReviewError(
                f"{review.file}: {review.review.reviewer} also wrote {twin.file}, but each reviewer counts only once. "
                "Name one of the two."
            )
    given = [{mark.criterion: mark.level.value for mark in review.review.peer} for review in reviews]
    rows = [PeerRow(criterion, tuple(marks.get(criterion) for marks in given)) for criterion in PeerCriterion]
    alpha = ordinal_alpha([[mark for mark in row.marks if mark is not None] for row in rows])
    return PeerTable(tuple(reviews), tuple(rows), alpha)


def _without(review: PeerReview, why_not: str) -> PeerReview:
    return PeerReview(file=review.file, review=review.review, signer=review.signer, why_not=why_not)
