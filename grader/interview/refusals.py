"""Why an answer is not taken: each reason in a sentence. Pure.

The ticket is checked first, so that nothing that the issuer did not sign is believed; then person, challenge, session
and stage; then who signed the answer, and that nothing was changed after sealing; the time comes last.
"""

from __future__ import annotations

import datetime as dt

from grader.intake import Rejected
from grader.intake.refusal import shown
from grader.interview.issued import IssuedSession
from grader.interview.sealed_answer import ANSWER, SentAnswer, reasons
from grader.interview.story import clock
from grader.interview.ticket import Ticket, read_ticket
from grader.model import Submission
from grader.model.person import same_name
from grader.report.figures import minutes_in_words
from grader.store.sign import SignatureError, opened


def why_not_taken(session: IssuedSession, sent: SentAnswer, files: Submission | Rejected) -> str:
    """Return why an answer cannot be this session's next one, whenever it arrives; empty if it can."""
    try:
        ticket = read_ticket(sent.answer.ticket_bytes, session.key.encode())
    except SignatureError:
        return "its ticket was not signed with this session's key, or was changed afterwards"
    return (
        _about_session(session, ticket)
        or _about_stage(session, ticket)
        or _about_earlier(session, sent)
        or _about_signer(session, sent)
        or _about_files(sent, files)
    )


def why_late(ticket: Ticket, moment: dt.datetime) -> str:
    """Return why an answer that arrives at a moment is too late to count; empty if it is not."""
    if ticket.is_in_time(moment):
        return ""
    late = clock((moment - ticket.ends).total_seconds() / 60)
    return f"it is late: it arrived {late} minutes after the end, and the grace is {minutes_in_words(ticket.grace)}"


def _about_session(session: IssuedSession, ticket: Ticket) -> str:
    if not same_name(ticket.person, session.person):
        return f"it is for another person: its workspace was issued to {ticket.person}, not to {session.person}"
    if ticket.challenge != session.challenge:
        return f"it is for another challenge: {ticket.challenge}, not {session.challenge}"
    if ticket.session != session.id:
        return f"it is for another variant: its workspace belongs to another session on {ticket.challenge}"
    return ""


def _about_stage(session: IssuedSession, ticket: Ticket) -> str:
    number = session.open_stage
    if session.withdrawn is not None:
        return "the session was given up, and takes no more answers"
    if number is None or ticket.stage < number:
        answered = session.stages[ticket.stage - 1].received
        when = f" at {answered.at:%Y-%m-%d %H:%M:%S} UTC" if answered else ""
        return f"it is for stage {ticket.stage}, which was answered{when}; the first answer to a stage counts"
    if ticket != session.stages[number - 1].ticket:
        return f"it is for another stage: stage {number} is open, and its ticket is another one"
    return ""


def _about_earlier(session: IssuedSession, sent: SentAnswer) -> str:
    """Refuse another answer while one waits to be graded."""
    stage = session.stages[(session.open_stage or 1) - 1]
    if stage.received is None or stage.received.submission == sent.answer.digest:
        return ""
    return f"another answer has arrived already, at {stage.received.at:%H:%M:%S} UTC, and is to be graded first"


def _about_signer(session: IssuedSession, sent: SentAnswer) -> str:
    if not session.holder:
        return ""
    try:
        statement = opened(sent.envelope or b"", session.holder.encode())
    except SignatureError:
        return f"it is not signed with the key of {session.person} that the session was issued for"
    return "" if statement.predicate_type == ANSWER else "what was signed is not an answer"


def _about_files(sent: SentAnswer, files: Submission | Rejected) -> str:
    if isinstance(files, Rejected):
        return f"its files cannot be graded: {reasons(files)}"
    if extra := {file.path for file in sent.answer.files} - {file.path for file in files.files}:
        return f"it holds what `grader interview seal` leaves out: {shown(min(extra))}"
    if files.digest != sent.answer.digest:
        return "its files are not those that its digest is of: they were changed after it was sealed"
    return ""
