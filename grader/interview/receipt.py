"""Receipts: what an issuer received for a stage, and when, signed for the candidate.

receipt-1.json   an envelope as of `grader.store.sign`:
    statement   {"subject": [{"name": challenge, "digest": {"sha256": of the answer's files}}],
                 "predicateType": RECEIPT, "predicate": the receipt}

A receipt says nothing about marks. `grader check` shows it. Versions of the receipt: 1, the first.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec

from grader.interview.issued import IssuedSession
from grader.interview.session import Moment, require_year
from grader.interview.ticket import DIGEST, Digest, Token
from grader.model import Struct
from grader.store.sign import Subject, content_of, opened, seal

RECEIPT = "urn:senior-python-grader:interview-receipt:v1"


class Receipt(Struct, frozen=True, kw_only=True):
    """The content of a receipt."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    """The version of this content: 1."""
    ticket: Token
    """The random number of the ticket that was answered."""
    person: str
    stage: int
    received: Moment
    """When the answer arrived, by the issuer's clock."""
    submission: Digest
    """The digest of the answer's files."""
    accepted: str = ""
    """Why it counts although it arrived late; empty if it arrived in time."""

    def __post_init__(self) -> None:
        require_year(self.received, "received")

    @property
    def words(self) -> str:
        """What arrived and when, in a sentence."""
        late = f" It counts although it was late: {self.accepted}." if self.accepted else ""
        when = f"{self.received.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.person}'s answer to stage {self.stage}, {self.submission}, arrived at {when}.{late}"


def read_receipt(envelope: bytes, public_pem: bytes) -> Receipt:
    """Return a receipt that a key signed. Raises SignatureError, BadKey."""
    statement = opened(envelope, public_pem)
    return content_of(statement, Receipt, kind=RECEIPT, what="a receipt of an interview")


def sign_receipt(session: IssuedSession, number: int, private_pem: bytes) -> bytes:
    """Put the receipt for a stage's answer into a signed envelope. Raises BadKey."""
    stage = session.stages[number - 1]
    assert stage.ticket is not None and stage.received is not None, "only answers have receipts"  # noqa: PT018
    receipt = Receipt(
        ticket=stage.ticket.id,
        person=session.person,
        stage=number,
        received=stage.received.at,
        submission=stage.received.submission,
        accepted=stage.received.accepted,
    )
    about = Subject(name=session.challenge, digest={"sha256": receipt.submission.removeprefix(DIGEST)})
    return seal(msgspec.json.encode(receipt), private_pem, kind=RECEIPT, subjects=(about,))
