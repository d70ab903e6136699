"""Issues sessions and receives their answers: each step of an issuer, between which the caller grades.

    issue(...)          a new session, and the workspace of its first stage
    take_answer(...)    an answer is checked, and its time is noted before anything else is done with it
    settle(...)         its report is kept; then the next stage is handed over, or the result is signed

What is interrupted, wherever, is completed by receiving the same file again; the time of its arrival stays.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.challenges.challenge import Challenge
from grader.challenges.drawn import LaidOutVariant, fresh_variant_seed, lay_out_variant
from grader.challenges.manifest import StageRule
from grader.errors import UserError
from grader.intake import Rejected
from grader.interview.issued import LONGEST_REASON, IssuedSession, IssuedStage, ReceivedAnswer, graded
from grader.interview.issuer_folder import IssuerFolder
from grader.interview.refusals import why_late, why_not_taken
from grader.interview.sealed_answer import SentAnswer, submission_of
from grader.interview.ticket import token
from grader.interview.whole_result import whole_result, without_level
from grader.model import Report, Submission
from grader.store.sign import public_half

LATE_REMEDY = "Use --accept-late REASON if it is to count"


class TakenAnswer(NamedTuple):
    """An answer that was taken."""

    session: IssuedSession
    stage: int
    files: Submission


class Terms(NamedTuple):
    """To whom a session is issued, and on which terms."""

    person: str
    minutes: int
    """The time that there is, unless the challenge's stages have their own."""
    grace: int
    holder: str = ""
    """The person's public key, in PEM, by which answers must be signed; empty if the person has none."""


class Settled(NamedTuple):
    """What follows from a graded answer."""

    session: IssuedSession
    workspace: Path | None
    """The next stage's; None after the last."""
    result: Path | None
    """The signed result; None before the last stage was answered."""


def issue(
    place: IssuerFolder,
    challenge: Challenge,
    terms: Terms,
    now: dt.datetime,
    private_pem: bytes,
    *,
    seed: str | None = None,
) -> IssuedSession:
    """Draw a session, lay out its stages in the issuer's folder, and hand over the first one.

    A fresh secret seed is drawn unless one is given. Raises UserError, BadKey, CannotMeasure.
    """
    key = public_half(private_pem).decode()
    if not place.is_free:
        raise UserError(f"{place.root} already exists; nothing was overwritten. Choose another folder.")
    seed = (fresh_variant_seed() if seed is None else seed) if challenge.must_be_drawn else ""
    try:
        place.create()
        variant = lay_out_variant(challenge, seed, place.stages())
        session = _drawn_session(challenge, terms, variant, seed=seed, key=key)
        begun = place.hand_over(session, 1, now, private_pem, {})
        place.begin(begun)
    except OSError as error:
        place.clear()
        raise UserError(str(place.root), str(error.strerror), "Choose a folder that you can write to") from None
    except BaseException:
        place.clear()
        raise
    return begun


def _drawn_session(
    challenge: Challenge, terms: Terms, variant: LaidOutVariant, *, seed: str, key: str
) -> IssuedSession:
    """Return a session of which nothing was handed over yet."""
    rules = challenge.manifest.stages or (StageRule(title=challenge.manifest.title, minutes=terms.minutes),)
    return IssuedSession(
        id=token(),
        person=terms.person,
        challenge=challenge.name,
        title=challenge.manifest.title,
        key=key,
        holder=terms.holder,
        seed=seed,
        variant=variant.name,
        grace=terms.grace,
        stages=tuple(
            IssuedStage(title=rule.title, minutes=rule.minutes, challenge_digest=stage.digest)
            for rule, stage in zip(rules, variant.stages, strict=True)
        ),
    )


def take_answer(place: IssuerFolder, sent: SentAnswer, now: dt.datetime, *, accept_late: str = "") -> TakenAnswer:
    """Check an answer and note when it arrived. Raises UserError with the reason why it is refused, which is noted."""
    session, accepted = place.read(), _reason(accept_late)
    _require_later(place, session, now)
    files = submission_of(sent.answer)
    number = session.open_stage
    why = why_not_taken(session, sent, files)
    if why or isinstance(files, Rejected) or number is None:
        raise _refused(place, session, number, now, why)
    stage = session.stages[number - 1]
    assert stage.ticket is not None, "an answer that fits the open stage has its ticket"
    if stage.received is not None:
        return TakenAnswer(session, number, files)  # what followed its arrival was interrupted
    late = why_late(stage.ticket, now)
    if late and not accepted:
        raise _refused(place, session, number, now, late, remedy=LATE_REMEDY)
    received = ReceivedAnswer(
        at=now, sealed=sent.answer.sealed, submission=files.digest, accepted=accepted if late else ""
    )
    place.keep_answer(number, sent.content)
    session = session.with_stage(number, msgspec.structs.replace(stage, received=received))
    place.write(session)
    return TakenAnswer(session, number, files)


def settle(place: IssuerFolder, answer: TakenAnswer, report: Report, now: dt.datetime, private_pem: bytes) -> Settled:
    """Keep an answer's report, and hand over what comes next. Raises UserError, CannotMeasure."""
    session, number, files = answer
    stage = session.stages[number - 1]
    assert stage.received is not None, "it has arrived"
    is_last = number == len(session.stages)
    report = msgspec.structs.replace(report, session=session.reference(number))
    if len(session.stages) > 1:
        report = without_level(report)
    received = graded(stage.received, report, place.keep_record(session, number, report))
    session = session.with_stage(number, msgspec.structs.replace(stage, received=received))
    place.keep_receipt(session, number, private_pem)
    if is_last:
        whole = whole_result(place.records(session), place.challenge(session, number))
        whole = msgspec.structs.replace(whole, session=session.whole_reference())
        settled = Settled(session, None, place.keep_result(whole, private_pem))
    else:
        own = {file.path: file.text for file in files.everything}
        session = place.hand_over(session, number + 1, now, private_pem, own)
        settled = Settled(session, place.workspace(number + 1), None)
    place.write(session)
    return settled


def require_key(session: IssuedSession, private_pem: bytes) -> None:
    """Raise UserError unless a private key is the one that the session was issued with."""
    if public_half(private_pem).decode() != session.key:
        raise UserError("--key", "the session was issued with another key", "Use the key that it was issued with")


def _refused(
    place: IssuerFolder,
    session: IssuedSession,
    number: int | None,
    now: dt.datetime,
    why: str,
    *,
    remedy: str = "Nothing was graded",
) -> UserError:
    """Note that an answer was refused while a stage is open, and return the error that says why."""
    if number is not None and session.withdrawn is None:
        place.write(session.with_refusal(number, now, why))
    return UserError("the answer was refused", why, remedy)


def _require_later(place: IssuerFolder, session: IssuedSession, now: dt.datetime) -> None:
    """Raise UserError if the clock stands before the session's last event."""
    if now < session.last_moment:
        raise UserError(
            str(place.file),
            f"this machine's clock says {now:%Y-%m-%d %H:%M:%S} UTC, but the session's last event was at "
            f"{session.last_moment:%Y-%m-%d %H:%M:%S} UTC",
            "Set the clock right; nothing was noted",
        )


def _reason(text: str) -> str:
    """Return a reason on one line. Raises UserError if it is too long to be kept."""
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON:
        raise UserError(
            "--accept-late", f"a reason has at most {LONGEST_REASON} characters, got {len(reason)}", "Shorten it"
        )
    return reason
