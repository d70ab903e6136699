"""Attacks on certificates: whatever a candidate edits, borrows, renames or signs earns nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.framework import skills_of
from grader.model import Area, Report, RepositoryReport, Review, ReviewMark, SessionKind, SessionRef
from grader.portfolio.certificate import CERTIFICATE, KEY, Credential, CredentialIssuer, credential
from grader.portfolio.counting import PresentChallenge
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.trust import Trust
from grader.report import render
from grader.store.sign import Envelope, SignatureError, Subject, fingerprint, seal, sign
from tests.portfolio.academy import (
    ACADEMY,
    ACADEMY_PUB,
    ADA,
    GRACE,
    MALLORY,
    MALLORY_PUB,
    PRESENT,
    SCHOOL,
    TRUST,
    checked,
    content_of,
    counting,
    fill,
    issued,
    known,
    put,
    reached,
    resigned,
    shown,
)

replace = msgspec.structs.replace
Spoil = Callable[[PortfolioFolder, Path], bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> PortfolioFolder:
    """A portfolio of Ada, which no test here changes."""
    folder = PortfolioFolder(tmp_path_factory.mktemp("whole"))
    folder.create()
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def path(whole: PortfolioFolder) -> Path:
    """Its certificate, which holds."""
    return issued(whole)


def payload(folder: PortfolioFolder, path: Path, change: Callable[[Credential], Credential]) -> bytes:
    """The honest signature over another certificate."""
    honest = msgspec.json.decode(path.read_bytes(), type=Envelope)
    forged = msgspec.json.decode(resigned(change(content_of(path)), MALLORY), type=Envelope)
    return msgspec.json.encode(replace(honest, payload=forged.payload))


def subject(content: Credential, **fields: object) -> Credential:
    return replace(content, credential_subject=replace(content.credential_subject, **fields))


def first(content: Credential, **fields: object) -> Credential:
    reports = content.credential_subject.reports
    return subject(content, reports=(replace(reports[0], **fields), *reports[1:]))


def years(content: Credential, number: int) -> Credential:
    return replace(content, valid_until=content.valid_until.replace(year=content.valid_until.year + number))


def without(folder: PortfolioFolder, slug: str, path: Path) -> bytes:
    (folder.reports / f"{slug}.signed.json").unlink()
    return path.read_bytes()


def swapped(folder: PortfolioFolder, path: Path) -> bytes:
    """A report in a certificate's file name, better than the one whose digest it names."""
    put(folder, shown("Metaclasses", 4))
    return path.read_bytes()


def edited(folder: PortfolioFolder, path: Path) -> bytes:
    """One byte more in a report that the certificate names."""
    report = folder.reports / "metaclasses.signed.json"
    report.write_bytes(report.read_bytes() + b"\n")
    return path.read_bytes()


def raw(content: Credential, key: bytes, **fields: object) -> bytes:
    """A certificate with fields of its own."""
    encoded = msgspec.json.encode(msgspec.to_builtins(content) | fields)
    subjects = tuple(
        Subject(name=report.file, digest={"sha256": report.digest[7:]}) for report in content.credential_subject.reports
    )
    return seal(encoded, key, kind=CERTIFICATE, subjects=subjects)


BY_CANDIDATE: dict[str, tuple[Spoil, str]] = {
    "a key of one's own": (lambda _, path: resigned(content_of(path), MALLORY), "no issuer that you trust"),
    "a person's key": (lambda _, path: resigned(content_of(path), GRACE), "no issuer that you trust"),
    "another name under the signature": (
        lambda folder, path: payload(folder, path, lambda content: subject(content, name="Mallory")),
        "no issuer that you trust",
    ),
    "a later date under the signature": (
        lambda folder, path: payload(folder, path, lambda content: years(content, 5)),
        "no issuer that you trust",
    ),
    "another digest under the signature": (
        lambda folder, path: payload(folder, path, lambda content: first(content, digest=f"sha256:{'0' * 64}")),
        "no issuer that you trust",
    ),
    "another level under the signature": (
        lambda folder, path: payload(folder, path, lambda content: first(content, level=4)),
        "no issuer that you trust",
    ),
    "the issuer's name for one's own key": (
        lambda _, path: resigned(
            replace(
                content_of(path),
                issuer=CredentialIssuer(id=f"{KEY}{fingerprint(MALLORY_PUB)}", name="Academy"),
            ),
            MALLORY,
        ),
        "no issuer that you trust",
    ),
}


