"""The sessions in a folder, of both kinds, each in a few words; what cannot be read comes with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.errors import UserError
from grader.interview.issued import IssuedSession
from grader.interview.issuer_folder import IssuerFolder
from grader.interview.session import Session, SessionState
from grader.interview.session_folder import SessionFolder
from grader.interview.story import clock, since
from grader.model import Report
from grader.report.figures import number


class ListedSession(NamedTuple):
    """A folder that holds a session, or what should be one."""

    folder: Path
    kind: str
    """`practice`, or to whom it was issued."""
    challenge: str
    state: str
    answers: int
    result: str
    problem: str = ""
    """Why it cannot be read; the rest is empty then."""


def sessions_in(folder: Path, now: dt.datetime) -> Iterator[ListedSession]:
    """Yield the sessions in a folder and in the folders directly below, by name. Raises UserError."""
    for path in _folders(folder):
        try:
            if (place := SessionFolder(path)).file.is_file():
                yield _practice(path, place.read(), now)
            if (issued := IssuerFolder(path)).file.is_file():
                yield _issued(path, issued.read(), now, issued.result())
        except UserError as error:
            yield ListedSession(path, "", "", "", 0, "", str(error))


def issued_in(folder: Path) -> list[IssuerFolder]:
    """Return the issued sessions in a folder and in the folders directly below, by name. Raises UserError."""
    return [place for path in _folders(folder) if (place := IssuerFolder(path)).file.is_file()]


def _folders(folder: Path) -> list[Path]:
    try:
        return [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}. Name a folder that holds sessions.") from None


def _practice(folder: Path, session: Session, now: dt.datetime) -> ListedSession:
    state = session.state(now)
    left = f"{clock(session.left(now).total_seconds() / 60)} left"
    return ListedSession(
        folder=folder,
        kind="practice",
        challenge=session.challenge,
        state=left if state is SessionState.RUNNING else state.value,
        answers=len(session.attempts),
        result=f"{number(session.result.percent)} %" if session.result and len(session.stages) == 1 else "-",
    )


def _issued(folder: Path, session: IssuedSession, now: dt.datetime, result: Report | None) -> ListedSession:
    state = session.state(now)
    place = session.open_stage
    ticket = session.stages[place - 1].ticket if place is not None else None
    left = f"{clock(since(now, ticket.ends))} left" if ticket is not None else state.value
    return ListedSession(
        folder=folder,
        kind=session.person,
        challenge=session.challenge,
        state=left if state is SessionState.RUNNING else state.value,
        answers=sum(stage.is_answered for stage in session.stages),
        result=f"{number(result.percent)} %" if result is not None else "-",
    )
