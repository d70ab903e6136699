"""Open Badges 3.0 credentials: signed, put into pictures, read back, verified, revoked. Alone imports openbadgeslib.

A badge is secured twice: as a document with a Data Integrity proof (eddsa-rdfc-2022), which the picture carries, and as
a compact JWT beside it. Both are verified only against an issuer whom the caller names, since a credential that brings
its own key vouches for itself under any name.

Revocation is a Bitstring Status List with a Data Integrity proof. openbadgeslib's own check of a list expects a JWT and
takes a list without an end for fresh, so a list is verified here first: proof, issuer, address, dates. Its signature is
over RDF, not over JSON; therefore the list must be, member for member, the one that we would write.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from typing import Any

from grader.errors import CannotMeasure, GraderError, UserError
from grader.model import Struct
from grader.portfolio.badges import INSTALL, MissingBadges
from grader.portfolio.badges.badge_rules import BADGES, Badge
from grader.portfolio.badges.drawing import drawing
from grader.portfolio.badges.png_carrier import SIGNATURE, baked_png, png_credentials, png_picture
from grader.portfolio.trust import TrustedKey

try:
    import pyld  # noqa: F401 - openbadgeslib needs it for Data Integrity, and imports it only then
    from defusedxml.minidom import parseString
    from openbadgeslib import baking
    from openbadgeslib.ob3 import (
        Achievement,
        Evidence,
        IdentityObject,
        Issuer,
        OB3GuardUnavailable,
        OB3LdpSigner,
        OB3LdpVerifier,
        OB3Signer,
        OB3Verifier,
        OpenBadgeCredential,
        add_data_integrity_proof,
        build_status_list_credential,
        check_credential_status,
        decode_encoded_list,
        did_key_from_pem,
        did_web_from_url,
        multikey_from_pem,
        resolve_verification_method,
        set_indices,
        status_entry,
        verify_data_integrity_proof,
    )
    from openbadgeslib.util import download_file
except ModuleNotFoundError as error:
    raise MissingBadges from error

Download = Callable[[str], bytes]
METHOD = "key-1"
"""The name of the key in an issuer's did:web document."""
PURPOSE = "revocation"


class BadgeRefused(GraderError):
    """A badge cannot be trusted. The message says why."""


class BadgeFacts(Struct, frozen=True, kw_only=True):
    """What a badge's credential says."""

    id: str
    badge: Badge
    person: str
    recipient: str
    """An IRI: `mailto:` and an address, or a DID."""
    issuer: str
    """A DID."""
    issuer_name: str
    issuer_url: str
    issued: dt.datetime
    expires: dt.datetime
    reports: tuple[str, ...]
    """The signed files that it rests on, each with its digest, in words."""
    status_list: str
    """The address of the list that says whether it was revoked."""
    status_index: int


class SecuredBadge(Struct, frozen=True, kw_only=True):
    """A badge as its holder gets it."""

    document: str
    """JSON with a Data Integrity proof."""
    token: str
    """The same as a compact JWT."""
    picture: str
    """SVG with the document in it."""
    image: bytes
    """PNG with the document in it."""


class IssuerAnchor(Struct, frozen=True, kw_only=True):
    """The issuer whom a reader trusts: by DID, or by public key."""

    did: str = ""
    issuer: TrustedKey | None = None

    @property
    def key(self) -> bytes:
        """The public key in PEM; empty if the DID says it."""
        return self.issuer.pem if self.issuer else b""

    def did_of(self, stated: str) -> str:
        """Return the DID that a credential's issuer has to have, given the one that it states. Raises BadgeRefused."""
        if not self.key:
            return self.did
        own = did_key_from_pem(self.key)
        if stated != own and not stated.startswith("did:web:"):
            raise BadgeRefused(f"its issuer is {stated or 'nobody'}, not {own}")
        return stated


def key_did(public_pem: bytes) -> str:
    """Return the did:key of a public key."""
    did: str = did_key_from_pem(public_pem)
    return did


def web_did(url: str) -> str:
    """Return the did:web whose document is served below an https address. Raises UserError."""
    try:
        did: str = did_web_from_url(url)
    except ValueError as error:
        raise UserError("--url", str(error), "Use an https address such as https://example.org/badges") from None
    return did


