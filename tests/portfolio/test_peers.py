"""Peers: who counts as a reviewer, and what their marks are good for."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.model import Level, PeerCriterion, PeerMark
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.peer_anchors import peer_anchors
from grader.portfolio.peers import PeerReview, PeerSources, peer_reviews, peer_table
from grader.portfolio.received import read_reviews
from grader.portfolio.trust import Trust, TrustedKey
from grader.report import render
from grader.store.review import ReviewError, ReviewFile
from grader.store.sign import SignatureError, fingerprint, key_id, new_key, seal, sign
from grader.store.signed_review import (
    REVIEW,
    CollectedReview,
    about,
    read_any_review,
    seal_review,
    stated_review,
)
from tests.portfolio.conftest import DAY, made

replace = msgspec.structs.replace
DIGEST = made().submission.digest
GRACE, GRACE_PUB = new_key()
ADA, ADA_PUB = new_key()
ACADEMY, ACADEMY_PUB = new_key()
MALLORY, MALLORY_PUB = new_key()


def known(name: str, pem: bytes, *holders: str) -> TrustedKey:
    return TrustedKey(name=name, pem=pem, id=key_id(pem), fingerprint=fingerprint(pem), holders=holders)


TRUST = Trust(
    issuers=(known("Academy", ACADEMY_PUB),),
    persons=(known("Grace Hopper", GRACE_PUB), known("Ada Lovelace", ADA_PUB)),
)
SOURCES = PeerSources(person="Ada Lovelace", trust=TRUST, day=DAY, submissions={DIGEST})


def review(reviewer: str = "Grace Hopper", **fields: object) -> ReviewFile:
    marks = tuple(PeerMark(criterion=criterion, level=Level.SENIOR) for criterion in PeerCriterion)
    whole = ReviewFile(
        format_version=1, reviewer=reviewer, date=DAY, submission=DIGEST, challenge="language/metaclass_orm",
        person="Ada Lovelace", peer=marks,
    )  # fmt: skip
    return replace(whole, **fields)


def sealed(content: ReviewFile, key: bytes = GRACE, file: str = "a.json") -> CollectedReview:
    """Signed as it is, whatever our own command would refuse."""
    from grader.store.signed_review import _subjects

    envelope = seal(msgspec.json.encode(content), key, kind=REVIEW, subjects=_subjects(content))
    return CollectedReview(Path(file), content, envelope)


def judged(*reviews: CollectedReview) -> list[str]:
    return [entry.why_not for entry in peer_reviews(reviews, SOURCES)]


def test_a_review_signed_by_its_reviewer_counts() -> None:
    """The key that the list has for the name signed it, and it is about this person and this submission."""
    (counted,) = peer_reviews([sealed(review())], SOURCES)
    assert (counted.why_not, counted.signer and counted.signer.name) == ("", "Grace Hopper")


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda: CollectedReview(Path("a.toml"), review(), None), "not signed"),
        (lambda: sealed(review(), MALLORY), "nobody whom you trust"),
        (lambda: sealed(review("Ada Lovelace"), ADA), "is the person under review"),
        (lambda: sealed(review("Grace Hopper"), ADA), "Ada Lovelace signed it, not Grace"),
        (lambda: sealed(review("ADA LOVELACE"), ADA), "Ada Lovelace signed it, not ADA"),
        (lambda: sealed(review("Academy"), ACADEMY), "nobody whom you trust"),
        (lambda: sealed(review("Grace Hopper"), ACADEMY), "nobody whom you trust"),
        (lambda: sealed(review(person="Alan Turing")), "about Alan Turing"),
        (lambda: sealed(review(person="")), "about nobody"),
        (lambda: sealed(review(submission=f"sha256:{'c' * 64}")), "no report here"),
        (lambda: sealed(review(date=DAY + dt.timedelta(days=1))), "in the future"),
        (lambda: sealed(review(peer=())), "none of the five"),
    ],
)
def test_other_reviews_count_for_nothing(forged: Callable[[], CollectedReview], says: str) -> None:
    """Unsigned, by a stranger, by the candidate, by an issuer, about somebody or something else: each says why."""
    (why_not,) = judged(forged())
    assert says in why_not


def test_a_reviewer_counts_once_for_a_submission() -> None:
    """The last review of several; a copy adds nothing."""
    older = sealed(review(date=DAY - dt.timedelta(days=2)), file="a.json")
    newer = sealed(review(), file="b.json")
    assert [not why_not for why_not in judged(older, newer, sealed(review(), file="copy.json"))] == [False, True, False]


def test_another_key_of_the_same_name_is_a_stranger() -> None:
    """Identity is by key: a second "Grace Hopper" is nobody to this reader."""
    assert "nobody whom" in judged(sealed(review(), MALLORY))[0]
    trust = replace(TRUST, persons=(known("Grace Hopper", GRACE_PUB), known("Mallory", MALLORY_PUB)))
    (other,) = peer_reviews([sealed(review(), MALLORY)], replace(SOURCES, trust=trust))
    assert other.why_not == "Mallory signed it, not Grace Hopper"


@pytest.mark.parametrize("field", ["reviewer", "person", "submission", "peer"])
def test_an_edited_review_is_unsigned(field: str) -> None:
    """The signature is over the bytes; what the envelope shows is what was signed or nothing."""
    new = {"reviewer": "Eve", "person": "Alan", "submission": f"sha256:{'c' * 64}", "peer": ()}[field]
    honest = sealed(review())
    assert honest.envelope is not None
    other = sealed(replace(review(), **{field: new}), MALLORY)
    assert other.envelope is not None
    mixed = msgspec.json.decode(honest.envelope) | {"payload": msgspec.json.decode(other.envelope)["payload"]}
    assert "nobody whom" in judged(CollectedReview(Path("a.json"), other.review, msgspec.json.encode(mixed)))[0]


def test_a_signed_statement_of_another_kind_is_no_review() -> None:
    """A report that somebody signed cannot be passed off as their review, nor a review of other subjects."""
    report = sign(render(made(), "json").encode(), GRACE)
    assert "nobody whom" in judged(CollectedReview(Path("a.json"), review(), report))[0]
    strange = seal(msgspec.json.encode(review()), GRACE, kind=REVIEW, subjects=())
    assert "different submissions" in judged(CollectedReview(Path("a.json"), review(), strange))[0]


def test_a_review_with_unknown_fields_is_refused(tmp_path: Path) -> None:
    """Nothing is read that nobody knows the meaning of."""
    content = msgspec.json.encode(msgspec.to_builtins(review()) | {"weight": 5})
    envelope = seal(content, GRACE, kind=REVIEW, subjects=())
    (tmp_path / "a.json").write_bytes(envelope)
    with pytest.raises(ReviewError, match="unknown field `weight`"):
        read_any_review(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (review(person=""), "person: missing; a signed review must say"),
        (review(submission="", challenge=""), "submission and challenge"),
        (review(submission="sha256:xyz"), "is not `sha256:`"),
        (review("ada  lovelace"), "is the person under review"),
        (review(peer=(PeerMark(criterion=PeerCriterion.TESTING, level=Level.MID),) * 2), "listed twice"),
    ],
)
def test_what_cannot_count_is_not_signed(content: ReviewFile, says: str) -> None:
    """A reviewer learns at once, not when somebody checks."""
    with pytest.raises(ReviewError, match=says):
        seal_review(content, GRACE)


def test_a_signed_review_comes_out_as_it_went_in() -> None:
    """Filled in from the report where it left out what it is about, and refused where it names another one."""
    report = replace(made(), person="Ada Lovelace")
    short = review(person="", submission="", challenge="")
    payload = msgspec.json.decode(seal_review(about(short, report), GRACE))["payload"]
    from grader.store.sign import Statement

    statement = msgspec.json.decode(base64.b64decode(payload), type=Statement)
    assert stated_review(statement) == review()
    with pytest.raises(ReviewError, match="about Alan, but the report is about Ada"):
        about(review(person="Alan"), report)
    with pytest.raises(SignatureError, match="not a review"):
        stated_review(replace(statement, predicate_type="urn:other"))


def test_several_reviewers_are_shown_with_their_agreement() -> None:
    """Side by side, with the median; a reviewer cannot be there twice."""
    one = PeerReview(file="a", review=review())
    marks = tuple(PeerMark(criterion=criterion, level=Level.MID) for criterion in [*PeerCriterion][:2])
    other = PeerReview(file="b", review=review("Alan Turing", peer=marks))
    table = peer_table([one, other])
    assert [(row.marks, row.median) for row in table.rows[1:3]] == [((3, 2), 2.5), ((3, None), 3)]
    assert table.alpha is not None
    with pytest.raises(ReviewError, match="each reviewer counts only once"):
        peer_table([one, PeerReview(file="c", review=review("grace hopper"))])


def test_every_mark_of_every_criterion_has_an_anchor() -> None:
    """Twenty sentences, all different."""
    sentences = [sentence for criterion in PeerCriterion for sentence in peer_anchors(criterion).values()]
    assert len(sentences) == len(set(sentences)) == 20


def test_signed_reviews_in_a_portfolio_are_read(folder: PortfolioFolder) -> None:
    """For what is due, a review is one whoever signed it; a file that is none is named."""
    (folder.reviews / "a.json").write_bytes(sealed(review()).envelope or b"")
    (folder.reviews / "b.json").write_text("{}")
    reviews = read_reviews(folder, ())
    assert [(event.reviewer, event.date) for event in reviews.events] == [("Grace Hopper", DAY)]
    assert [problem.file[-6:] for problem in reviews.problems] == ["b.json"]
    (folder.reviews / "c.json").write_bytes(sealed(review(date=dt.date.max)).envelope or b"")
    assert read_reviews(folder, ()).events == reviews.events, "a day after which no other day can come is no event"
