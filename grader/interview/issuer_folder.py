"""The folder of an issued session, which stays with the issuer.

issued.json              the session, rewritten as a whole after each event
stages/1/AREA/SLUG/      the challenge of each stage, whole and as it was when the session was issued
hand-over/stage-1/       the workspace: brief, starter, ticket.json; nothing else leaves this folder
hand-over/receipt-1.json what was received and when, signed
answers/1.json           the answer to a stage, as it came
records/1.json           the whole record of its grading
result.json              the record of the session, and result.signed.json, what the person may see of it, signed

Only `issued.json` is ever rewritten; everything else is written once. `issued.json` is written last, so that what was
interrupted is found and taken over as it is: a workspace with its ticket, a record, a receipt, a result.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge, load
from grader.challenges.starting_point import lay_out
from grader.errors import UserError
from grader.intake import digest
from grader.interview import ticket as tickets
from grader.interview.issued import IssuedSession
from grader.interview.receipt import sign_receipt
from grader.interview.ticket import Ticket, read_ticket, sign_ticket, token
from grader.model import Report, SourceFile
from grader.report import render
from grader.report.figures import minutes_in_words
from grader.store import files
from grader.store.codec import Stored, encode, read
from grader.store.sign import SignatureError, sign

FILE = "issued.json"
HAND_OVER = "hand-over"
RESULT, SIGNED_RESULT = "result.json", "result.signed.json"
PRIVATE = 0o700
REMEDY = "Issue the session again with `grader interview issue`"


class IssuerFolder(NamedTuple):
    """Where an issuer keeps a session."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / FILE

    def workspace(self, number: int) -> Path:
        """Return the folder that is handed over for a stage."""
        return self.root / HAND_OVER / f"stage-{number}"

    def stages(self) -> Path:
        """Return the folder of the stages' challenges."""
        return self.root / "stages"

    def challenge(self, session: IssuedSession, number: int) -> Challenge:
        """Return the challenge of a stage, as it was issued. Raises UserError if it was changed, or ChallengeError."""
        found = load(self.stages() / str(number) / session.challenge)
        if found.digest != session.stages[number - 1].challenge_digest:
            raise UserError(str(found.folder), "its files are not those that the session was issued with", REMEDY)
        return found

    @property
    def is_free(self) -> bool:
        """Return whether a new session can be kept there."""
        return not self.root.exists() or (self.root.is_dir() and not any(self.root.iterdir()))

    def create(self) -> None:
        """Make the folder, closed to other users: the seed and the solution are in it. Raises OSError."""
        self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)

    def begin(self, session: IssuedSession) -> None:
        """Write a new session's file. Raises UserError if there is one already."""
        if not self._written_once(FILE, _encoded(session)):
            raise UserError(f"{self.file} already exists; nothing was overwritten. Choose another folder.")

    def clear(self) -> None:
        """Remove the stages and workspaces of a session that could not be issued."""
        for folder in (self.stages(), self.root / HAND_OVER):
            shutil.rmtree(folder, ignore_errors=True)

    def read(self) -> IssuedSession:
        """Return the session. Raises UserError if there is none, or if its file is not what was written."""
        try:
            session = inputs.json(inputs.read(self.file), IssuedSession)
        except OSError as error:
            raise UserError(str(self.file), str(error.strerror), REMEDY) from None
        except msgspec.DecodeError as error:
            raise UserError(str(self.file), f"it is not an issued session: {error}", REMEDY) from None
        if problem := session.problem:
            raise UserError(str(self.file), f"it is not an issued session: {problem}", REMEDY)
        return session

    def write(self, session: IssuedSession) -> None:
        """Write the session's file again. Raises UserError."""
        try:
            files.write(self.file, _encoded(session))
        except OSError as error:
            raise UserError(f"{self.file}: {error.strerror}. The session was left as it was.") from None

    def hand_over(
        self, session: IssuedSession, number: int, now: dt.datetime, private_pem: bytes, own: Mapping[str, str]
    ) -> IssuedSession:
        """Lay out a stage's workspace, with the person's own files in it, and return the session with its ticket.

        The stage begins now, or when an interrupted call had laid it out. Raises UserError, and has handed over nothing
        then.
        """
        challenge, stage, target = self.challenge(session, number), session.stages[number - 1], self.workspace(number)

        def add_ticket(workspace: Path) -> None:
            ticket = Ticket(
                id=token(),
                session=session.id,
                person=session.person,
                challenge=session.challenge,
                title=stage.title,
                stage=number,
                minutes=stage.minutes,
                grace=session.grace,
                issued=now,
                workspace=digest(_texts(workspace)),
                modules=challenge.manifest.modules,
                signed_by=session.signed_by,
            )
            (workspace / tickets.FILE).write_bytes(sign_ticket(ticket, private_pem))

        if not target.exists():
            lay_out(challenge, target, on_top=_head(session, number, now), own=own, complete=add_ticket)
        ticket = self._own_ticket(session, target / tickets.FILE)
        return session.with_stage(number, msgspec.structs.replace(stage, ticket=ticket))

    def keep_answer(self, number: int, content: bytes) -> None:
        """Keep a stage's answer as it came. Raises UserError if another one is there."""
        path = self.root / "answers" / f"{number}.json"
        if not self._written_once(f"answers/{number}.json", content) and path.read_bytes() != content:
            raise UserError(f"{path} holds another answer; nothing was overwritten. Move it away, and receive again.")

    def record(self, session: IssuedSession, number: int) -> Report | None:
        """Return the record of an answer whose grading was kept before an interruption. Raises UserError."""
        path = self.root / _record(number)
        report = _single(read(path), path) if path.is_file() else None
        return report if report is not None and report.session == session.reference(number) else None

    def keep_record(self, session: IssuedSession, number: int, report: Report) -> str:
        """Keep the record of an answer unless it is there already, and return its name. Raises UserError."""
        name = _record(number)
        if not self._written_once(name, encode(report)) and self.record(session, number) is None:
            raise UserError(str(self.root / name), "it is the record of another answer", "Move it away; receive again")
        return name

    def records(self, session: IssuedSession) -> list[Report]:
        """Return the records of the stages that were answered, in order. Raises UserError."""
        answered = [number for number, stage in enumerate(session.stages, 1) if stage.is_answered]
        paths = [self.root / _record(number) for number in answered]
        return [_single(read(path), path) for path in paths]

    def result(self) -> Report | None:
        """Return the session's result; None before there is one. Raises UserError."""
        path = self.root / RESULT
        return _single(read(path), path) if path.is_file() else None

    def keep_result(self, report: Report, private_pem: bytes) -> Path:
        """Keep the session's result, and sign what the person may see of it. Raises UserError, BadKey."""
        self._written_once(RESULT, encode(report))
        kept = self.result()
        assert kept is not None, "it was just written, or is there from an interrupted call"
        self._written_once(SIGNED_RESULT, sign(render(kept, "json").encode(), private_pem))
        return self.root / SIGNED_RESULT

    def receipt(self, number: int) -> Path:
        """Return the file of the receipt for a stage's answer."""
        return self.root / HAND_OVER / f"receipt-{number}.json"

    def keep_receipt(self, session: IssuedSession, number: int, private_pem: bytes) -> None:
        """Sign what was received for a stage, and when. Raises UserError, BadKey."""
        self._written_once(f"{HAND_OVER}/receipt-{number}.json", sign_receipt(session, number, private_pem))

    def _own_ticket(self, session: IssuedSession, path: Path) -> Ticket:
        """Return the ticket of a workspace, which this session's key must have signed. Raises UserError."""
        try:
            return read_ticket(inputs.read(path), session.key.encode())
        except (OSError, SignatureError) as error:
            why = str(error.strerror) if isinstance(error, OSError) else str(error)
            raise UserError(str(path), why, "Remove this workspace, and receive the same answer again") from None

    def _written_once(self, name: str, content: bytes) -> bool:
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return files.write_once(path, content)
        except OSError as error:
            raise UserError(str(path), str(error.strerror), "Choose a folder that you can write to") from None


def _single(stored: Stored, path: Path) -> Report:
    if not isinstance(stored.report, Report):
        raise UserError(str(path), "it is not the record of one answer", REMEDY)
    return stored.report


def _head(session: IssuedSession, number: int, now: dt.datetime) -> str:
    stage = session.stages[number - 1]
    until = now + dt.timedelta(minutes=stage.minutes)
    key = f" --key KEY` and your key {session.signed_by}" if session.signed_by else "`"
    time, grace = minutes_in_words(stage.minutes), minutes_in_words(session.grace)
    return (
        f"> **Issued to {session.person}**: {stage.title}, {time}, until {until:%Y-%m-%d %H:%M} UTC. "
        f"Seal it with `grader interview seal{key}, and hand that file over at most {grace} later.\n\n"
    )


def _record(number: int) -> str:
    return f"records/{number}.json"


def _texts(folder: Path) -> list[SourceFile]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        SourceFile(path=path.relative_to(folder).as_posix(), text=path.read_bytes().decode("utf-8", "replace"))
        for path in paths
    ]


def _encoded(session: IssuedSession) -> bytes:
    return msgspec.json.format(msgspec.json.encode(session), indent=1) + b"\n"
