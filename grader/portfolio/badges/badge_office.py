"""An issuer's folder: who issues, what was issued and revoked, and what to serve to everybody.

    office.toml            name, DID, key and address
    issued/INDEX.toml      one file for each badge; its name is the badge's place in the status list
    revoked/INDEX.toml     the day and the reason, for each badge that was revoked
    public/                to be served at the address: status.json, issuer.json, and did.json for a did:web

Records are only ever added. `public/status.json` follows from them: it is signed anew each time, and believed for
LASTS, so it has to be renewed before. A lock on `office.toml` lets one process at a time write in the folder.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import re
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec

from grader.errors import UserError
from grader.model import Struct
from grader.model.person import as_name
from grader.portfolio.badges.badge_rules import BadgeProgress
from grader.portfolio.folder import PortfolioFolder, add, file_word
from grader.portfolio.strict import quoted, read_toml
from grader.store import files
from grader.store.sign import key_id, public_half

REFERENCE = "See docs/reference/badges.md, which describes the file"
PLACES = 1 << 17
"""The length of a status list: long, so that a place in it says nothing about its holder."""
LASTS = dt.timedelta(days=30)
"""How long a status list is valid."""
VALID = dt.timedelta(days=365)
"""How long a badge is valid, unless its issuer says otherwise."""
_ADDRESS = re.compile(r"[^@\s:/]+@[^@\s:/]+\.[^@\s:/]+")
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+")

Version = Annotated[int, msgspec.Meta(ge=1, le=1)]


class BadgeIssuer(Struct, frozen=True, kw_only=True):
    """An issuer of badges: the content of `office.toml`."""

    format_version: Version
    """The version of this file's format: 1."""
    name: str
    """The issuer's name, as badges show it."""
    did: str
    """`did:key:` of the signing key, or `did:web:` of `url`."""
    key: str
    """The identifier of the signing key, as `grader sign --new-key` prints it."""
    url: str
    """The https address at which `public/` is served."""

    @property
    def status_list(self) -> str:
        """The address of the status list."""
        return f"{self.url}/status.json"


class IssuedBadge(Struct, frozen=True, kw_only=True):
    """A badge that was issued: the content of a file in `issued/`."""

    format_version: Version
    """The version of this file's format: 1."""
    id: str
    """The credential's identifier."""
    badge: str
    """The id of one of the eight badges."""
    person: str
    """The holder's name, as in the reports."""
    recipient: str
    """The holder's address or DID."""
    issued: dt.date
    """The day it was issued."""
    expires: dt.date
    """The day on which it expires."""
    reports: tuple[str, ...] = ()
    """The signed reports, reviews and evidence that it rests on, each with its digest."""


class RevokedBadge(Struct, frozen=True, kw_only=True):
    """A revocation: the content of a file in `revoked/`."""

    format_version: Version
    """The version of this file's format: 1."""
    date: dt.date
    """The day it was revoked."""
    reason: str
    """The reason, for the issuer's own records; the status list does not contain it."""


class Grant(Struct, frozen=True, kw_only=True):
    """A badge that an issuer grants to a person."""

    progress: BadgeProgress
    person: str
    recipient: str
    reports: Sequence[str]


class BadgeOffice(Struct, frozen=True):
    """The paths of an issuer's folder; nothing has been read."""

    root: Path

    @property
    def config(self) -> Path:
        """The file that names the issuer."""
        return self.root / "office.toml"

    def issuer(self, private_pem: bytes) -> BadgeIssuer:
        """Return the issuer, whose key must be the given one. Raises PortfolioError or UserError."""
        remedy = "Create it with `grader badge issuer DIR --name NAME --url URL`"
        issuer = read_toml(self.config, BadgeIssuer, remedy=remedy)
        own = key_id(public_half(private_pem))
        if issuer.key != own:
            raise UserError(
                str(self.config), f"the issuer's key is {issuer.key}, but {own} was given", "Pass the issuer's key"
            )
        return issuer

    def issued(self) -> dict[int, IssuedBadge]:
        """Return every issued badge by its place in the status list. Raises PortfolioError."""
        return {int(path.stem): read_toml(path, IssuedBadge, remedy=REFERENCE) for path in self._records("issued")}

    def revoked(self) -> dict[int, RevokedBadge]:
        """Return every revocation by its place in the status list. Raises PortfolioError."""
        return {int(path.stem): read_toml(path, RevokedBadge, remedy=REFERENCE) for path in self._records("revoked")}

    def _records(self, name: str) -> list[Path]:
        paths = PortfolioFolder(self.root).listed(self.root / name, ".toml")
        if wrong := next((path for path in paths if not path.stem.isdecimal()), None):
            raise UserError(str(wrong), "the name of this file is not a place in the status list", "Remove it")
        return paths


def found_office(root: Path, *, name: str, url: str, private_pem: bytes, web: bool) -> BadgeIssuer:
    """Write the folder of a new issuer. Raises UserError, also if the folder already has an issuer."""
    from grader.portfolio.badges import open_badges

    public = public_half(private_pem)
    address = url.rstrip("/")
    did = open_badges.web_did(address)  # refuses every address that nobody could rely on
    issuer = BadgeIssuer(
        format_version=1,
        name=as_name(name, "--name"),
        did=did if web else open_badges.key_did(public),
        key=key_id(public),
        url=address,
    )
    office = BadgeOffice(root)
    keys = ("name", "did", "key", "url")
    lines = "".join(f"{key} = {quoted(str(getattr(issuer, key)))}\n" for key in keys)
    if not add(office.config, f"format_version = 1\n{lines}"):
        raise UserError(str(office.config), "this issuer already exists", "Use it, or choose a new folder")
    add(root / "public/issuer.json", open_badges.issuer_profile(issuer.did, issuer.name, issuer.url))
    if web:
        add(root / "public/did.json", open_badges.did_document(issuer.did, public))
    renew(office, private_pem, now())
    return issuer


