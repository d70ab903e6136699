"""Practice: sessions that are drawn, timed and graded on the candidate's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, session_clock
from grader.cli.progress import followed
from grader.cli.session_clock import quoted
from grader.cli.status import ExitStatus, status_of
from grader.cli.terminal_view import shown, view
from grader.errors import UserError
from grader.model import Feedback

if TYPE_CHECKING:
    import datetime as dt

    from grader.challenges.challenge import Challenge
    from grader.interview.session import Session
    from grader.interview.session_folder import SessionFolder
    from grader.model import Report

HERE = Path()
UNTIMED = 60
"""The minutes of a session for a challenge that says nothing about its time."""
folder_argument = click.argument("folder", metavar="[DIR]", default=HERE, type=click.Path(path_type=Path))
minutes_option = click.option(
    "--minutes",
    type=click.IntRange(1, 600),
    help=f"The time that there is. Default: what the challenge says, otherwise {UNTIMED}.",
)


def time_for(challenge: Challenge, minutes: int | None) -> int:
    """Return the minutes of a session on a challenge. Raises UserError if its stages have their own."""
    if minutes is not None and challenge.manifest.stages:
        raise UserError(f"--minutes: each stage of {challenge.name} has its own time. Leave the option out.")
    return minutes or challenge.manifest.minutes or UNTIMED


@click.command("start")
@click.argument("slug")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@minutes_option
@challenges.option
def start(*, slug: str, folder: Path | None, minutes: int | None, roots: tuple[Path, ...]) -> int:
    """Begin a practice session on a challenge in DIR, a new folder (default: the challenge's name with `-practice`).

    The clock runs from now on.
    """
    from grader.interview.session_folder import SessionFolder

    challenge = challenges.find(challenges.known(roots), slug)
    place = SessionFolder(folder or Path(f"{challenge.slug}-practice"))
    session = place.begin(challenge, time_for(challenge, minutes), session_clock.now())
    _tell_stage(place, session, challenge)
    return ExitStatus.GRADED


@click.command("grade")
@folder_argument
@click.option(
    "--feedback",
    type=click.Choice([feedback.value for feedback in Feedback]),
    default=Feedback.EXAM.value,
    show_default=True,
    help="What you see of a broken promise: in an `exam`, the promise and its hint; in `practice`, an example, too.",
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
@challenges.option
def grade(*, folder: Path, feedback: str, backend: str | None, roots: tuple[Path, ...]) -> int:
    """Grade the answer of the practice session in DIR, and keep the attempt. One after the end is kept and does not
    count.
    """
    from grader.challenges.drawn import stage_of
    from grader.interview.session_folder import SessionFolder

    place, now = SessionFolder(folder), session_clock.now()
    session = place.read()
    _require_open(session, folder, now)
    if session.is_full:
        raise UserError(
            f"the session in {folder} has {len(session.attempts)} attempts, and takes no more. "
            "Begin another with `grader interview start`."
        )
    challenge = _challenge(session, roots)
    with stage_of(challenge, session.seed, len(session.stages)) as stage:
        report = _graded(place.answer(len(session.stages)), stage, Feedback(feedback), backend)
        session = place.keep(session, report, now)
        report = place.attempt(session.attempts[-1])
        click.echo(f"Practice, attempt {len(session.attempts)}\n")
        click.echo(shown(report, "terminal", view()), nl=False)
        click.echo(_standing(session, now))
        if len(session.stages) > 1 and len(session.stages) == len(challenge.manifest.stages):
            _tell_whole(place, session, stage)
    return status_of(report)


@click.command("next")
@folder_argument
@challenges.option
def next_(*, folder: Path, roots: tuple[Path, ...]) -> int:
    """Begin the next stage of the practice session in DIR, with your files. The stage before takes no more attempts."""
    from grader.interview.session_folder import SessionFolder

    place, now = SessionFolder(folder), session_clock.now()
    session = place.read()
    _require_open(session, folder, now)
    challenge = _challenge(session, roots)
    _tell_stage(place, place.go_on(session, challenge, now), challenge)
    return ExitStatus.GRADED


def resume(folder: Path) -> int:
    """Say how much time is left in a practice session, and how to go on."""
    from grader.interview.session import SessionState
    from grader.interview.session_folder import SessionFolder
    from grader.report.visible import one_line, visible

    place, now = SessionFolder(folder), session_clock.now()
    session = place.read()
    click.echo(f"{visible(one_line(session.title))}: practice. {_standing(session, now)}")
    if session.state(now) is SessionState.RUNNING:
        answer = quoted(place.answer(len(session.stages)))
        click.echo(f"The brief is {answer}/README.md.\n\n    grader interview grade {quoted(folder)}\n")
    return ExitStatus.GRADED


def _tell_stage(place: SessionFolder, session: Session, challenge: Challenge) -> None:
    from grader.report.figures import minutes_in_words

    number, present = len(session.stages), session.present
    answer = quoted(place.answer(number))
    what = f"stage {number}, {present.title}" if present.title else "practice"
    click.echo(
        f"{session.title}: {what}, {minutes_in_words(present.minutes)} from now, until {session.ends:%H:%M} UTC.\n"
        f"Read {answer}/README.md, write {', '.join(challenge.manifest.modules)} there, and grade it "
        f"as often as you like:\n\n    grader interview grade {quoted(place.root)}\n"
    )
    if number < len(challenge.manifest.stages):
        click.echo(f"Then go on to the next stage:\n\n    grader interview next {quoted(place.root)}\n")


def _tell_whole(place: SessionFolder, session: Session, stage: Challenge) -> None:
    """Say what the whole session earned, if each stage has a result."""
    from grader.interview.story import points
    from grader.interview.whole_result import whole_result

    results = [session.result_of(number) for number in range(1, len(session.stages) + 1)]
    if all(results):
        whole = whole_result([place.attempt(attempt) for attempt in results if attempt], stage)
        click.echo(f"The whole session, practice: {points(whole.score, whole.max_score, whole.level_title)}.")


def _require_open(session: Session, folder: Path, now: dt.datetime) -> None:
    from grader.interview.session import SessionState

    if session.state(now) is SessionState.GIVEN_UP:
        raise UserError(f"the session in {folder} was given up. Begin another with `grader interview start`.")


def _challenge(session: Session, roots: tuple[Path, ...]) -> Challenge:
    """Return the challenge of a session, and say so if it has changed since."""
    challenge = challenges.find(challenges.known(roots), session.challenge)
    if challenge.digest != session.challenge_digest:
        click.echo(
            "grader: the challenge has changed since the session began; from now on, the new one counts.", err=True
        )
    return challenge


def _graded(answer: Path, stage: Challenge, feedback: Feedback, backend: str | None) -> Report:
    from grader.assess.find import Assignment
    from grader.assess.grader import Grader
    from grader.intake import take_folder
    from grader.interview.whole_result import without_level

    ready = Grader(backend)
    assignment = Assignment(challenge=stage, taken=take_folder(answer))
    with ready.expecting(1) as grader, followed("starting the sandbox") as progress:
        report = grader.grade(assignment, explain=feedback is Feedback.PRACTICE, feedback=feedback, progress=progress)
    return without_level(report) if len(stage.manifest.stages) > 1 else report


def _standing(session: Session, now: dt.datetime) -> str:
    """Return how far the session is, in a sentence or two."""
    from grader.interview.session import SessionState
    from grader.interview.story import clock
    from grader.report.figures import minutes_in_words, number

    last = session.result
    result = f" Last in time: {number(last.percent)} %." if last else ""
    match session.state(now):
        case SessionState.RUNNING:
            left = clock(session.left(now).total_seconds() / 60)
            return f"{left} of {minutes_in_words(session.present.minutes)} are left.{result}"
        case SessionState.OVER:
            return f"The time is up: what is graded from now on does not count.{result}"
        case _:
            return f"It was given up.{result}"
