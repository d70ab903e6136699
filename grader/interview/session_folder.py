"""The folder of a session.

session.json     the session, rewritten as a whole after each attempt
answer/          the candidate's files: starter and brief at first
attempts/        01.json, 02.json, ...: the whole record of each attempt; never overwritten
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge
from grader.challenges.starting_point import lay_out
from grader.errors import UserError, sentences
from grader.interview.session import Session
from grader.model import Report
from grader.store import files
from grader.store.codec import encode

FILE, ANSWER, ATTEMPTS = "session.json", "answer", "attempts"
REMEDY = "Begin another session with `grader interview start`"


class SessionFolder(NamedTuple):
    """Where a session is kept."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / FILE

    @property
    def answer(self) -> Path:
        return self.root / ANSWER

    def begin(self, challenge: Challenge, minutes: int, now: dt.datetime) -> Session:
        """Lay out the answer and begin. Raises UserError, and has overwritten nothing then."""
        if self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir())):
            raise UserError(f"{self.root} already exists; nothing was overwritten. Choose another folder.")
        session = Session(
            challenge=challenge.name,
            title=challenge.manifest.title,
            challenge_digest=challenge.digest,
            minutes=minutes,
            began=now.replace(microsecond=0),
        )
        lay_out(challenge, self.answer, on_top=_head(session))
        self.write(session)
        return session

    def read(self) -> Session:
        """Return the session. Raises UserError if there is none, or if its file is not what was written."""
        try:
            return inputs.json(inputs.read(self.file), Session)
        except FileNotFoundError:
            raise UserError(
                f"there is no session in {self.root}. `grader interview list` shows where some are."
            ) from None
        except OSError as error:
            raise UserError(f"{self.file}: {sentences(str(error.strerror), REMEDY)}") from None
        except msgspec.DecodeError as error:
            raise UserError(f"{self.file}: {sentences(f'it is not a session: {error}', REMEDY)}") from None

    def write(self, session: Session) -> None:
        """Write the session's file. Raises UserError."""
        try:
            files.write(self.file, msgspec.json.format(msgspec.json.encode(session), indent=1) + b"\n")
        except OSError as error:
            raise UserError(f"{self.file}: {error.strerror}. The session was left as it was.") from None

    def keep(self, session: Session, report: Report, at: dt.datetime) -> Session:
        """Keep an attempt and its record, and return the session with it. Raises UserError."""
        folder = self.root / ATTEMPTS
        try:
            names = (f"{number:02}.json" for number in count(len(session.attempts) + 1))
            record = files.write_first_free(folder, names, encode(report))
        except OSError as error:
            raise UserError(f"{folder}: {error.strerror}. The attempt was graded, but not kept.") from None
        grown = session.with_attempt(report, at, record.name)
        self.write(grown)
        return grown


class Found(NamedTuple):
    """A folder that has a session's file: the session, or why it cannot be read."""

    place: SessionFolder
    session: Session | None
    problem: str


def sessions_in(folder: Path) -> Iterator[Found]:
    """Yield the sessions in a folder and in the folders directly below, by name. Raises UserError."""
    try:
        below = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}. Name a folder that holds sessions.") from None
    for place in map(SessionFolder, [folder, *below]):
        if place.file.is_file():
            try:
                yield Found(place, place.read(), "")
            except UserError as error:
                yield Found(place, None, str(error))


def _head(session: Session) -> str:
    return (
        f"> **Practice**, {session.minutes} minutes until {session.ends:%H:%M} UTC. "
        "It counts nowhere; afterwards, `grader interview report` tells how it went.\n\n"
    )
