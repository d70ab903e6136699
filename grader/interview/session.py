"""A practice session: which challenge, since when, for how long, and every attempt. Times come from the caller.

The result of a stage is the last attempt in time that was measured: later work replaces earlier work, as in an
interview, where the last version is looked at.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from grader.model import Report, ReportStatus, Struct

MOST_MINUTES = 600
MOST_ATTEMPTS = 500
EARLIEST, LATEST = 2000, 9000
"""The years in which a session or a stage may begin."""
MOST_STAGES = 9
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]


def require_year(moment: dt.datetime, field: str) -> None:
    """Raise ValueError unless a time is in the years of sessions: ends are calculated, and the calendar ends, too."""
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"`{field}` must be in the years {EARLIEST} to {LATEST}")


class SessionState(StrEnum):
    """The states of a session."""

    RUNNING = "running"
    OVER = "time is up"
    GIVEN_UP = "given up"
    ANSWERED = "answered"
    """Every stage of an issued session has its answer."""


class BegunStage(Struct, frozen=True, kw_only=True):
    """A stage that has begun."""

    title: str = ""
    """Empty if the session has one stage only."""
    minutes: Minutes
    """The time that there is."""
    began: Moment
    """When it began, in UTC."""

    def __post_init__(self) -> None:
        require_year(self.began, "began")

    @property
    def ends(self) -> dt.datetime:
        """The moment at which the time is up."""
        return self.began + dt.timedelta(minutes=self.minutes)


class Attempt(Struct, frozen=True, kw_only=True):
    """One grading within a session."""

    at: Moment
    """The time at which the grading was asked for, in UTC."""
    submission: str
    """The digest of the graded files."""
    status: ReportStatus
    score: float
    max_score: float
    level: str
    """The level that the report states, in words."""
    record: str
    """The record's file in `attempts/`."""
    stage: Annotated[int, msgspec.Meta(ge=1)] = 1

    @property
    def percent(self) -> float:
        return 100 * self.score / self.max_score if self.max_score else 0.0

    @property
    def was_measured(self) -> bool:
        return self.status is ReportStatus.GRADED


class Session(Struct, frozen=True, kw_only=True):
    """The content of `session.json`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    """The version of this file's format: 1."""
    kind: Literal["practice"] = "practice"
    """Practice counts nowhere; there is no other kind in such a file."""
    challenge: str
    """Area and slug."""
    title: str
    challenge_digest: str
    """The challenge's files as they were when the session began."""
    minutes: Minutes
    """The time that there is for the first stage."""
    began: Moment
    """When it began, in UTC."""
    stage: str = ""
    """The first stage's title; empty if there is one stage only."""
    later: Annotated[tuple[BegunStage, ...], msgspec.Meta(max_length=MOST_STAGES)] = ()
    """The stages that have begun since."""
    seed: str = ""
    """What the variant was drawn from; empty if nothing was drawn."""
    given_up: Moment | None = None
    attempts: Annotated[tuple[Attempt, ...], msgspec.Meta(max_length=MOST_ATTEMPTS)] = ()
    """In the order in which they were made."""

    def __post_init__(self) -> None:
        require_year(self.began, "began")

    @property
    def is_full(self) -> bool:
        """Whether it takes no further attempt."""
        return len(self.attempts) >= MOST_ATTEMPTS

    @property
    def stages(self) -> tuple[BegunStage, ...]:
        """The stages that have begun, in order."""
        return (BegunStage(title=self.stage, minutes=self.minutes, began=self.began), *self.later)

    @property
    def present(self) -> BegunStage:
        """The stage that began last."""
        return self.stages[-1]

    @property
    def ends(self) -> dt.datetime:
        """The moment at which the time of the present stage is up."""
        return self.present.ends

    def state(self, now: dt.datetime) -> SessionState:
        if self.given_up is not None:
            return SessionState.GIVEN_UP
        return SessionState.RUNNING if now < self.ends else SessionState.OVER

    def left(self, now: dt.datetime) -> dt.timedelta:
        """Return the time that is left; none after the end."""
        return max(dt.timedelta(), self.ends - max(now, self.present.began))

    def is_in_time(self, attempt: Attempt) -> bool:
        number = min(attempt.stage, len(self.stages))
        return attempt.at < self.stages[number - 1].ends

    @property
    def clock_went_back(self) -> bool:
        """Whether an attempt is older than the one before it, or than the session."""
        times = [self.began, *(attempt.at for attempt in self.attempts)]
        return any(later < earlier for earlier, later in pairwise(times))

    @property
    def result(self) -> Attempt | None:
        """The result of the present stage."""
        return self.result_of(len(self.stages))

    def result_of(self, stage: int) -> Attempt | None:
        """Return the last attempt at a stage that was in time and measured."""
        attempts = (attempt for attempt in reversed(self.attempts) if attempt.stage == stage)
        return next((attempt for attempt in attempts if self.is_in_time(attempt) and attempt.was_measured), None)

    def with_attempt(self, report: Report, at: dt.datetime, record: str) -> Session:
        """Return the session with one more attempt."""
        attempt = Attempt(
            at=at,
            submission=report.submission.digest,
            status=report.status,
            score=report.score,
            max_score=report.max_score,
            level=report.level_title,
            record=record,
            stage=len(self.stages),
        )
        return msgspec.structs.replace(self, attempts=(*self.attempts, attempt))
