"""Reviews that the portfolio's owner gave: which ones the persons under review countersigned. Pure.

A review that was given counts if both signed the same envelope with the keys that a verifier's list has for their
names: the owner as its reviewer (`grader review REPORT --key KEY`), and whoever was reviewed (`grader sign REVIEW --key
KEY`), who so confirms that the review was given. One submission counts once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from grader.model import Struct
from grader.model.person import alike, same_name
from grader.portfolio.counting import out_of_date
from grader.portfolio.trust import Trust, TrustedKey, signers
from grader.store.review import ReviewFile
from grader.store.sign import SignatureError
from grader.store.signed_review import REVIEW, CollectedReview, stated_review

TWICE = "another review of the same submission counts instead"


class GivenReview(Struct, frozen=True, kw_only=True):
    """A review by the portfolio's owner."""

    file: str
    review: ReviewFile
    by: TrustedKey | None = None
    """The key that countersigned it, if it counts."""
    digest: str = ""
    """The digest of the file, if it is signed."""
    why_not: str = ""
    """Why it does not count; empty if it does."""

    @property
    def words(self) -> str:
        """What was reviewed, when, and who countersigned."""
        review, by = self.review, self.by.name if self.by else "nobody"
        return f"review of {review.challenge}, {review.date.isoformat()}, countersigned by {by}"


class GivenSources(Struct, frozen=True, kw_only=True):
    """What reviews by the owner are checked against."""

    person: str
    """The owner's name."""
    trust: Trust
    day: dt.date


def given_reviews(collected: Sequence[CollectedReview], sources: GivenSources) -> tuple[GivenReview, ...]:
    """Return each review by the owner with whether it counts."""
    judged = [_judged(entry, sources) for entry in collected if is_given(entry.review, sources.person)]
    counted = {review.review.submission: review for review in reversed(judged) if not review.why_not}
    return tuple(
        review
        if counted.get(review.review.submission) in (None, review)
        else GivenReview(file=review.file, review=review.review, why_not=TWICE)
        for review in judged
    )


def is_given(review: ReviewFile, person: str) -> bool:
    """Return whether a review is one that a person gave to somebody else."""
    return bool(person) and alike(review.reviewer, person) and not alike(review.person, person)


def _judged(entry: CollectedReview, sources: GivenSources) -> GivenReview:
    file, review = entry.file.name, entry.review
    if entry.envelope is None:
        return GivenReview(file=file, review=review, why_not="it is not signed")
    signed = signers(entry.envelope, sources.trust.persons, REVIEW)
    if not signed:
        return GivenReview(file=file, review=review, why_not="nobody whom you trust signed it")
    try:
        review = stated_review(signed[0][1])
    except SignatureError as error:
        return GivenReview(file=file, review=review, why_not=str(error))
    own, other = (
        next((key for key, _ in signed if same_name(key.name, name)), None) for name in (review.reviewer, review.person)
    )
    digest = f"sha256:{hashlib.sha256(entry.envelope).hexdigest()}"
    why_not = _why_not(review, own, other, sources)
    return GivenReview(file=file, review=review, by=other, digest=digest, why_not=why_not)


def _why_not(review: ReviewFile, own: TrustedKey | None, other: TrustedKey | None, sources: GivenSources) -> str:
    if not same_name(review.reviewer, sources.person):
        return f"its reviewer is {review.reviewer}"
    if own is None:
        return f"{review.reviewer} did not sign it with a key that you trust"
    if other is None:
        return f"{review.person or 'whoever was reviewed'} did not countersign it with a key that you trust"
    if not review.peer:
        return "it marks none of the five criteria"
    return out_of_date(review.date, sources.day)
