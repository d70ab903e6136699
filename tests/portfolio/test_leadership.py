"""Leadership: what other persons confirmed, by the table of steps, and what earns nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.cli import main
from grader.model import Level, PeerCriterion, PeerMark
from grader.portfolio.external import EVIDENCE, EvidenceFile, EvidenceSources, ExternalKind, _subjects, read_evidence
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.given import GivenSources, given_reviews
from grader.portfolio.leadership import NO_LEADERSHIP, PARTS, REVIEWS, TALKS, Leadership, leadership
from grader.portfolio.markdown_dashboard import dashboard_markdown
from grader.portfolio.pages import dashboard_page
from grader.portfolio.peers import PeerSources, peer_reviews
from grader.portfolio.terminal_dashboard import dashboard_text
from grader.portfolio.trust import Trust, TrustedKey
from grader.report import View
from grader.report.terminal import printed
from grader.store.review import ReviewFile
from grader.store.sign import SignatureError, countersign, key_id, new_key, opened, seal
from grader.store.signed_review import REVIEW, CollectedReview, countersign_review, seal_review
from tests.portfolio.academy import ACADEMY, ACADEMY_PUB, ADA, GRACE, GRACE_PUB, MALLORY, known
from tests.portfolio.conftest import DAY
from tests.portfolio.samples import HOSTILE, board

replace = msgspec.structs.replace
OWN, OWN_PUB = new_key()
FRIENDS = {name: new_key() for name in ("Alan Turing", "Barbara Liskov", "Edsger Dijkstra")}
TRUST = Trust(
    issuers=(known("Academy", ACADEMY_PUB),),
    persons=(
        known(ADA, OWN_PUB),
        known("Grace Hopper", GRACE_PUB),
        *(known(name, public) for name, (_, public) in FRIENDS.items()),
    ),
)
YEARS_AGO = DAY.replace(year=DAY.year - 2)
MARKS = tuple(PeerMark(criterion=criterion, level=Level.SENIOR) for criterion in PeerCriterion)


def review(number: int = 1, person: str = "Grace Hopper", **fields: object) -> ReviewFile:
    """A review by Ada of one of somebody's submissions."""
    whole = ReviewFile(
        format_version=1, reviewer=ADA, date=DAY, submission=f"sha256:{number:064x}",
        challenge="language/metaclass_orm", person=person, peer=MARKS,
    )  # fmt: skip
    return replace(whole, **fields)


def sealed(content: ReviewFile, *keys: bytes, file: str = "a.json") -> CollectedReview:
    """A review with the signatures of some keys, whatever our own commands would refuse."""
    from grader.store.signed_review import _subjects as subjects

    first, *others = keys
    envelope = seal(msgspec.json.encode(content), first, kind=REVIEW, subjects=subjects(content))
    for key in others:
        envelope = countersign(envelope, key)
    return CollectedReview(Path(file), content, envelope)


def by(*reviews: CollectedReview, trust: Trust = TRUST) -> Leadership:
    given = given_reviews(reviews, GivenSources(person=ADA, trust=trust, day=DAY))
    return leadership(given, (), DAY)


def percent(shown: Leadership, title: str = "Reviews given") -> int | None:
    return next(part.percent for part in shown.parts if part.title == title)


@pytest.mark.parametrize("part", [part for part in PARTS if part.steps], ids=lambda part: part.title)
def test_each_step_requires_its_pieces_and_its_persons(part: object) -> None:
    """One piece or one person less gives the step below."""
    assert isinstance(part, type(REVIEWS))
    below = 0
    for step in part.steps:
        assert part.percent(step.pieces, step.persons) == step.percent
        assert part.percent(step.pieces - 1, step.persons) <= below
        assert part.percent(99, step.persons - 1) <= below or step.persons == part.steps[0].persons
        below = step.percent
    assert [step.percent for step in part.steps] == [25, 50, 75, 100]


def test_reviews_count_that_both_signed() -> None:
    """Three submissions of two persons are half of it; the other parts are not yet shown, and not zero."""
    alan = FRIENDS["Alan Turing"][0]
    reviews = [
        sealed(review(1), OWN, GRACE),
        sealed(review(2), OWN, GRACE),
        sealed(review(3, "Alan Turing"), OWN, alan),
    ]
    shown = by(*reviews)
    assert (percent(shown), shown.percent, shown.words) == (50, 50.0, "1 of 5 parts shown")
    assert [part.percent for part in shown.parts if part.title != "Reviews given"] == [None] * 4
    assert percent(by(*reviews[:2])) == 25