@pytest.mark.parametrize("name", BY_CANDIDATE)
def test_a_candidate_forges_no_certificate(whole: PortfolioFolder, path: Path, name: str) -> None:
    """Edited or signed anew, it does not hold, and says why."""
    spoil, says = BY_CANDIDATE[name]
    verdict = checked(spoil(whole, path), whole)
    assert not verdict.holds
    assert says in " ".join(verdict.problems)


EXCHANGED: dict[str, tuple[Spoil, str]] = {
    "a report removed": (lambda folder, path: without(folder, "generators", path), "no report here has the digest"),
    "a report edited": (edited, "no report here has the digest"),
    "a report swapped for a better one": (swapped, "no report here has the digest"),
    "a report by a stranger in its place": (
        lambda folder, path: (put(folder, shown("Metaclasses"), MALLORY), path.read_bytes())[1],
        "no report here has the digest",
    ),
}


@pytest.mark.parametrize("name", EXCHANGED)
def test_no_other_reports_stand_in(folder: PortfolioFolder, name: str) -> None:
    """With a report removed, edited or exchanged, the certificate no longer holds."""
    fill(folder)
    spoil, says = EXCHANGED[name]
    verdict = checked(spoil(folder, issued(folder)), folder)
    assert not verdict.holds
    assert says in " ".join(verdict.problems)


BY_ISSUER: dict[str, tuple[Callable[[Credential], Credential], str]] = {
    "another person": (lambda content: subject(content, name="Mallory"), "this is the portfolio of Ada"),
    "a skill renamed": (lambda content: first(content, skill="Caching"), "the report differs from"),
    "a level raised": (lambda content: first(content, level=4), "the report differs from"),
    "a ratio invented": (lambda content: first(content, ratios=()), "the report differs from"),
    "a later grading": (lambda content: first(content, graded_on="2026-11-29"), "the report differs from"),
    "a digest of nothing": (lambda content: first(content, digest=f"sha256:{'0' * 64}"), "no report here"),
    "another challenge's report twice": (
        lambda content: subject(content, reports=(content.credential_subject.reports[1],) * 7),
        "Metaclasses: not graded yet",
    ),
    "a report left out": (
        lambda content: subject(content, reports=content.credential_subject.reports[1:]),
        "Metaclasses: not graded yet",
    ),
    "another certificate": (lambda content: subject(content, certificate="architecture"), "differs from today's"),
    "a certificate of its own": (lambda content: subject(content, certificate="wizard"), "has no certificate 'wizard'"),
    "a rule of its own": (lambda content: subject(content, rule="1 of 7 language skills"), "differs from today's"),
    "an older rule": (lambda content: subject(content, rule_version=0), "differs from today's"),
    "ten years": (lambda content: years(content, 10), "more than 1 year"),
    "another issuer": (
        lambda content: replace(content, issuer=replace(content.issuer, name="Ministry")),
        "the key is Academy's",
    ),
    "another issuer's key": (
        lambda content: replace(content, issuer=replace(content.issuer, id="urn:other")),
        "not the one whose key",
    ),
}


@pytest.mark.parametrize("name", BY_ISSUER)
def test_an_issuer_certifies_nothing_that_reports_do_not_show(whole: PortfolioFolder, path: Path, name: str) -> None:
    """Even signed by a trusted key, a certificate is held against its reports and the rule."""
    change, says = BY_ISSUER[name]
    verdict = checked(resigned(change(content_of(path)), ACADEMY), whole)
    assert not verdict.holds
    assert says in " ".join(verdict.problems)


def test_a_certificate_is_not_replayed_by_another_person(whole: PortfolioFolder, path: Path) -> None:
    """Copied with all its reports into somebody else's portfolio, it is still Ada's."""
    verdict = checked(path, whole, person="Mallory")
    assert verdict.problems == ("it is about Ada Lovelace, but this is the portfolio of Mallory",)


def test_a_namesake_in_another_spelling_is_another_person(whole: PortfolioFolder, path: Path) -> None:
    """A portfolio of "ada lovelace", or of a look-alike in other letters, does not hold Ada's certificate."""
    for name in ("ada lovelace", "Ad\u0430 Lovelace", "Ada Love\u200blace", "Ada L."):
        assert not checked(path, whole, person=name).holds


def test_an_old_certificate_is_not_replayed_after_it_expired(whole: PortfolioFolder, path: Path) -> None:
    """Its reports are still there, and still good: it has to be issued anew."""
    verdict = checked(path, whole, day=dt.date(2027, 12, 1))
    assert verdict.problems == ("it expired on 2027-11-30; renew it with `grader certify`",)


