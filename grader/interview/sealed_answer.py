"""Sealed answers: what a candidate sends back, in one file: the ticket, the files, and their digest.

    {"format_version": 1, "ticket": the envelope from the workspace, "sealed": by the candidate's clock,
     "digest": of the files, "files": [{"path": ..., "text": ...}]}

With a key, the same inside an envelope as of `grader.store.sign`, of the kind ANSWER, signed by the candidate. The text
is data until it is graded: nothing is unpacked, and the files are held to the same rules as a folder's.

Versions of the answer: 1, the first.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from grader import inputs
from grader.errors import UserError, sentences
from grader.intake import Rejected, take_folder, take_tree
from grader.intake.refusal import Refused
from grader.intake.sources.member import text_tree
from grader.interview.session import Moment, require_year
from grader.interview.ticket import DIGEST, FILE, Digest, Ticket, read_ticket
from grader.model import SourceFile, Struct, Submission
from grader.store.sign import Envelope, SignatureError, Subject, key_id, public_half, seal, unsealed

ANSWER = "urn:senior-python-grader:interview-answer:v1"
LARGEST = 16 << 20
"""The maximum number of bytes: no answer within the limits of intake takes more."""
MOST_FILES = 200
ORIGIN = "the sealed answer"
"""Where reports say that the files come from."""
REMEDY = "Ask for the file that `grader interview seal` wrote"


class SealedAnswer(Struct, frozen=True, kw_only=True):
    """The content of a sealed answer."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    """The version of this content: 1."""
    ticket: Envelope
    """The workspace's ticket, as the issuer signed it."""
    sealed: Moment
    """When it was sealed, by the candidate's clock: shown, and never counted."""
    digest: Digest
    """The digest of the files."""
    files: Annotated[tuple[SourceFile, ...], msgspec.Meta(max_length=MOST_FILES)]
    """The Python files of the answer, and its documents."""

    def __post_init__(self) -> None:
        require_year(self.sealed, "sealed")

    @property
    def ticket_bytes(self) -> bytes:
        """The ticket's envelope."""
        return msgspec.json.encode(self.ticket)


class SentAnswer(NamedTuple):
    """A sealed answer as it arrived, and the envelope that it was in, if the candidate signed it."""

    answer: SealedAnswer
    ticket: Ticket
    """What the ticket says, whoever signed it."""
    envelope: bytes | None
    content: bytes


def workspace_ticket(folder: Path) -> tuple[bytes, Ticket]:
    """Return the ticket of a workspace, as it was signed and what it says. Raises UserError."""
    path = folder / FILE
    try:
        content = inputs.read(path)
        return content, read_ticket(content)
    except FileNotFoundError:
        remedy = "Name the folder that was handed over, with its ticket"
        raise UserError(str(path), "there is no such file, so this is not an issued workspace", remedy) from None
    except OSError as error:
        raise UserError(str(path), str(error.strerror), "Copy it from the workspace that was handed over") from None
    except SignatureError as error:
        raise UserError(str(path), str(error), "Copy it from the workspace that was handed over") from None


def seal_answer(folder: Path, now: dt.datetime, private_pem: bytes | None = None) -> bytes:
    """Return the sealed answer of a workspace, signed if there is a key. Raises UserError, BadKey."""
    content, ticket = workspace_ticket(folder)
    _require_signer(ticket, private_pem)
    taken = take_folder(folder)
    if isinstance(taken, Rejected):
        raise UserError(str(folder), reasons(taken), "Nothing was sealed")
    for name in ticket.modules:
        if taken.text(name) is None:
            raise UserError(str(folder / name), "there is no such file, which the brief asks for", "Nothing was sealed")
    answer = SealedAnswer(
        ticket=inputs.json(content, Envelope), sealed=now, digest=taken.digest, files=taken.everything
    )
    plain = msgspec.json.encode(answer)
    if private_pem is None:
        return msgspec.json.format(plain, indent=1) + b"\n"
    about = Subject(name=ticket.challenge, digest={"sha256": taken.digest.removeprefix(DIGEST)})
    return seal(plain, private_pem, kind=ANSWER, subjects=(about,))


def read_answer(path: Path) -> SentAnswer:
    """Read a sealed answer, whoever signed it and its ticket. Raises UserError."""
    try:
        content = inputs.read(path, most=LARGEST)
    except OSError as error:
        raise UserError(str(path), str(error.strerror), REMEDY) from None
    try:
        envelope = content if "payload" in inputs.json(content, dict[str, msgspec.Raw]) else None
        answer = inputs.json(content if envelope is None else _predicate(envelope), SealedAnswer)
        return SentAnswer(answer, read_ticket(answer.ticket_bytes), envelope, content)
    except (msgspec.DecodeError, SignatureError) as error:
        raise UserError(str(path), f"it is not a sealed answer: {error}", REMEDY) from None


def submission_of(answer: SealedAnswer) -> Submission | Rejected:
    """Return the files as intake takes them, from wherever they come."""
    try:
        return take_tree(text_tree(ORIGIN, answer.files))
    except Refused as refused:
        return Rejected(origin=ORIGIN, reasons=(refused.found(),))


def reasons(taken: Rejected) -> str:
    """Return why intake rejects an answer, in sentences."""
    return " ".join(sentences(reason.message, reason.help) for reason in taken.reasons)


def _require_signer(ticket: Ticket, private_pem: bytes | None) -> None:
    """Raise UserError unless there is the key with which the answer must be signed, if one must."""
    signer = "" if private_pem is None else key_id(public_half(private_pem))
    if ticket.signed_by and signer != ticket.signed_by:
        found = f"the key {signer}" if signer else "no key"
        raise UserError("--key", f"the answer must be signed with the key {ticket.signed_by}, got {found}", "Pass it")


def _predicate(envelope: bytes) -> bytes:
    statement = unsealed(envelope)
    if statement.predicate_type != ANSWER:
        raise SignatureError("the signed statement is not an answer of an interview")
    return bytes(statement.predicate)