FORGED: dict[str, tuple[Callable[[], CollectedReview], str]] = {
    "unsigned": (lambda: CollectedReview(Path("a.toml"), review(), None), "it is not signed"),
    "not countersigned": (lambda: sealed(review(), OWN), "Grace Hopper did not countersign it"),
    "signed by the reviewed alone": (lambda: sealed(review(), GRACE), "Ada Lovelace did not sign it"),
    "countersigned by a stranger": (lambda: sealed(review(), OWN, MALLORY), "Grace Hopper did not countersign it"),
    "countersigned by somebody else": (
        lambda: sealed(review(), OWN, FRIENDS["Alan Turing"][0]),
        "Grace Hopper did not countersign it",
    ),
    "countersigned by an issuer": (lambda: sealed(review(), OWN, ACADEMY), "Grace Hopper did not countersign it"),
    "by strangers": (lambda: sealed(review(), MALLORY), "nobody whom you trust"),
    "of nobody": (lambda: sealed(review(person=""), OWN, GRACE), "whoever was reviewed did not countersign"),
    "of a similar name": (lambda: sealed(review(person="Grace hopper"), OWN, GRACE), "did not countersign it"),
    "without marks": (lambda: sealed(review(peer=()), OWN, GRACE), "none of the five"),
    "of tomorrow": (lambda: sealed(review(date=DAY + dt.timedelta(days=1)), OWN, GRACE), "in the future"),
    "of long ago": (lambda: sealed(review(date=YEARS_AGO), OWN, GRACE), "reviews count for only 2 years"),
    "in another spelling": (lambda: sealed(review(reviewer="ADA LOVELACE"), OWN, GRACE), "its reviewer is ADA"),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_the_other_person_did_not_confirm_shows_nothing(name: str) -> None:
    """With its reason."""
    forged, why = FORGED[name]
    shown = by(forged())
    assert (shown.percent, shown.words) == (None, "not yet shown")
    assert [why in refused for refused in shown.uncounted] == [True]


def test_a_review_of_ones_own_submission_is_not_one_that_was_given() -> None:
    """Under any spelling of the name, whoever signs."""
    for person in (ADA, "ada  lovelace"):
        assert by(sealed(review(person=person), OWN, GRACE)) == NO_LEADERSHIP


def test_a_review_counts_for_two_years() -> None:
    """To the day."""
    assert percent(by(sealed(review(date=YEARS_AGO + dt.timedelta(days=1)), OWN, GRACE))) == 25


def test_a_submission_counts_once() -> None:
    """However often it is reviewed, copied, or passed off under another person's name."""
    again = sealed(review(1, comment="Again."), OWN, GRACE, file="b.json")
    other = sealed(review(1, "Alan Turing"), OWN, FRIENDS["Alan Turing"][0], file="c.json")
    shown = by(sealed(review(1), OWN), sealed(review(1), OWN, GRACE), again, other)
    part = next(part for part in shown.parts if part.title == "Reviews given")
    assert part.words == "1 countersigned, by 1 person"
    assert shown.uncounted == (), "a copy is no news"


def test_an_edited_envelope_is_signed_by_nobody() -> None:
    """The two signatures are over one payload, and over no other."""
    honest, other = sealed(review(), OWN, GRACE), sealed(review(2), MALLORY)
    assert honest.envelope is not None
    assert other.envelope is not None
    mixed = msgspec.json.decode(honest.envelope) | {"payload": msgspec.json.decode(other.envelope)["payload"]}
    assert by(CollectedReview(Path("a.json"), other.review, msgspec.json.encode(mixed))).percent is None


def test_a_countersignature_of_another_review_confirms_nothing() -> None:
    """Signatures cannot be moved from one review to another."""
    one, two = (sealed(review(number), OWN, *more) for number, more in ((1, ()), (2, (GRACE,))))
    assert one.envelope is not None
    assert two.envelope is not None
    moved = msgspec.json.decode(one.envelope)
    moved["signatures"].append(msgspec.json.decode(two.envelope)["signatures"][1])
    assert by(CollectedReview(Path("a.json"), one.review, msgspec.json.encode(moved))).percent is None


def test_a_countersigned_review_still_counts_for_whoever_was_reviewed() -> None:
    """Whichever of the two keys the reader's list names first."""
    collected = sealed(review(), OWN, GRACE)
    for persons in (TRUST.persons, TRUST.persons[::-1]):
        trust = replace(TRUST, persons=persons)
        sources = PeerSources(person="Grace Hopper", trust=trust, day=DAY, submissions={review().submission})
        (received,) = peer_reviews([collected], sources)
        assert (received.why_not, received.signer and received.signer.name) == ("", ADA)


def test_a_key_signs_an_envelope_once() -> None:
    """A second signature of the same key would confirm nothing; what is no review is not countersigned."""
    envelope = seal_review(review(), OWN)
    with pytest.raises(SignatureError, match=f"the key {key_id(OWN_PUB)} signed it already"):
        countersign_review(envelope, OWN)
    for key in (OWN_PUB, GRACE_PUB):
        opened(countersign_review(envelope, GRACE), key)
    with pytest.raises(SignatureError, match="is not a review"):
        countersign_review(seal(b"{}", OWN, kind=EVIDENCE, subjects=()), GRACE)


def talk(**fields: object) -> EvidenceFile:
    whole = EvidenceFile(
        format_version=1, kind=ExternalKind.PRESENTATION, person=ADA, title="Caching without tears",
        link="https://example.org/17", date=DAY, checked_by="Grace Hopper", checked_on=DAY,
    )  # fmt: skip
    return replace(whole, **fields)


def told(folder: PortfolioFolder, *pieces: tuple[EvidenceFile, bytes]) -> Leadership:
    for number, (evidence, key) in enumerate(pieces):
        content = msgspec.json.encode(evidence)
        envelope = seal(content, key, kind=EVIDENCE, subjects=_subjects(content, evidence))
        (folder.evidence / f"{number}.json").write_bytes(envelope)
    return leadership((), read_evidence(folder, EvidenceSources(ADA, TRUST, DAY)).pieces, DAY)


def test_talks_and_mentoring_count_that_somebody_else_signed(folder: PortfolioFolder) -> None:
    """A talk once, whoever saw it; mentoring once for each person who tells of it."""
    alan = FRIENDS["Alan Turing"][0]
    shown = told(
        folder,
        (talk(), GRACE),
        (talk(link="https://EXAMPLE.org/17/", checked_by="Alan Turing"), alan),
        (talk(kind=ExternalKind.MENTORING), GRACE),
        (talk(kind=ExternalKind.MENTORING, checked_by="Alan Turing"), alan),
    )
    words = {part.title: part.words for part in shown.parts}
    assert words["Talks and writing"] == "1 checked, by 2 persons"
    assert words["Mentoring"] == "2 confirmed, by 2 persons"
    assert (shown.percent, shown.words) == (37.5, "2 of 5 parts shown")
    assert TALKS.percent(1, 2) == 25


def test_other_evidence_shows_no_leadership(folder: PortfolioFolder) -> None:
    """Signed by its owner, by a stranger or by an issuer, about somebody else, too old, or of another kind."""
    shown = told(
        folder,
        (talk(checked_by=ADA), OWN),
        (talk(link="https://example.org/1"), MALLORY),
        (talk(link="https://example.org/2"), ACADEMY),
        (talk(link="https://example.org/3", person="Alan Turing"), GRACE),
        (talk(link="https://example.org/4", date=YEARS_AGO), GRACE),
        (talk(link="https://example.org/5", kind=ExternalKind.OPEN_SOURCE), GRACE),
    )
    assert shown.percent is None
    assert len(shown.uncounted) == 5


def test_every_form_of_the_dashboard_shows_the_parts() -> None:
    """The bar with the number of parts behind it, each part, and what does not count; at 80 columns."""
    shown = by(sealed(review(), OWN, GRACE), CollectedReview(Path(HOSTILE), review(2), None))
    found = replace(board(), leadership=shown)
    text = printed(dashboard_text(found), View(width=80))
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"Leadership +█+░+ +25 %  1 of 5 parts shown", text)
    for form in (text, dashboard_markdown(found), dashboard_page(found)):
        for words in ("Reviews given", "1 countersigned, by 1 person", "Talks and writing", "not yet shown"):
            assert words in form
        assert "it is not signed" in " ".join(form.split())
    assert all("<script" not in form.replace("\\<", "") for form in (dashboard_markdown(found), dashboard_page(found)))
    assert "\x1b" not in text