def test_other_peoples_reports_earn_nothing(folder: PortfolioFolder) -> None:
    """Seven reports of Alan in Ada's portfolio, and a certificate that an issuer made of them in her name."""
    fill(folder)
    path = issued(folder)
    for skill in skills_of(Area.LANGUAGE):
        put(folder, replace(shown(skill), person="Alan Turing"))
    assert reached(folder).share == "0 of 7"
    assert not checked(path, folder).holds


def test_an_issuer_does_not_certify_themselves(folder: PortfolioFolder) -> None:
    """Whoever holds a key earns nothing by what it signs, report or certificate."""
    for skill in skills_of(Area.LANGUAGE):
        put(folder, replace(shown(skill), person="Alan Turing"), SCHOOL)
    assert reached(folder, held=counting("Alan Turing")).share == "0 of 7"
    for skill in skills_of(Area.LANGUAGE):
        put(folder, replace(shown(skill), person="Alan Turing"))
    honest = reached(folder, held=counting("Alan Turing"))
    assert honest.is_complete
    content = credential(honest, "Alan Turing", TRUST.issuers[1], counting().day)
    verdict = checked(resigned(content, SCHOOL), folder, person="Alan Turing")
    assert verdict.problems == ("Alan Turing issued it, and nobody can certify themselves",)


def test_another_key_of_the_same_name_is_another_issuer(whole: PortfolioFolder, path: Path) -> None:
    """A verifier who trusts a different "Academy" trusts neither this one's reports nor its certificates."""
    verdict = checked(path, whole, trust=Trust(issuers=(known("Academy", MALLORY_PUB),)))
    assert not verdict.holds
    assert verdict.issuer is None


def test_who_trusts_nobody_believes_nothing(whole: PortfolioFolder, path: Path) -> None:
    """Without a list nothing holds."""
    assert not checked(path, whole, trust=Trust()).holds


def test_an_issuer_whose_key_was_withdrawn_confirms_nothing(whole: PortfolioFolder, path: Path) -> None:
    """Removing the key of the reports from the list ends every certificate that rests on them."""
    school = TRUST.issuers[1]
    issuer = CredentialIssuer(id=f"{KEY}{school.fingerprint}", name=school.name)
    other = resigned(replace(content_of(path), issuer=issuer), SCHOOL)
    assert checked(other, whole).holds
    verdict = checked(other, whole, trust=Trust(issuers=(TRUST.issuers[1],)))
    assert all("self-graded" in problem or "not with a key given" in problem for problem in verdict.problems[:7])
    assert not verdict.holds


@pytest.mark.parametrize("field", ["proof", "format_version", "credentialStatus"])
def test_unknown_fields_are_refused(whole: PortfolioFolder, path: Path, field: str) -> None:
    """Nothing in a certificate is ignored, whoever signed it."""
    with pytest.raises(SignatureError, match="unknown field"):
        checked(raw(content_of(path), ACADEMY, **{field: 1}), whole)


def test_a_later_format_is_refused(whole: PortfolioFolder, path: Path) -> None:
    """A version that this product does not know is not read as one that it knows."""
    with pytest.raises(SignatureError, match="not a certificate"):
        checked(raw(content_of(path), ACADEMY, formatVersion=2), whole)


