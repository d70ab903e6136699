"""The story of an issued session: what was handed over, what came back and what it earned. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import assert_never

from grader.interview.issued import IssuedSession, IssuedStage
from grader.interview.session import SessionState
from grader.interview.story import Event, Story, begun, clock, in_order, points, since, stage_spans
from grader.model import Report, ReportStatus, SessionKind
from grader.report.figures import minutes_in_words


def issued_story(session: IssuedSession, now: dt.datetime, result: Report | None = None) -> Story:
    """Tell what happened in an issued session until now; `result` is the session's report, once there is one."""
    began = session.began
    tickets = [stage.ticket for stage in session.stages if stage.ticket is not None]
    has_several = len(session.stages) > 1
    spans = stage_spans([(ticket.title if has_several else "", ticket.issued, ticket.ends) for ticket in tickets])
    events = [*begun(spans)]
    for place, stage in enumerate(session.stages, 1):
        events += _answers(began, place if has_several else None, stage)
    state = session.state(now)
    if session.withdrawn is not None:
        events.append(Event(since(began, session.withdrawn), "given up"))
    if state is SessionState.OVER:
        events.append(Event(spans[-1].ends, "time is up"))
    return Story(
        kind=SessionKind.ISSUED,
        title=session.title,
        challenge=session.challenge,
        person=session.person,
        began=began,
        stages=spans,
        state=state,
        events=in_order(events),
        result=_result(session, state, result),
        notices=tuple(_notices(session)),
    )


def _answers(began: dt.datetime, place: int | None, stage: IssuedStage) -> Iterator[Event]:
    for refusal in stage.refused:
        yield Event(since(began, refusal.at), "answer refused", words=refusal.why, counts=False)
    received = stage.received
    if received is None or stage.ticket is None:
        return
    what = "answer" if place is None else f"answer {place}"
    measured = bool(received.record) and received.status is not ReportStatus.REJECTED
    yield Event(since(began, received.at), what, received.percent if measured else None, answer_words(stage))


def answer_words(stage: IssuedStage) -> str:
    """Return what the answer to a stage earned, in words; empty if there is none."""
    received = stage.received
    if received is None:
        return ""
    words = points(received.score, received.max_score, received.level) if received.record else "not graded yet"
    if received.status is ReportStatus.REJECTED:
        words = "rejected: nothing could be graded"
    elif received.record and received.status is ReportStatus.INCOMPLETE:
        words = f"{words}; a reviewer marks the rest"
    return f"{words}; late, accepted: {received.accepted}" if received.accepted else words


def _result(session: IssuedSession, state: SessionState, result: Report | None) -> str:
    if result is not None:
        first = f"Result: {points(result.score, result.max_score, result.level_title)}."
        return first if result.status is not ReportStatus.INCOMPLETE else f"{first} A reviewer marks the rest."
    match state:
        case SessionState.GIVEN_UP:
            return "There is no result: the session was given up."
        case SessionState.OVER:
            return "There is no result: the time is up, and no answer has arrived in time."
        case SessionState.ANSWERED:
            return "There is no result: every answer is there, but result.json is missing."
        case SessionState.RUNNING:
            what = f"the answer to stage {session.open_stage}" if len(session.stages) > 1 else "the answer"
            return f"There is no result yet: {what} is awaited."
        case _:
            assert_never(state)


def _notices(session: IssuedSession) -> Iterator[str]:
    grace = f"more than {minutes_in_words(session.grace)} " if session.grace else ""
    yield (
        f"Times are those of the issuer's clock. An answer that arrives {grace}after the end of its stage counts only "
        "if the issuer accepts it, with a reason."
    )
    for place, stage in enumerate(session.stages, 1):
        if stage.ticket is not None and stage.received is not None:
            sealed = since(stage.ticket.issued, stage.received.sealed)
            yield f"Stage {place}: sealed after {clock(sealed)} by the candidate's clock, which nothing rests on."
