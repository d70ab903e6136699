"""Badges that nobody earned, or that no longer hold: each is refused, with a reason that says what is wrong."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.errors import GraderError
from grader.portfolio.badges.badge_rules import BADGES
from tests.badges.conftest import (
    LIST,
    MONTH,
    NOW,
    PLACE,
    PRIVATE,
    PUBLIC,
    STRANGER,
    STRANGERS,
    URL,
    Document,
    Workshop,
    payload_of,
    token_of,
    trusted,
)


def refused(workshop: Workshop, content: str | bytes, why: str, **given: Any) -> None:
    with pytest.raises(workshop.ob.BadgeRefused, match=why):
        workshop.verify(content, **given)


def test_a_self_issued_badge_in_our_name_is_refused(workshop: Workshop) -> None:
    """Signed with a key of its own under our name, it convinces a verifier that knows no issuer, and not ours."""
    own = workshop.ob.key_did(STRANGERS)
    forged = workshop.ob.secured(workshop.but(issuer=own), STRANGER)
    assert workshop.ob.OB3LdpVerifier().verify(forged.document).issuer.name == "Example & Söhne"
    for content in (forged.document, forged.token, forged.picture):
        refused(workshop, content, "does not match the DID|Invalid signature|verification failed")
        refused(workshop, content, "its issuer is did:key:", anchor=workshop.ob.IssuerAnchor(issuer=trusted(PUBLIC)))


def test_our_did_on_a_badge_of_another_key_is_refused(workshop: Workshop) -> None:
    """Whether the proof names the other key, or ours."""
    theirs = workshop.ob.key_did(STRANGERS)
    named = workshop.document(lambda _: None, STRANGER, f"{theirs}#{theirs.removeprefix('did:key:')}")
    refused(workshop, named, "does not belong to the anchored DID")
    refused(workshop, workshop.document(lambda _: None, STRANGER), "it is not valid")


def test_a_token_that_brings_its_own_key_is_refused(workshop: Workshop) -> None:
    """The key in a token's header is never used."""
    refused(workshop, workshop.ob.secured(workshop.facts, STRANGER).token, "Invalid signature")


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA", "kid": "did:web:evil.example"}])
def test_a_token_does_not_choose_its_algorithm(workshop: Workshop, header: Document) -> None:
    """No signature, a symmetric one, or a key of somebody else: none will do."""
    refused(workshop, token_of(header, payload_of(workshop.badge.token)), "it is not valid")