@pytest.mark.parametrize("moment", ["2026-11-30T00:00:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "today"])
def test_no_date_breaks_a_portfolio(whole: PortfolioFolder, path: Path, moment: str) -> None:
    """A time without a zone, or one that no calendar can add a year to, is refused with its file alone."""
    for field in ("validFrom", "validUntil"):
        with pytest.raises(SignatureError):
            checked(raw(content_of(path), MALLORY, **{field: moment}), whole)


def test_another_kind_of_credential_is_refused(whole: PortfolioFolder, path: Path) -> None:
    """Type and context are part of what is said."""
    with pytest.raises(SignatureError, match="another kind"):
        checked(raw(content_of(path), ACADEMY, type=["VerifiableCredential", "Diploma"]), whole)


def test_a_statement_about_other_files_is_refused(whole: PortfolioFolder, path: Path) -> None:
    """What the statement names and what the credential names must be the same files."""
    content = content_of(path)
    other = seal(msgspec.json.encode(content), ACADEMY, kind=CERTIFICATE, subjects=())
    with pytest.raises(SignatureError, match="different reports"):
        checked(other, whole)


def test_a_signed_report_is_not_a_certificate(whole: PortfolioFolder, path: Path) -> None:
    """An issuer's signature under something else is not one under a certificate."""
    with pytest.raises(SignatureError, match="not a certificate"):
        checked(sign(render(shown("Metaclasses"), "json").encode(), ACADEMY), whole)


def test_a_certificate_is_not_a_report(folder: PortfolioFolder, path: Path) -> None:
    """Nor can a certificate be put among the reports."""
    from grader.portfolio.reports import read_reports

    (folder.reports / "z.json").write_bytes(path.read_bytes())
    assert [problem.file[-6:] for problem in read_reports(folder, [ACADEMY_PUB]).problems] == ["z.json"]


def test_a_renamed_challenge_earns_nothing(folder: PortfolioFolder) -> None:
    """An easy challenge of one's own that calls itself Metaclasses, and a skill renamed in a real one."""
    fill(folder)
    own = replace(shown("Metaclasses").challenge, slug="hello_world")
    put(folder, replace(shown("Metaclasses"), challenge=own), name="metaclasses")
    assert reached(folder).share == "6 of 7"
    renamed = replace(shown("Generators").challenge, skill="Metaclasses")
    put(folder, replace(shown("Generators"), challenge=renamed), name="metaclasses")
    assert reached(folder).share == "6 of 7"


def test_an_issuer_certifies_no_challenge_of_their_own(folder: PortfolioFolder) -> None:
    """A certificate that rests on a challenge unknown to the verifier, or known for another skill, does not hold."""
    fill(folder)
    own = replace(shown("Metaclasses").challenge, slug="hello_world")
    put(folder, replace(shown("Metaclasses"), challenge=own), name="metaclasses")
    free = replace(counting(), present=None)
    content = credential(reached(folder, held=free), ADA, TRUST.issuers[0], free.day)
    verdict = checked(resigned(content, ACADEMY), folder)
    assert "there is no challenge language/hello_world here" in " ".join(verdict.problems)
    known_for = {**PRESENT, "language/hello_world": PresentChallenge("Generators", "1.3")}
    verdict = checked(resigned(content, ACADEMY), folder, present=known_for)
    assert "is about Generators, not about Metaclasses" in " ".join(verdict.problems)


def test_a_later_version_of_a_challenge_ends_no_certificate(whole: PortfolioFolder, path: Path) -> None:
    """It holds until it expires; a new one takes a report under the new version."""
    later = {name: PresentChallenge(challenge.skill, "1.4") for name, challenge in PRESENT.items()}
    assert checked(path, whole, present=later).holds
    assert reached(whole, held=replace(counting(), present=later)).share == "0 of 7"


def test_marks_by_oneself_earn_nothing(folder: PortfolioFolder) -> None:
    """A report whose marks its person gave does not count, even if an issuer signed it."""
    fill(folder)
    mine = Review(reviewer="ada LOVELACE", date="2026-11-02", marks=(ReviewMark(criterion="works", points=80.0),))
    put(folder, replace(shown("Metaclasses"), reviews=(mine,)))
    assert reached(folder).share == "6 of 7"


@pytest.mark.parametrize(
    ("kind", "stage", "share"),
    [(SessionKind.ISSUED, 1, "6 of 7"), (SessionKind.ISSUED, 3, "7 of 7"), (SessionKind.PRACTICE, 3, "6 of 7")],
)
def test_only_a_whole_session_that_was_issued_counts(
    folder: PortfolioFolder, kind: SessionKind, stage: int, share: str
) -> None:
    """Not a stage of it, which has easier totals, and no practice, even if an issuer signed either."""
    fill(folder)
    began, ended = "2026-11-01T09:00:00+00:00", "2026-11-01T10:00:00+00:00"
    session = SessionRef(kind=kind, stage=stage, stages=3, minutes=75, began=began, ended=ended)
    put(folder, replace(shown("Metaclasses"), session=session))
    assert reached(folder).share == share


def test_one_report_in_a_repository_is_one_report(folder: PortfolioFolder) -> None:
    """A signed file with several reports shows each skill once, and only those for the person count."""
    reports: list[Report] = [shown(skill) for skill in skills_of(Area.LANGUAGE)[:6]]
    reports += [reports[0], replace(shown("Type Hints"), person="Alan Turing")]
    envelope = sign(render(RepositoryReport(reports=tuple(reports)), "json").encode(), ACADEMY)
    (folder.reports / "all.signed.json").write_bytes(envelope)
    assert reached(folder).share == "6 of 7"
    put(folder, shown("Type Hints"))
    verdict = checked(issued(folder), folder)
    assert (verdict.holds, ADA) == (True, verdict.credential.credential_subject.name)