def issue(
    office: BadgeOffice, grant: Grant, private_pem: bytes, *, moment: dt.datetime, valid: dt.timedelta = VALID
) -> tuple[IssuedBadge, dict[str, bytes]]:
    """Record and sign a badge that was earned. Returns the record, and the holder's files by name. Raises UserError."""
    from grader.portfolio.badges import open_badges

    badge = grant.progress.badge
    if not grant.progress.is_earned:
        raise UserError(
            f"{badge.name}: {grant.person} has not earned this badge ({grant.progress.words}). {badge.rule}"
        )
    issuer = office.issuer(private_pem)
    issued = IssuedBadge(
        format_version=1,
        id=f"urn:uuid:{uuid.uuid4()}",
        badge=badge.id,
        person=as_name(grant.person, "--to"),
        recipient=recipient_iri(grant.recipient),
        issued=moment.date(),
        expires=(moment + valid).date(),
        reports=tuple(grant.reports),
    )
    with _alone(office):
        place = _record(office, issued)
        listed = _renewed(office, issuer, private_pem, moment)
    facts = open_badges.BadgeFacts(
        id=issued.id,
        badge=badge,
        person=issued.person,
        recipient=issued.recipient,
        issuer=issuer.did,
        issuer_name=issuer.name,
        issuer_url=issuer.url,
        issued=moment,
        expires=moment + valid,
        reports=issued.reports,
        status_list=issuer.status_list,
        status_index=place,
    )
    made = open_badges.secured(facts, private_pem)
    stem = f"{badge.id}-{issued.issued}-{issued.id[-8:]}"
    lists = f"status-{file_word(issuer.url)}-{moment:%Y-%m-%d-%H%M%S}-{issued.id[-8:]}.json"
    return issued, {
        f"{stem}.svg": made.picture.encode(),
        f"{stem}.png": made.image,
        f"{stem}.json": made.document.encode(),
        f"{stem}.jwt": made.token.encode(),
        lists: listed.encode(),
    }


def revoke(office: BadgeOffice, badge_id: str, private_pem: bytes, *, reason: str, moment: dt.datetime) -> IssuedBadge:
    """Record that a badge no longer holds, and sign the status list anew. Raises UserError."""
    issuer = office.issuer(private_pem)
    with _alone(office):
        known = {badge.id: (place, badge) for place, badge in office.issued().items()}
        if badge_id not in known:
            raise UserError(f"{badge_id}: {office.root} issued no such badge. Choose an ID from {office.root}/issued.")
        place, badge = known[badge_id]
        content = f"format_version = 1\ndate = {moment.date()}\nreason = {quoted(reason)}\n"
        path = office.root / f"revoked/{place:06d}.toml"
        if not path.exists():
            add(path, content)
        _renewed(office, issuer, private_pem, moment)
    return badge


def renew(office: BadgeOffice, private_pem: bytes, moment: dt.datetime) -> Path:
    """Sign the status list anew, so that it is believed for another month. Returns its path. Raises UserError."""
    issuer = office.issuer(private_pem)
    with _alone(office):
        _renewed(office, issuer, private_pem, moment)
    return office.root / "public/status.json"


def recipient_iri(recipient: str) -> str:
    """Return whom a badge is for as an IRI. Raises UserError."""
    address = recipient.strip().removeprefix("mailto:")
    if _ADDRESS.fullmatch(address):
        return f"mailto:{address}"
    if _DID.fullmatch(address):
        return address
    raise UserError("--recipient", f"{recipient!a} is neither an e-mail address nor a DID", "Pass one of the two")


def now() -> dt.datetime:
    """Return the current time in UTC and whole seconds, as credentials state it."""
    return dt.datetime.now(tz=dt.UTC).replace(microsecond=0)


def _record(office: BadgeOffice, issued: IssuedBadge) -> int:
    """Keep a record under a free place of the status list, drawn at random."""
    while True:
        place = secrets.randbelow(PLACES)
        path = office.root / f"issued/{place:06d}.toml"
        if not path.exists():
            break
    reports = "".join(f"    {quoted(report)},\n" for report in issued.reports)
    texts = ("id", "badge", "person", "recipient")
    lines = "".join(f"{key} = {quoted(str(getattr(issued, key)))}\n" for key in texts)
    dates = f"issued = {issued.issued}\nexpires = {issued.expires}\n"
    add(path, f"format_version = 1\n{lines}{dates}reports = [\n{reports}]\n")
    return place


def _renewed(office: BadgeOffice, issuer: BadgeIssuer, private_pem: bytes, moment: dt.datetime) -> str:
    """Write the status list that follows from the records."""
    from grader.portfolio.badges import open_badges

    listed = open_badges.status_list(
        issuer.did, issuer.status_list, office.revoked(), private_pem, issued=moment, until=moment + LASTS
    )
    path = office.root / "public/status.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, listed)
    return listed


@contextmanager
def _alone(office: BadgeOffice) -> Iterator[None]:
    with office.config.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