EDITS: dict[str, Callable[[Document], object]] = {
    "another person": lambda badge: badge["credentialSubject"]["identifier"][0].update(identityHash="Bob"),
    "another address": lambda badge: badge["credentialSubject"].update(id="mailto:bob@example.org"),
    "another badge": lambda badge: badge["credentialSubject"]["achievement"].update(name="Architecture Master"),
    "a later end": lambda badge: badge.update(validUntil="2199-01-01T00:00:00Z"),
    "no status": lambda badge: badge.pop("credentialStatus"),
    "another place": lambda badge: badge["credentialStatus"].update(statusListIndex="1"),
    "another list": lambda badge: badge["credentialStatus"].update(statusListCredential="https://evil.example/x"),
    "other evidence": lambda badge: badge.update(evidence=[]),
    "a term of its own": lambda badge: badge.update(honours="summa cum laude"),
    "a context of its own": lambda badge: badge["@context"].append({"name": "https://schema.org/name"}),
    "no proof": lambda badge: badge.pop("proof"),
    "another method": lambda badge: badge["proof"].update(verificationMethod="did:key:z6Mk#z6Mk"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_badge_is_refused(workshop: Workshop, edit: Callable[[Document], object]) -> None:
    """The proof covers every member."""
    refused(workshop, workshop.edited(edit), ".")


def test_an_edited_token_is_refused(workshop: Workshop) -> None:
    """The signature is over the payload."""
    header, _, signature = workshop.badge.token.split(".")
    payload = payload_of(workshop.badge.token) | {"validUntil": "2199-01-01T00:00:00Z"}
    refused(workshop, f"{header}.{token_of({}, payload).split('.')[1]}.{signature}", "Invalid signature")


def test_a_revoked_badge_is_refused(workshop: Workshop) -> None:
    """In every form; a neighbour's revocation changes nothing."""
    badge = workshop.badge
    for content in (badge.document, badge.token, badge.picture):
        refused(workshop, content, "its issuer revoked it", listed=workshop.status(PLACE))
    assert workshop.verify(badge.token, listed=workshop.status(PLACE - 1, PLACE + 1)) == workshop.facts


def _endless(listed: Document) -> None:
    del listed["validUntil"]


def _aliased(listed: Document) -> None:
    listed["@context"].append({"end": "https://www.w3.org/2018/credentials#validUntil"})


LISTS: dict[str, tuple[Callable[[Workshop], str], str]] = {
    "unreachable": (lambda _: "", "is not a JSON document"),
    "of another issuer": (
        lambda workshop: workshop.status(key=STRANGER, issuer=workshop.ob.key_did(STRANGERS)),
        "its status list was issued by did:key:",
    ),
    "signed by another key": (lambda workshop: workshop.signed_list(lambda _: None, STRANGER), "is not valid"),
    "of another method": (
        lambda workshop: workshop.listed.replace(f'"{workshop.ob._method(workshop.did)}"', '"did:key:z6Mk#z6Mk"'),
        "somebody else's key",
    ),
    "without an end": (lambda workshop: workshop.signed_list(_endless), "never expires"),
    "old": (lambda workshop: workshop.status(days=31), "expired"),
    "of tomorrow": (lambda workshop: workshop.status(days=-2), "not yet valid"),
    "of another address": (lambda workshop: workshop.status(url=f"{URL}/other.json"), "states the address"),
    "with an alias": (lambda workshop: workshop.signed_list(_aliased), "does not have the form|is not valid"),
    "edited": (
        lambda workshop: json.dumps(
            json.loads(workshop.status(PLACE)) | {"proof": json.loads(workshop.listed)["proof"]}
        ),
        "is not valid",
    ),
    "with a key twice": (
        lambda workshop: workshop.listed.replace('{\n  "@context"', '{\n  "id": "x",\n  "@context"', 1),
        "listed twice",
    ),
    "a token": (lambda _: token_of({"alg": "none"}, {}), "is not a JSON document"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_status_list_that_proves_nothing_refuses_the_badge(workshop: Workshop, name: str) -> None:
    """What cannot be told is not good news."""
    listed, why = LISTS[name]
    refused(workshop, workshop.badge.token, why, listed=listed(workshop))


def test_a_status_list_that_does_not_answer_refuses_the_badge(workshop: Workshop) -> None:
    """With its address."""

    def download(url: str) -> bytes:
        raise TimeoutError("no answer")

    with pytest.raises(workshop.ob.BadgeRefused, match=f"it is unknown whether it was revoked: {LIST}: no answer"):
        workshop.ob.verified(workshop.badge.token.encode(), workshop.anchor, download)


@pytest.mark.parametrize(
    ("issued", "expires", "why"),
    [
        (NOW - 2 * MONTH, NOW - MONTH, "expired"),
        (NOW + MONTH, NOW + 2 * MONTH, "not yet valid"),
    ],
)
def test_a_badge_holds_between_its_dates(
    workshop: Workshop, issued: dt.datetime, expires: dt.datetime, why: str
) -> None:
    """In both formats."""
    badge = workshop.ob.secured(workshop.but(issued=issued, expires=expires), PRIVATE)
    refused(workshop, badge.document, why)
    refused(workshop, badge.token, f"{why}|nbf")


def test_a_replayed_badge_is_refused(workshop: Workshop) -> None:
    """Shown by anybody but the person to whom it was issued, or at another address."""
    from grader.portfolio.badges.badge_check import checked, sources

    given, content = sources([workshop.listed.encode()], online=False), workshop.badge.token.encode()
    for person, recipient in (("Bob", ""), ("ada lovelace", ""), ("", "bob@example.org"), ("", "did:key:z6Mk")):
        with pytest.raises(workshop.ob.BadgeRefused, match="it was issued to"):
            checked(content, [workshop.anchor], given, person=person, recipient=recipient)
    with pytest.raises(GraderError, match="e-mail address nor a DID"):
        checked(content, [workshop.anchor], given, person="", recipient="Ada")
    facts = checked(content, [workshop.anchor], given, person="Ada  Lovelace", recipient="ADA@example.org")
    assert facts == workshop.facts


def test_nobody_issues_badges_to_themselves(workshop: Workshop) -> None:
    """A key in whose holders, or whose name, the person is vouches for everybody else."""
    for key in (trusted(PUBLIC, "Academy", "ADA LOVELACE"), trusted(PUBLIC, "Ada Lovelace")):
        refused(workshop, workshop.badge.token, "to themselves", anchor=workshop.ob.IssuerAnchor(issuer=key))
    anchor = workshop.ob.IssuerAnchor(issuer=trusted(PUBLIC, "Academy", "Bob"))
    assert workshop.verify(workshop.badge.token, anchor=anchor) == workshop.facts


def test_without_an_issuer_nothing_is_believed(workshop: Workshop) -> None:
    """Of several issuers, one has to vouch for it."""
    from grader.portfolio.badges.badge_check import checked, sources

    given, content = sources([workshop.listed.encode()], online=False), workshop.badge.token.encode()
    stranger = workshop.ob.IssuerAnchor(issuer=trusted(STRANGERS))
    for anchors in ([], [stranger]):
        with pytest.raises(workshop.ob.BadgeRefused, match=r"no trusted issuer was named|its issuer is did:key:"):
            checked(content, anchors, given, person="", recipient="")
    assert checked(content, [stranger, workshop.anchor], given, person="", recipient="") == workshop.facts


def test_a_renamed_badge_is_refused(workshop: Workshop) -> None:
    """Even by its issuer: the name, the rule and the words are those of the table."""
    for change in ({"name": "Python God"}, {"description": "Everything"}, {"criteria_narrative": "Ask me."}):

        def rename(credential: Any, change: dict[str, str] = change) -> None:
            vars(credential.achievement).update(change)

        refused(workshop, workshop.document(rename), "differs from the framework's")


def test_a_badge_of_no_framework_is_refused(workshop: Workshop) -> None:
    """Whatever it is called, and whoever signed it."""

    def another(credential: Any) -> None:
        credential.achievement.id = "urn:senior-python-grader:badge:python-wizard:v0"

    refused(workshop, workshop.document(another), "not a badge of this framework")


@pytest.mark.parametrize("name", ["tech-leader", "problem-solver"])
def test_a_badge_that_nobody_can_earn_is_refused(workshop: Workshop, name: str) -> None:
    """Even signed by its issuer."""
    badge = workshop.ob.secured(workshop.but(badge=BADGES[name]), PRIVATE)
    refused(workshop, badge.token, "nobody can have earned it")


def _nobody(credential: Any) -> None:
    credential.identifiers = []


def _several(credential: Any) -> None:
    credential.identifiers *= 2


def _unlisted(credential: Any) -> None:
    credential.credential_status = []


def _twice_listed(credential: Any) -> None:
    credential.credential_status = [*credential.credential_status, credential.credential_status[0] | {"id": f"{URL}#x"}]


def _endless_badge(credential: Any) -> None:
    credential.expiration_date = None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_nobody, "does not name exactly one person"),
        (_several, "does not name exactly one person"),
        (_unlisted, "does not name exactly one status list"),
        (_twice_listed, "does not name exactly one status list"),
        (_endless_badge, "both when it was issued"),
    ],
)
def test_an_incomplete_badge_is_refused(workshop: Workshop, change: Callable[[Any], None], why: str) -> None:
    """Person, dates and status are there, once each."""
    refused(workshop, workshop.document(change), why)


def test_nothing_is_baked_twice(workshop: Workshop) -> None:
    """Neither by us, nor is a picture believed in which somebody else put a second credential, under any prefix."""
    with pytest.raises(workshop.ob.BadgeRefused, match="already contains a credential"):
        workshop.ob.baked(workshop.badge.picture, workshop.badge.document)
    for extra in (
        '<openbadges:credential verify="x"/>',
        '<x:credential xmlns:x="https://purl.imsglobal.org/ob/v3p0"/>',
    ):
        twice = workshop.badge.picture.replace("</svg>", f"{extra}</svg>")
        refused(workshop, twice, "contains 2 credentials" if "x:c" in extra else "contains 2 credentials|is not valid")


def test_a_picture_that_says_something_else_is_refused(workshop: Workshop) -> None:
    """A genuine credential in the picture of another badge, of another person, or below another text."""
    ob, document = workshop.ob, workshop.badge.document
    for facts in (workshop.but(badge=BADGES["tech-leader"]), workshop.but(person="Bob")):
        refused(workshop, ob.baked(ob.picture_of(facts), document), "the picture does not match")
    picture = workshop.badge.picture
    for added in ("<text>Bob</text>", "<style>text { fill: white }</style>", "<script>alert(1)</script>"):
        refused(workshop, picture.replace("</svg>", f"{added}</svg>"), "the picture does not match")
    styled = picture.replace("<svg", '<?xml-stylesheet href="data:text/css,text{fill:white}"?><svg', 1)
    refused(workshop, styled, "the picture does not match")
    typed = picture.replace("<svg", '<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd"><svg', 1)
    refused(workshop, typed, "is not valid")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"id": 1, "id": 1}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"a.b.c",
        b"<svg/>",
        b"<svg",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
    ],
    ids=range(12),
)
def test_what_is_no_badge_is_refused(workshop: Workshop, content: bytes) -> None:
    """Whatever it is, with a reason and without a crash."""
    refused(workshop, content, ".")