def did_document(did: str, public_pem: bytes) -> str:
    """Return the document to serve for a did:web."""
    method = {
        "id": f"{did}#{METHOD}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multikey_from_pem(public_pem),
    }
    contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    return _json({"@context": contexts, "id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]})


def issuer_profile(did: str, name: str, url: str) -> str:
    """Return an issuer's Profile."""
    return _json(Issuer(id=did, name=name, url=url).to_dict())


def secured(facts: BadgeFacts, private_pem: bytes) -> SecuredBadge:
    """Sign a badge in both formats, and put it into its picture."""
    credential = _credential(facts)
    document = OB3LdpSigner(private_pem, _method(facts.issuer)).sign_to_json(credential, created=facts.issued)
    token = OB3Signer(private_pem, algorithm="EdDSA").sign(credential)
    image = baked_png(png_picture(facts.badge), document)
    return SecuredBadge(document=document, token=token, picture=baked(picture_of(facts), document), image=image)


def picture_of(facts: BadgeFacts) -> str:
    """Return a badge's picture, without a credential in it."""
    return drawing(
        facts.badge,
        person=facts.person,
        issuer=facts.issuer_name,
        issued=facts.issued.date(),
        expires=facts.expires.date(),
    )


def baked(picture: str, document: str) -> str:
    """Put a credential into a picture. Raises BadgeRefused if one is there already."""
    if _credentials_in(picture.encode()):
        raise BadgeRefused("the picture already contains a credential, which a second one would hide")
    svg: bytes = baking.bake_svg(
        picture.encode(), document, element=baking.SVG_ELEMENT_OB3, namespace=baking.SVG_NS_OB3, as_text=True
    )
    return svg.decode()


def status_list(
    issuer: str, url: str, revoked: Iterable[int], private_pem: bytes, *, issued: dt.datetime, until: dt.datetime
) -> str:
    """Return the signed list of revoked badges, which is served at its address and valid until the given time."""
    unsigned = build_status_list_credential(issuer, url, PURPOSE, revoked, issued=issued, valid_until=until)
    return _json(add_data_integrity_proof(unsigned, private_pem, _method(issuer), created=issued))


def verified(content: bytes, anchor: IssuerAnchor, download: Download) -> BadgeFacts:
    """Return what a badge says, in whichever form it comes, after checking all of it. Raises BadgeRefused.

    `download` gives a status list or a DID document by its address, and raises if it cannot.
    """
    try:
        return _verified(content, anchor, download)
    except OB3GuardUnavailable as error:
        raise CannotMeasure(f"badges cannot be verified on this machine: {error}", remedy=INSTALL) from None
    except GraderError:
        raise
    except Exception as error:  # whatever a hostile badge triggers in the libraries refuses it
        raise BadgeRefused(f"it is not valid: {str(error).rstrip('.') or type(error).__name__}") from None


def from_network(url: str) -> bytes:
    """Download a status list or a DID document over https."""
    content: bytes = download_file(url)
    return content


def _verified(content: bytes, anchor: IssuerAnchor, download: Download) -> BadgeFacts:
    text = _text(content)
    issuer = anchor.did_of(_issuer_of(_unverified(text)))
    if text.startswith("{"):
        ours = OB3LdpVerifier(anchor.key, issuer) if anchor.key else OB3LdpVerifier.for_issuer_did(issuer)
        credential = ours.verify(text, download=download)
    else:
        theirs = OB3Verifier(anchor.key, issuer) if anchor.key else OB3Verifier.for_issuer_did(issuer, download)
        credential = theirs.verify(text)
    facts = _facts(credential)
    if anchor.issuer is not None and anchor.issuer.is_of(facts.person):
        raise BadgeRefused(f"{facts.person} holds the key that signed it, and nobody can issue a badge to themselves")
    _check_status(credential, anchor, download)
    if not _is_drawn(content, facts, text):
        raise BadgeRefused("the picture does not match the credential in it")
    return facts


def _is_drawn(content: bytes, facts: BadgeFacts, text: str) -> bool:
    """Return whether a picture, if it is one, is what we draw for the facts and the credential in it."""
    if content.startswith(SIGNATURE):
        return content == baked_png(png_picture(facts.badge), text)
    if content.lstrip().startswith(b"<"):
        return ET.canonicalize(content.decode()) == ET.canonicalize(baked(picture_of(facts), text))
    return True


def _text(content: bytes) -> str:
    """Return the credential in a picture, or the content itself. Raises BadgeRefused."""
    is_png = content.startswith(SIGNATURE)
    if not is_png and not content.lstrip().startswith(b"<"):
        return content.decode().strip()
    found = png_credentials(content) if is_png else []
    count = len(found) if is_png else _credentials_in(content)
    if count != 1:
        raise BadgeRefused(f"the picture contains {count} credentials instead of one")
    if is_png:
        return found[0]
    text: str = OB3Verifier.extract_token_from_svg(content)
    return text.strip()


def _credentials_in(svg: bytes) -> int:
    """Count the credentials in a picture, under whichever prefix and of whichever version."""
    tree = parseString(svg, forbid_dtd=True)
    names = [element.tagName.rpartition(":")[2] for element in tree.getElementsByTagName("*")]
    return sum(name in {"credential", "assertion"} for name in names)


def _check_status(credential: OpenBadgeCredential, anchor: IssuerAnchor, download: Download) -> None:
    """Raise BadgeRefused or openbadgeslib's error unless a list of the issuer's own says that it was not revoked."""
    (entry,) = credential.credential_status
    address, issuer = entry["statusListCredential"], credential.issuer.id
    try:
        content = download(address)
    except Exception as error:
        raise BadgeRefused(f"it is unknown whether it was revoked: {address}: {error}") from None
    if not content.lstrip().startswith(b"{"):
        raise BadgeRefused(f"it is unknown whether it was revoked: {address} is not a JSON document")
    listed = _parsed(content.decode())
    proof = listed["proof"]
    if _issuer_of(listed) != issuer:
        raise BadgeRefused(f"its status list was issued by {_issuer_of(listed)}, not by the badge's issuer")
    if listed["id"] != address:
        raise BadgeRefused(f"its status list states the address {listed['id']} instead of {address}")
    if "validUntil" not in listed:
        raise BadgeRefused("its status list never expires, so an old list could hide a revocation")
    if {**listed, "proof": None} != {**_unsigned_like(listed), "proof": None}:
        raise BadgeRefused("its status list does not have the form of those that `grader badge` writes")
    method = proof["verificationMethod"]
    if method.partition("#")[0] != issuer:
        raise BadgeRefused("its status list was signed with somebody else's key")
    key = anchor.key or resolve_verification_method(method, download)
    verify_data_integrity_proof(listed, key)
    if int(entry["statusListIndex"]) in set_indices(decode_encoded_list(listed["credentialSubject"]["encodedList"])):
        raise BadgeRefused("its issuer revoked it")
    check_credential_status(credential, lambda _url: content, verify_list=False)


def _unsigned_like(listed: dict[str, Any]) -> dict[str, Any]:
    """Return the list that the grader would write in place of the given one."""
    dates = (dt.datetime.fromisoformat(listed[name]) for name in ("validFrom", "validUntil"))
    issued, until = dates
    like: dict[str, Any] = build_status_list_credential(
        listed["issuer"], listed["id"], PURPOSE, (), issued=issued, valid_until=until
    )
    like["credentialSubject"]["encodedList"] = str(listed["credentialSubject"]["encodedList"])
    return like


def _credential(facts: BadgeFacts) -> OpenBadgeCredential:
    return OpenBadgeCredential(
        id=facts.id,
        issuer=Issuer(id=facts.issuer, name=facts.issuer_name, url=facts.issuer_url),
        recipient_id=facts.recipient,
        identifiers=[IdentityObject(identity_hash=facts.person, identity_type="name", hashed=False)],
        achievement=_achievement(facts.badge),
        issuance_date=facts.issued,
        expiration_date=facts.expires,
        evidence=[Evidence(name="Signed file", narrative=report) for report in facts.reports],
        credential_status=[status_entry(facts.status_list, PURPOSE, facts.status_index)],
    )


def _achievement(badge: Badge) -> Achievement:
    return Achievement(
        id=badge.iri,
        name=badge.name,
        description=badge.about,
        criteria_narrative=badge.criteria,
        achievement_type="Badge",
    )


def _facts(credential: OpenBadgeCredential) -> BadgeFacts:
    """Return what a verified credential says. Raises BadgeRefused unless it is a badge of the table, of one person."""
    subject = (credential.raw or {})["credentialSubject"]
    achievement = subject["achievement"]
    badge = next((badge for badge in BADGES.values() if badge.iri == achievement["id"]), None)
    if badge is None:
        raise BadgeRefused(f"it is for {achievement['id']}, which is not a badge of this framework")
    if achievement != _achievement(badge).to_dict():
        raise BadgeRefused(f"its description of {badge.name} differs from the framework's")
    if badge.waits_for:
        raise BadgeRefused(f"nobody can have earned it, since nothing records {badge.waits_for} yet")
    names = [known.identity_hash for known in credential.identifiers if known.identity_type == "name"]
    if len(names) != 1 or not credential.recipient_id:
        raise BadgeRefused("it does not name exactly one person with an e-mail address or a DID")
    if credential.issuance_date is None or credential.expiration_date is None:
        raise BadgeRefused("it does not state both when it was issued and when it expires")
    if len(credential.credential_status) != 1:
        raise BadgeRefused("it does not name exactly one status list, so nobody can tell whether it was revoked")
    (entry,) = credential.credential_status
    return BadgeFacts(
        id=credential.id or "",
        badge=badge,
        person=names[0],
        recipient=credential.recipient_id,
        issuer=credential.issuer.id,
        issuer_name=credential.issuer.name,
        issuer_url=credential.issuer.url or "",
        issued=credential.issuance_date,
        expires=credential.expiration_date,
        reports=tuple(evidence.narrative or "" for evidence in credential.evidence),
        status_list=entry["statusListCredential"],
        status_index=int(entry["statusListIndex"]),
    )


def _unverified(text: str) -> dict[str, Any]:
    if text.startswith("{"):
        return _parsed(text)
    if text.count(".") != 2:
        raise BadgeRefused("it is not an SVG or PNG image, a JSON document or a JWT")
    _, payload, _ = text.split(".")
    return _parsed(base64.urlsafe_b64decode(payload + "==").decode())


def _parsed(text: str) -> dict[str, Any]:
    """Parse a JSON object in which no key is listed twice."""
    document = json.loads(text, object_pairs_hook=_unique)
    if not isinstance(document, dict):
        raise TypeError("it is not a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is listed twice")
    return members


def _issuer_of(document: dict[str, Any]) -> str:
    issuer = document.get("issuer")
    return str(issuer.get("id") if isinstance(issuer, dict) else issuer)


def _method(did: str) -> str:
    """Return the name of the key with which an issuer signs."""
    return f"{did}#{did.removeprefix('did:key:') if did.startswith('did:key:') else METHOD}"


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
