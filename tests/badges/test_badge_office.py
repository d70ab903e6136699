"""An issuer's folder: what is recorded, what is served, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from grader.errors import UserError
from grader.portfolio.badges.badge_office import (
    LASTS,
    BadgeIssuer,
    BadgeOffice,
    Grant,
    found_office,
    issue,
    recipient_iri,
    renew,
    revoke,
)
from grader.portfolio.badges.badge_rules import BADGES
from grader.store.sign import key_id
from tests.badges.conftest import NOW, PRIVATE, PUBLIC, STRANGER, URL, trusted
from tests.badges.test_badge_rules import ADA, area_of, progress

PROGRESS = progress(area_of(BADGES["python-wizard"].area))  # type: ignore[arg-type] # it has one
GRANT = Grant(progress=PROGRESS, person=ADA, recipient="ada@example.org", reports=("a", 'b "quoted"'))


@pytest.fixture
def office(ob: ModuleType, tmp_path: Path) -> BadgeOffice:
    """A new issuer."""
    found_office(tmp_path / "office", name="Example & Söhne", url=f"{URL}/", private_pem=PRIVATE, web=False)
    return BadgeOffice(tmp_path / "office")


def served(office: BadgeOffice) -> bytes:
    return (office.root / "public/status.json").read_bytes()


def test_a_badge_is_recorded_and_verifies(ob: ModuleType, office: BadgeOffice) -> None:
    """Each has a place of its own; what its holder gets verifies against what is served."""
    record, written = issue(office, GRANT, PRIVATE, moment=NOW)
    _, others = issue(office, GRANT, PRIVATE, moment=NOW)
    assert written.keys() & others.keys() == set(), "each of its files can lie beside those of another"
    assert len(office.issued()) == 2
    ((place, kept),) = [item for item in office.issued().items() if item[1] == record]
    assert (kept.person, kept.recipient, kept.reports) == (ADA, "mailto:ada@example.org", GRANT.reports)
    *forms, listed = written.values()
    assert listed != b""
    for content in forms:
        facts = ob.verified(content, ob.IssuerAnchor(issuer=trusted(PUBLIC)), lambda _: served(office))
        assert (facts.id, facts.status_index) == (record.id, place)
    assert [Path(name).suffix for name in written] == [".svg", ".png", ".json", ".jwt", ".json"]


def test_a_revoked_badge_is_in_the_list_that_is_served(ob: ModuleType, office: BadgeOffice) -> None:
    """At once, for good, and however often it is said; the other badge holds."""
    (first, gone), (_, other) = (issue(office, GRANT, PRIVATE, moment=NOW) for _ in range(2))
    revoke(office, first.id, PRIVATE, reason="copied\nwork", moment=NOW)
    revoke(office, first.id, PRIVATE, reason="again", moment=NOW + LASTS)
    revoke(office, first.id, PRIVATE, reason="again", moment=NOW)
    (revocation,) = office.revoked().values()
    assert (revocation.date, revocation.reason) == (NOW.date(), "copied\nwork")
    anchor = ob.IssuerAnchor(issuer=trusted(PUBLIC))
    with pytest.raises(ob.BadgeRefused, match="revoked"):
        ob.verified([*gone.values()][3], anchor, lambda _: served(office))
    assert ob.verified([*other.values()][3], anchor, lambda _: served(office))


def test_the_list_is_renewed(office: BadgeOffice) -> None:
    """It is believed for thirty days from its signature."""
    renew(office, PRIVATE, NOW + dt.timedelta(days=3))
    listed = json.loads(served(office))
    until = dt.datetime.fromisoformat(listed["validUntil"])
    assert until == NOW + dt.timedelta(days=33)


def test_nobody_is_issued_what_was_not_earned(office: BadgeOffice) -> None:
    """Neither by too few reports, nor a badge that cannot be earned; nothing is recorded."""
    short = progress(area_of(BADGES["python-wizard"].area)[1:])  # type: ignore[arg-type] # it has one
    never = progress([], "tech-leader")
    for lacking in (short, never):
        with pytest.raises(UserError, match="has not earned this badge"):
            issue(office, Grant(progress=lacking, person=ADA, recipient="a@b.c", reports=()), PRIVATE, moment=NOW)
    assert office.issued() == {}


def test_an_issuer_signs_with_its_own_key(office: BadgeOffice) -> None:
    """Another key is refused by name."""
    for act in (
        lambda: issue(office, GRANT, STRANGER, moment=NOW),
        lambda: revoke(office, "x", STRANGER, reason="x", moment=NOW),
        lambda: renew(office, STRANGER, NOW),
    ):
        with pytest.raises(UserError, match=f"the issuer's key is {key_id(PUBLIC)}"):
            act()


def test_what_was_never_issued_is_not_revoked(office: BadgeOffice) -> None:
    """The message says where the badges are listed."""
    with pytest.raises(UserError, match="issued no such badge"):
        revoke(office, "urn:uuid:x", PRIVATE, reason="x", moment=NOW)


def test_a_broken_record_is_named(office: BadgeOffice) -> None:
    """No list is signed that could leave out a revocation."""
    (office.root / "revoked").mkdir()
    (office.root / "revoked/000001.toml").write_text("format_version = 1\ndate = 2026-01-01\n")
    with pytest.raises(UserError, match=r"000001.toml: .*reason"):
        renew(office, PRIVATE, NOW)
    (office.root / "revoked/000001.toml").rename(office.root / "revoked/first.toml")
    with pytest.raises(UserError, match="not a place in the status list"):
        renew(office, PRIVATE, NOW)


def test_an_issuer_is_not_overwritten(office: BadgeOffice) -> None:
    """Neither by the same one nor by another."""
    for name in ("Example & Söhne", "Somebody else"):
        with pytest.raises(UserError, match=r"already"):
            found_office(office.root, name=name, url=URL, private_pem=PRIVATE, web=False)


def test_an_issuer_of_a_domain_serves_its_document(ob: ModuleType, tmp_path: Path) -> None:
    """`did:web` of the address, and the key under it."""
    issuer = found_office(tmp_path / "o", name="Example", url=URL, private_pem=PRIVATE, web=True)
    assert issuer.did == "did:web:example.org:badges"
    assert (tmp_path / "o/public/did.json").read_text() == ob.did_document(issuer.did, PUBLIC)
    assert BadgeIssuer(**tomllib.loads((tmp_path / "o/office.toml").read_text())) == issuer


@pytest.mark.parametrize("url", ["http://example.org", "https://", "example.org", "https://me:secret@example.org/"])
def test_an_address_that_nobody_can_rely_on_is_refused(ob: ModuleType, tmp_path: Path, url: str) -> None:
    """Badges carry it for good."""
    with pytest.raises(UserError, match="--url"):
        found_office(tmp_path / "o", name="Example", url=url, private_pem=PRIVATE, web=False)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("recipient", "iri"),
    [("ada@example.org", "mailto:ada@example.org"), ("mailto:a@b.org", "mailto:a@b.org"), ("did:key:z6", "did:key:z6")],
)
def test_a_recipient_is_an_address_or_a_did(recipient: str, iri: str) -> None:
    """As an IRI; a name or two addresses are neither."""
    assert recipient_iri(recipient) == iri
    for wrong in ("", "Ada", f"{recipient} {recipient}", "https://example.org/ada"):
        with pytest.raises(UserError, match="--recipient"):
            recipient_iri(wrong)