def test_a_review_is_countersigned_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Into a new file, never over an old one; `check` and the profile say who signed."""
    monkeypatch.chdir(tmp_path)
    keys: dict[str, TrustedKey] = {}
    for name, (private, public) in {ADA: (OWN, OWN_PUB), "Grace Hopper": (GRACE, GRACE_PUB)}.items():
        stem = name.split()[0].lower()
        Path(stem).write_bytes(private)
        Path(f"{stem}.pub").write_bytes(public)
        keys[name] = known(name, public)
    persons = "".join(f"[[person]]\nname = '{name}'\nkey = '{name.split()[0].lower()}.pub'\n" for name in keys)
    Path("list.toml").write_text(f"format_version = 1\n{persons}")
    Path("portfolio/reviews").mkdir(parents=True)
    today = dt.datetime.now(tz=dt.UTC).date()
    Path("portfolio/reviews/a.review.json").write_bytes(seal_review(review(date=today), OWN))
    Path("portfolio/profile.toml").write_text(f"format_version = 1\nperson = '{ADA}'\n")

    def run(*words: str, status: int = 0) -> str:
        ended = main([*words])
        texts = "".join(capsys.readouterr())
        assert ended == status, texts
        return texts

    countersigned = "portfolio/reviews/a.review.countersigned.json"
    assert f"countersigned: {countersigned}" in run("sign", "portfolio/reviews/a.review.json", "--key", "grace")
    assert "already exists" in run("sign", "portfolio/reviews/a.review.json", "--key", "grace", status=2)
    assert "signed it already" in run("sign", countersigned, "--key", "grace", "--output", "b.json", status=2)
    checked = run("check", countersigned, "--issuer", "list.toml")
    assert f"Ada Lovelace ({key_id(OWN_PUB)}) says about Grace Hopper" in checked
    assert f"countersigned by Grace Hopper ({key_id(GRACE_PUB)})" in checked
    for form in ("terminal", "markdown"):
        assert "1 countersigned, by 1 person" in run("profile", "--issuer", "list.toml", "--format", form)
    assert "countersigned," not in run("profile")
