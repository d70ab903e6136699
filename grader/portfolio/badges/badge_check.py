"""A badge from anybody: whether a trusted issuer vouches for it, whose it is, and whether it still holds.

Status lists and DID documents come from files that the reader gives, or else from the network, if that is allowed. If
one of them is unavailable, the badge is refused.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable

import msgspec

from grader import inputs
from grader.errors import UserError
from grader.model.person import same_name
from grader.portfolio.badges.badge_office import recipient_iri
from grader.portfolio.badges.open_badges import (
    BadgeFacts,
    BadgeRefused,
    Download,
    IssuerAnchor,
    from_network,
    verified,
    web_did,
)

DOCUMENT = "/did.json"
WELL_KNOWN = "/.well-known"


class _PublicFile(msgspec.Struct, frozen=True):
    """The part of a status list or a DID document that identifies it."""

    id: str
    valid_from: dt.datetime | None = msgspec.field(default=None, name="validFrom")


def sources(contents: Iterable[bytes], *, online: bool) -> Download:
    """Return how to get status lists and DID documents: from the given ones, the latest of each, then from the network.

    Raises BadgeRefused if a given one is neither.
    """
    files: dict[str, tuple[_PublicFile, bytes]] = {}
    for content in contents:
        try:
            file = inputs.json(content, _PublicFile)
        except msgspec.DecodeError as error:
            raise BadgeRefused(f"a file is neither a status list nor a DID document ({error})") from None
        if file.id not in files or _moment(files[file.id][0]) < _moment(file):
            files[file.id] = file, content

    def download(address: str) -> bytes:
        name = address
        if address.endswith(DOCUMENT):
            with contextlib.suppress(UserError):  # not an address of a did:web
                name = web_did(address.removesuffix(DOCUMENT).removesuffix(WELL_KNOWN))
        if name in files:
            return files[name][1]
        if not online:
            raise LookupError("no local copy was given, and nothing is downloaded")
        return from_network(address)

    return download


def is_public_file(content: bytes) -> bool:
    """Return whether something is a status list or a DID document at all."""
    try:
        sources([content], online=False)
    except BadgeRefused:
        return False
    return True


def checked(
    content: bytes, anchors: Iterable[IssuerAnchor], download: Download, *, person: str, recipient: str
) -> BadgeFacts:
    """Return what a badge says, if all of it holds, for a person and a recipient unless these are empty. Raises
    BadgeRefused, or UserError if the recipient is neither an address nor a DID.
    """
    facts = _vouched(content, anchors, download)
    if recipient and recipient_iri(recipient).casefold() != facts.recipient.casefold():
        raise BadgeRefused(f"it was issued to {facts.recipient}, not to {recipient}")
    if person and not same_name(person, facts.person):
        raise BadgeRefused(f"it was issued to {facts.person}, not to {person}")
    return facts


def _vouched(content: bytes, anchors: Iterable[IssuerAnchor], download: Download) -> BadgeFacts:
    """Return what a badge says if one of the issuers vouches for it. Raises BadgeRefused with what each lacks."""
    objections: list[str] = []
    for anchor in anchors:
        try:
            return verified(content, anchor, download)
        except BadgeRefused as error:
            objections.append(str(error))
    raise BadgeRefused("; ".join(dict.fromkeys(objections)) or "no trusted issuer was named")


def _moment(file: _PublicFile) -> dt.datetime:
    """Return when a file was made; the earliest moment if it does not say."""
    moment = file.valid_from or dt.datetime.min
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
