"""Signs reviews: the envelope of `grader.store.sign` around a review's content, about the submission that was reviewed.

statement {"subject": [{"name": challenge, "digest": {"sha256": submission}}],
           "predicateType": REVIEW, "predicate": the review, with the person and the challenge that it is about}
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.model import Report
from grader.model.person import alike, as_name
from grader.store.review import ReviewError, ReviewFile, read_review, refuse_twice
from grader.store.sign import SignatureError, Statement, Subject, countersign, seal, unsealed

REVIEW = "urn:senior-python-grader:review:v1"
DIGEST = "sha256:"
DIGITS = 64


class CollectedReview(NamedTuple):
    """A review from a file, and the envelope that it was in, if it was signed."""

    file: Path
    review: ReviewFile
    envelope: bytes | None


def about(review: ReviewFile, report: Report) -> ReviewFile:
    """Return the review with the submission, the challenge and the person of a report, where it leaves them out.

    Raises ReviewError if it names others.
    """
    meant = {"submission": report.submission.digest, "challenge": report.challenge.name, "person": report.person}
    for field, value in meant.items():
        stated = getattr(review, field)
        if stated and value and stated != value:
            raise ReviewError(f"the review is about {stated}, but the report is about {value}. Name the right report.")
    return msgspec.structs.replace(review, **{field: getattr(review, field) or value for field, value in meant.items()})


def seal_review(review: ReviewFile, private_pem: bytes) -> bytes:
    """Put a review into a signed envelope. Raises ReviewError if it leaves out what it is about, or BadKey."""
    missing = [field for field in ("submission", "challenge", "person") if not getattr(review, field)]
    if missing:
        raise ReviewError(
            f"{' and '.join(missing)}: missing; a signed review must say what it is about. Add what is missing to the "
            "review file, or name the report it is about: `grader review REPORT --from REVIEW --key KEY`."
        )
    if not _is_digest(review.submission):
        raise ReviewError(
            f"submission: {review.submission!r} is not `sha256:` and 64 digits. Copy the digest from the report."
        )
    as_name(review.reviewer, "reviewer")
    as_name(review.person, "person")
    if alike(review.reviewer, review.person):
        raise ReviewError(f"reviewer: {review.reviewer} is the person under review. Have somebody else review it.")
    refuse_twice("peer", [entry.criterion.value for entry in review.peer])
    refuse_twice("mark", [entry.criterion for entry in review.mark])
    return seal(msgspec.json.encode(review), private_pem, kind=REVIEW, subjects=_subjects(review))


def countersign_review(envelope: bytes, private_pem: bytes) -> bytes:
    """Add the signature of the person under review, who so confirms that the review was given. Raises SignatureError,
    BadKey.
    """
    stated_review(unsealed(envelope))
    return countersign(envelope, private_pem)


def stated_review(statement: Statement) -> ReviewFile:
    """Return the review in a statement, after checking that the statement is about it. Raises SignatureError."""
    if statement.predicate_type != REVIEW:
        raise SignatureError("the signed statement is not a review")
    try:
        review = inputs.json(bytes(statement.predicate), ReviewFile)
        refuse_twice("peer", [entry.criterion.value for entry in review.peer])
    except (msgspec.DecodeError, ReviewError) as error:
        raise SignatureError(f"the signed content is not a review: {error}") from None
    if not _is_digest(review.submission) or statement.subject != _subjects(review):
        raise SignatureError("the statement and the review in it are about different submissions or challenges")
    return review


def read_any_review(path: Path) -> CollectedReview:
    """Read a review, written by hand or signed, whoever signed it. Raises ReviewError."""
    if path.suffix != ".json":
        return CollectedReview(path, read_review(path), None)
    try:
        content = inputs.read(path)
        return CollectedReview(path, stated_review(unsealed(content)), content)
    except OSError as error:
        raise ReviewError(f"{path}: {error.strerror}. Name a review in TOML or a signed one.") from None
    except SignatureError as error:
        raise ReviewError(f"{path}: {error}. Name a review in TOML or a signed one.") from None


def _subjects(review: ReviewFile) -> tuple[Subject, ...]:
    return (Subject(name=review.challenge, digest={"sha256": review.submission.removeprefix(DIGEST)}),)


def _is_digest(text: str) -> bool:
    digits = text.removeprefix(DIGEST)
    return text.startswith(DIGEST) and len(digits) == DIGITS and set(digits) <= set("0123456789abcdef")
