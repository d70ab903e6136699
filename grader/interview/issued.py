"""An issued session: to whom, with which stages, what was handed over, and what came back. Times come from the caller.

The issuer's clock counts. An answer that arrives after a stage's end and the grace for handing it over does not count,
unless the issuer accepts it with a reason, which the report states.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from grader.interview.session import MOST_STAGES, Minutes, Moment, SessionState
from grader.interview.ticket import Digest, Grace, Ticket, Token
from grader.model import Report, ReportStatus, SessionKind, SessionRef, Struct
from grader.store.sign import key_id

MOST_REFUSALS = 50
LONGEST_REASON = 500
Reason = Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)]


class RefusedAnswer(Struct, frozen=True, kw_only=True):
    """An answer that was not taken."""

    at: Moment
    why: Reason


class ReceivedAnswer(Struct, frozen=True, kw_only=True):
    """The answer to a stage. It has arrived as soon as this is written, and is graded once `record` is."""

    at: Moment
    """When it arrived, by the issuer's clock."""
    sealed: Moment
    """When it was sealed, by the candidate's clock."""
    submission: Digest
    """The digest of its files."""
    accepted: Reason = ""
    """Why it counts although it arrived late."""
    status: ReportStatus = ReportStatus.INCOMPLETE
    score: float = 0.0
    max_score: float = 0.0
    level: str = ""
    """The level that the report states, in words."""
    record: str = ""
    """The record's file in `records/`; empty until it is graded."""

    @property
    def percent(self) -> float:
        return 100 * self.score / self.max_score if self.max_score else 0.0


class IssuedStage(Struct, frozen=True, kw_only=True):
    """One stage of a session."""

    title: str
    minutes: Minutes
    challenge_digest: Digest
    """The files by which it is graded."""
    ticket: Ticket | None = None
    """None until the stage is handed over."""
    received: ReceivedAnswer | None = None
    refused: Annotated[tuple[RefusedAnswer, ...], msgspec.Meta(max_length=MOST_REFUSALS)] = ()
    """The answers that were refused while the stage was open."""

    @property
    def is_answered(self) -> bool:
        """Whether its answer was graded."""
        return self.received is not None and bool(self.received.record)


class IssuedSession(Struct, frozen=True, kw_only=True):
    """The content of an issuer's `issued.json`. Nobody else may see it: it has the seed, and leads to the solution."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    """The version of this file's format: 1."""
    kind: Literal["issued"] = "issued"
    id: Token
    """The session's random number, as in its tickets."""
    person: str
    """To whom it was issued."""
    challenge: str
    """Area and slug."""
    title: str
    key: str
    """The issuer's public key, in PEM."""
    holder: str = ""
    """The person's public key, in PEM, by which answers must be signed; empty if the person has none."""
    seed: str = ""
    """What the variant was drawn from; empty if nothing was drawn."""
    variant: str = ""
    """The author's name for what was drawn."""
    grace: Grace
    stages: Annotated[tuple[IssuedStage, ...], msgspec.Meta(min_length=1, max_length=MOST_STAGES)]
    withdrawn: Moment | None = None
    """When the session ended before its last stage was answered."""

    @property
    def open_stage(self) -> int | None:
        """The number of the stage whose answer is awaited; None after the last."""
        return next((number for number, stage in enumerate(self.stages, 1) if not stage.is_answered), None)

    @property
    def problem(self) -> str:
        """What no session can be that was handed over in order; empty if it is sound."""
        for number, stage in enumerate(self.stages, 1):
            earlier = self.stages[number - 2] if number > 1 else None
            if stage.ticket is None and (number == 1 or stage.received is not None):
                return f"stage {number} was never handed over"
            if earlier is not None and stage.ticket is not None and not earlier.is_answered:
                return f"stage {number} was handed over before stage {number - 1} was answered"
        return ""

    @property
    def signed_by(self) -> str:
        """The id of the key by which answers must be signed; empty if the person has none."""
        return key_id(self.holder.encode()) if self.holder else ""

    @property
    def began(self) -> dt.datetime:
        """When the first stage was handed over."""
        first = self.stages[0].ticket
        assert first is not None, "a session is written with its first ticket"
        return first.issued

    @property
    def last_moment(self) -> dt.datetime:
        """The latest time that anything noted."""
        tickets = [stage.ticket.issued for stage in self.stages if stage.ticket]
        answers = [stage.received.at for stage in self.stages if stage.received]
        return max([*tickets, *answers, *(refusal.at for stage in self.stages for refusal in stage.refused)])

    def state(self, now: dt.datetime) -> SessionState:
        if self.withdrawn is not None:
            return SessionState.GIVEN_UP
        number = self.open_stage
        if number is None:
            return SessionState.ANSWERED
        ticket = self.stages[number - 1].ticket
        return SessionState.RUNNING if ticket is None or now <= ticket.ends else SessionState.OVER

    def with_stage(self, number: int, stage: IssuedStage) -> IssuedSession:
        """Return the session with another value for one stage."""
        return msgspec.structs.replace(self, stages=(*self.stages[: number - 1], stage, *self.stages[number:]))

    def with_refusal(self, number: int, at: dt.datetime, why: str) -> IssuedSession:
        """Return the session with a note that an answer was refused, unless there are too many already."""
        stage = self.stages[number - 1]
        if len(stage.refused) >= MOST_REFUSALS:
            return self
        refused = (*stage.refused, RefusedAnswer(at=at, why=why[:LONGEST_REASON]))
        return self.with_stage(number, msgspec.structs.replace(stage, refused=refused))

    def reference(self, number: int) -> SessionRef:
        """Return the session as the report on a stage's answer refers to it."""
        stage = self.stages[number - 1]
        assert stage.ticket is not None and stage.received is not None, "only answers have reports"  # noqa: PT018
        return SessionRef(
            kind=SessionKind.ISSUED,
            id=self.id,
            stage=number,
            stages=len(self.stages),
            minutes=stage.minutes,
            began=stage.ticket.issued.isoformat(),
            ended=stage.received.at.isoformat(),
            late=stage.received.accepted,
        )

    def whole_reference(self) -> SessionRef:
        """Return the session as its result refers to it: from its beginning, with the reason for each late answer."""
        last = self.reference(len(self.stages))
        if len(self.stages) == 1:
            return last
        late = [
            f"stage {number}: {stage.received.accepted}"
            for number, stage in enumerate(self.stages, 1)
            if stage.received is not None and stage.received.accepted
        ]
        minutes = sum(stage.minutes for stage in self.stages)
        return msgspec.structs.replace(last, minutes=minutes, began=self.began.isoformat(), late="; ".join(late))


def graded(received: ReceivedAnswer, report: Report, record: str) -> ReceivedAnswer:
    """Return the answer with what its report says."""
    return msgspec.structs.replace(
        received,
        status=report.status if report.was_measured else ReportStatus.INCOMPLETE,
        score=report.score,
        max_score=report.max_score,
        level=report.level_title,
        record=record,
    )
