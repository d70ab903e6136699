"""The story of a session: its events in order with their minutes, and the result. Page and terminal show the same.

Pure: the caller says what time it is. `practice_story` tells a practice session, `grader.interview.issued_story` an
issued one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.interview.session import Attempt, Session, SessionState
from grader.model import ReportStatus, SessionKind
from grader.report.figures import minutes_in_words, number


class Event(NamedTuple):
    """Something that happened: after how many minutes, and in words."""

    minutes: float
    what: str
    percent: float | None = None
    """What an attempt that was measured earned."""
    words: str = ""
    counts: bool = True
    """False for an attempt after the end, for one that was not measured, and for an answer that was refused."""


class StageSpan(NamedTuple):
    """The time of a stage, in minutes since the session began."""

    title: str
    """Empty if the session has one stage only."""
    starts: float
    ends: float
    """When its time is up."""
    left: float
    """When it was left: at the beginning of the next stage, unless its time was up before; otherwise at its end."""


class Story(NamedTuple):
    """A session as it is told."""

    kind: SessionKind
    title: str
    challenge: str
    person: str
    """To whom it was issued; empty for practice."""
    began: dt.datetime
    stages: tuple[StageSpan, ...]
    """Those that have begun."""
    state: SessionState
    events: tuple[Event, ...]
    result: str
    notices: tuple[str, ...]

    @property
    def head(self) -> str:
        """The kind of the session, in words."""
        return f"issued to {self.person}" if self.person else self.kind.value

    @property
    def attempts(self) -> tuple[Event, ...]:
        """The attempts that were measured."""
        return tuple(event for event in self.events if event.percent is not None)

    @property
    def minutes(self) -> int:
        """The time that there was, in all stages."""
        return round(sum(stage.ends - stage.starts for stage in self.stages))

    @property
    def length(self) -> float:
        """The minutes that the picture shows."""
        return max([1.0, *(stage.left for stage in self.stages), *(event.minutes for event in self.events)]) * 1.02


def practice_story(session: Session, now: dt.datetime) -> Story:
    """Tell what happened in a practice session until now."""
    spans = stage_spans([(stage.title, stage.began, stage.ends) for stage in session.stages])
    events = [*begun(spans), *_attempts(session)]
    state = session.state(now)
    if session.given_up is not None:
        events.append(Event(since(session.began, session.given_up), "given up"))
    last = spans[-1].ends
    if state is SessionState.OVER or any(event.minutes > last for event in events):
        events.append(Event(last, "time is up"))
    return Story(
        kind=SessionKind.PRACTICE,
        title=session.title,
        challenge=session.challenge,
        person="",
        began=session.began,
        stages=spans,
        state=state,
        events=in_order(events),
        result=_result(session),
        notices=tuple(_notices(session)),
    )


def stage_spans(stages: Sequence[tuple[str, dt.datetime, dt.datetime]]) -> tuple[StageSpan, ...]:
    """Return the spans of stages, each given with its title, its beginning and the end of its time."""
    began = stages[0][1]
    followed = [*(following for _, following, _ in stages[1:]), None]
    return tuple(
        StageSpan(
            title,
            since(began, starts),
            since(began, ends),
            since(began, ends if following is None else min(ends, max(starts, following))),
        )
        for (title, starts, ends), following in zip(stages, followed, strict=True)
    )


def begun(spans: tuple[StageSpan, ...]) -> Iterator[Event]:
    """Yield the beginning of each stage."""
    for place, span in enumerate(spans, 1):
        yield Event(span.starts, f"stage {place}" if span.title else "begun", words=span.title)


def in_order(events: list[Event]) -> tuple[Event, ...]:
    """Return the events by time; of the same time, as they were told."""
    return tuple(sorted(events, key=lambda event: event.minutes))


def since(began: dt.datetime, moment: dt.datetime) -> float:
    """Return how many minutes after the beginning a moment is."""
    return (moment - began).total_seconds() / 60


def clock(minutes: float) -> str:
    """Return minutes as a stopwatch shows them: `7:12`, `-1:30`."""
    seconds = round(abs(minutes) * 60)
    return f"{'-' if minutes < 0 else ''}{seconds // 60}:{seconds % 60:02}"


def points(score: float, most: float, level: str) -> str:
    """Return a result in words: `38 of 100 points, Junior`."""
    return ", ".join(part for part in (f"{number(score)} of {number(most)} points", level) if part)


def _attempts(session: Session) -> list[Event]:
    return [
        Event(
            minutes=since(session.began, attempt.at),
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
        said = points(attempt.score, attempt.max_score, attempt.level)
    return said if in_time else f"{said}; after the end"


def _result(session: Session) -> str:
    return " ".join(_result_of(session, number) for number in range(1, len(session.stages) + 1))


def _result_of(session: Session, number: int) -> str:
    result, stage = session.result_of(number), session.stages[number - 1]
    head = f"Stage {number}" if stage.title else "Result"
    if result is None:
        return f"{head}: no attempt in time was measured."
    place = session.attempts.index(result) + 1
    used = clock(since(stage.began, result.at))
    earned = points(result.score, result.max_score, result.level)
    return f"{head}: {earned} (attempt {place}, after {used} of {minutes_in_words(stage.minutes)})."


def _notices(session: Session) -> list[str]:
    notices = ["This was practice: it counts for no certificate, no badge and no bar."]
    if session.clock_went_back:
        notices.append("The clock was set back during the session, so the times are not to be trusted.")
    return notices
