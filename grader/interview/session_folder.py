"""The folder of a session.

session.json     the session, rewritten as a whole after each attempt
answer/          the candidate's files: starter and brief at first; answer-2/, ... for later stages
attempts/        01.json, 02.json, ...: the whole record of each attempt; never overwritten
"""

from __future__ import annotations

import datetime as dt
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge
from grader.challenges.drawn import fresh_variant_seed, stage_of
from grader.challenges.starting_point import lay_out
from grader.errors import UserError, sentences
from grader.intake import Rejected, take_folder
from grader.interview.sealed_answer import reasons
from grader.interview.session import Attempt, BegunStage, Session
from grader.model import Report, SessionKind, SessionRef
from grader.report.figures import minutes_in_words
from grader.store import files
from grader.store.codec import encode, read

FILE, ANSWER, ATTEMPTS = "session.json", "answer", "attempts"
REMEDY = "Begin another session with `grader interview start`"


class SessionFolder(NamedTuple):
    """Where a session is kept."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / FILE

    def answer(self, stage: int) -> Path:
        """Return the folder of the answer to a stage."""
        return self.root / (ANSWER if stage == 1 else f"{ANSWER}-{stage}")

    def begin(self, challenge: Challenge, minutes: int, now: dt.datetime) -> Session:
        """Draw the variant, lay out its first stage and begin. Raises UserError, and has begun nothing then."""
        if self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir())):
            raise UserError(f"{self.root} already exists; nothing was overwritten. Choose another folder.")
        stages = challenge.manifest.stages
        session = Session(
            challenge=challenge.name,
            title=challenge.manifest.title,
            challenge_digest=challenge.digest,
            minutes=stages[0].minutes if stages else minutes,
            stage=stages[0].title if len(stages) > 1 else "",
            began=now.replace(microsecond=0),
            seed=fresh_variant_seed() if challenge.must_be_drawn else "",
        )
        with stage_of(challenge, session.seed, 1) as first:
            lay_out(first, self.answer(1), on_top=_head(session))
        self.write(session)
        return session

    def go_on(self, session: Session, challenge: Challenge, now: dt.datetime) -> Session:
        """Begin the next stage with the files of the present one. Raises UserError, and has begun nothing then."""
        number = len(session.stages)
        if number >= len(challenge.manifest.stages):
            raise UserError(f"{session.challenge} has no stage after this one. Grade your answer, or give up.")
        taken = take_folder(self.answer(number))
        if isinstance(taken, Rejected):
            raise UserError(str(self.answer(number)), reasons(taken), "The stage goes on")
        rule = challenge.manifest.stages[number]
        stage = BegunStage(title=rule.title, minutes=rule.minutes, began=now.replace(microsecond=0))
        grown = msgspec.structs.replace(session, later=(*session.later, stage))
        own = {file.path: file.text for file in taken.everything}
        with stage_of(challenge, session.seed, number + 1) as following:
            lay_out(following, self.answer(number + 1), on_top=_head(grown), own=own)
        self.write(grown)
        return grown

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
        report = msgspec.structs.replace(report, session=_reference(session, at))
        try:
            names = (f"{number:02}.json" for number in count(len(session.attempts) + 1))
            record = files.write_first_free(folder, names, encode(report))
        except OSError as error:
            raise UserError(f"{folder}: {error.strerror}. The attempt was graded, but not kept.") from None
        grown = session.with_attempt(report, at, record.name)
        self.write(grown)
        return grown

    def attempt(self, attempt: Attempt) -> Report:
        """Return the record of an attempt. Raises UserError."""
        path = self.root / ATTEMPTS / attempt.record
        report = read(path).report
        if not isinstance(report, Report):
            raise UserError(str(path), "it is not the record of one answer", REMEDY)
        return report


def _reference(session: Session, at: dt.datetime) -> SessionRef:
    """Return the session as the report on an attempt refers to it."""
    return SessionRef(
        kind=SessionKind.PRACTICE,
        stage=len(session.stages),
        stages=len(session.stages),
        minutes=session.present.minutes,
        began=session.present.began.isoformat(),
        ended=at.isoformat(),
    )


def _head(session: Session) -> str:
    stage = f": {session.present.title}" if session.present.title else ""
    return (
        f"> **Practice**{stage}, {minutes_in_words(session.present.minutes)} until {session.ends:%H:%M} UTC. "
        "It counts nowhere; afterwards, `grader interview report` tells how it went.\n\n"
    )
