"""The story of a session: its events in order with their minutes, and the result. Page and terminal show the same.

Pure: the caller says what time it is.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from grader.interview.session import Attempt, Session, SessionState
from grader.model import ReportStatus
from grader.report.figures import number


class Event(NamedTuple):
    """Something that happened: after how many minutes, and in words."""

    minutes: float
    what: str
    percent: float | None = None
    """What an attempt that was measured earned."""
    words: str = ""
    counts: bool = True
    """False for an attempt after the end, and for one that was not measured."""


class Story(NamedTuple):
    """A session as it is told."""

    session: Session
    state: SessionState
    events: tuple[Event, ...]
    result: str
    notices: tuple[str, ...]

    @property
    def attempts(self) -> tuple[Event, ...]:
        """The attempts that were measured."""
        return tuple(event for event in self.events if event.percent is not None)

    @property
    def length(self) -> float:
        """The minutes that the picture shows."""
        return max(float(self.session.minutes), *(event.minutes for event in self.events)) * 1.02


def story(session: Session, now: dt.datetime) -> Story:
    """Tell what happened in a session until now."""
    events = [Event(0.0, "begun"), *_attempts(session)]
    state = session.state(now)
    if session.given_up is not None:
        events.append(Event(_minutes(session.since(session.given_up)), "given up"))
    if state is SessionState.OVER or any(event.minutes > session.minutes for event in events):
        events.append(Event(float(session.minutes), "time is up"))
    events.sort(key=lambda event: event.minutes)
    return Story(session, state, tuple(events), _result(session), tuple(_notices(session)))


def clock(minutes: float) -> str:
    """Return minutes as a stopwatch shows them: `7:12`, `-1:30`."""
    seconds = round(abs(minutes) * 60)
    return f"{'-' if minutes < 0 else ''}{seconds // 60}:{seconds % 60:02}"


def _attempts(session: Session) -> list[Event]:
    return [
        Event(
            minutes=_minutes(session.since(attempt.at)),
            what=f"attempt {place}",
            percent=attempt.percent if attempt.was_measured else None,
            words=_words(attempt, in_time=session.is_in_time(attempt)),
            counts=attempt.was_measured and session.is_in_time(attempt),
        )
        for place, attempt in enumerate(session.attempts, 1)
    ]


def _words(attempt: Attempt, *, in_time: bool) -> str:
    if attempt.status is ReportStatus.REJECTED:
        said = "rejected: nothing could be graded"
    elif not attempt.was_measured:
        said = "not everything could be measured"
    else:
        said = f"{number(attempt.score)} of {number(attempt.max_score)} points, {attempt.level}"
    return said if in_time else f"{said}; after the end"


def _result(session: Session) -> str:
    result = session.result
    if result is None:
        return "No attempt in time was measured."
    place = session.attempts.index(result) + 1
    used = clock(_minutes(session.since(result.at)))
    points = f"{number(result.score)} of {number(result.max_score)} points, {result.level}"
    return f"Result: {points} (attempt {place}, after {used} of {session.minutes} minutes)."


def _notices(session: Session) -> list[str]:
    told = ["This was practice: it counts for no certificate, no badge and no bar."]
    if session.clock_went_back:
        told.append("The clock was set back during the session, so the times are not to be trusted.")
    return told


def _minutes(span: dt.timedelta) -> float:
    return span.total_seconds() / 60
