"""Tickets: what an issuer hands over with a workspace, signed: for whom, which stage, until when.

ticket.json   an envelope as of `grader.store.sign`:
    statement   {"subject": [{"name": challenge, "digest": {"sha256": of the workspace's files}}],
                 "predicateType": TICKET, "predicate": the ticket}

A ticket holds random numbers and what the candidate may know: nothing in it follows from the seed, from the variant or
from a later stage.

Versions of the ticket: 1, the first.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Annotated

import msgspec

from grader.interview.session import Minutes, Moment, require_year
from grader.model import Struct
from grader.store.sign import SignatureError, Statement, Subject, content_of, opened, seal, unsealed

TICKET = "urn:senior-python-grader:interview-ticket:v1"
FILE = "ticket.json"
"""The ticket's name in a workspace."""
DIGEST = "sha256:"
MOST_GRACE = 600
Token = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Grace = Annotated[int, msgspec.Meta(ge=0, le=MOST_GRACE)]


class Ticket(Struct, frozen=True, kw_only=True):
    """The content of a workspace's `ticket.json`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    """The version of this content: 1."""
    id: Token
    """A random number, new for each workspace."""
    session: Token
    """A random number, the same in all workspaces of a session."""
    person: str
    """To whom the workspace was issued."""
    challenge: str
    """Area and slug."""
    title: str
    stage: Annotated[int, msgspec.Meta(ge=1)]
    minutes: Minutes
    """The time that there is for the stage."""
    grace: Grace
    """The minutes after the end for handing over the answer."""
    issued: Moment
    """When the stage began, by the issuer's clock."""
    workspace: Digest
    """The digest of the files that were handed over."""
    modules: tuple[str, ...]
    """The files that the answer must contain."""
    signed_by: str = ""
    """The id of the key with which the answer must be signed; empty if any answer under this ticket is taken."""

    def __post_init__(self) -> None:
        require_year(self.issued, "issued")

    @property
    def ends(self) -> dt.datetime:
        """The moment at which the time is up."""
        return self.issued + dt.timedelta(minutes=self.minutes)

    @property
    def closes(self) -> dt.datetime:
        """The last moment at which an answer that arrives counts."""
        return self.ends + dt.timedelta(minutes=self.grace)

    def is_in_time(self, arrived: dt.datetime) -> bool:
        """Return whether an answer that arrived then counts."""
        return arrived <= self.closes


def token() -> str:
    """Return a new random number, as tickets and sessions have them."""
    return secrets.token_hex(16)


def sign_ticket(ticket: Ticket, private_pem: bytes) -> bytes:
    """Put a ticket into a signed envelope. Raises BadKey."""
    return seal(msgspec.json.encode(ticket), private_pem, kind=TICKET, subjects=_subjects(ticket))


def read_ticket(envelope: bytes, public_pem: bytes | None = None) -> Ticket:
    """Return an envelope's ticket; without a key, whoever signed it. Raises SignatureError."""
    return _stated(unsealed(envelope) if public_pem is None else opened(envelope, public_pem))


def _stated(statement: Statement) -> Ticket:
    ticket = content_of(statement, Ticket, kind=TICKET, what="a ticket of an interview")
    if statement.subject != _subjects(ticket):
        raise SignatureError("the statement and the ticket in it are about different workspaces")
    return ticket


def _subjects(ticket: Ticket) -> tuple[Subject, ...]:
    return (Subject(name=ticket.challenge, digest={"sha256": ticket.workspace.removeprefix(DIGEST)}),)