def test_a_web_issuer_is_who_serves_the_document(workshop: Workshop) -> None:
    """The key that the address serves decides; a document about another DID is no document of the issuer."""
    from grader.portfolio.badges.badge_check import checked, sources

    ob, web = workshop.ob, workshop.web
    badge = ob.secured(workshop.but(issuer=web), PRIVATE)
    anchor, listed = ob.IssuerAnchor(did=web), workshop.status(issuer=web)

    def verify(document: str) -> Any:
        served = {LIST: listed, f"{URL}/did.json": document}
        return ob.verified(badge.token.encode(), anchor, lambda url: served[url].encode())

    assert verify(ob.did_document(web, PUBLIC)).issuer == web
    given = sources([listed.encode(), ob.did_document(web, PUBLIC).encode()], online=False)
    assert checked(badge.picture.encode(), [anchor], given, person="", recipient="").issuer == web
    for document in (ob.did_document(web, STRANGERS), ob.did_document("did:web:evil.example", PUBLIC), "{}"):
        with pytest.raises(ob.BadgeRefused):
            verify(document)


def leaves(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in a document."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from leaves(item, *path, key)


def changed(document: Document, path: tuple[str | int, ...], *, gone: bool) -> Document:
    """A document without a value, or with another one in its place."""
    copy: Any = json.loads(json.dumps(document))
    owner = copy
    for key in path[:-1]:
        owner = owner[key]
    if gone:
        del owner[path[-1]]
    else:
        owner[path[-1]] = f"{owner[path[-1]]}1"
    return dict(copy)


@pytest.mark.heavy
@pytest.mark.parametrize("gone", [True, False], ids=["removed", "changed"])
def test_every_value_counts(workshop: Workshop, gone: bool) -> None:
    """No value of a badge, of its token or of a status list can be removed or changed."""
    badge, listed = json.loads(workshop.badge.document), json.loads(workshop.listed)
    accepted = []
    for document, as_list in ((badge, False), (listed, True)):
        for path in leaves(document):
            content = json.dumps(changed(document, path, gone=gone))
            try:
                workshop.verify(workshop.badge.document if as_list else content, listed=content if as_list else None)
            except workshop.ob.BadgeRefused:
                continue
            accepted.append(path)
    assert accepted == []
