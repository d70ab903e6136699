"""`grader interview`: timed sessions of practice, and the story of each."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, kept
from grader.cli.output import deliver
from grader.cli.progress import followed
from grader.cli.status import ExitStatus, status_of
from grader.cli.terminal_view import show, shown, view
from grader.errors import UserError
from grader.model import Feedback

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from grader.challenges.challenge import Challenge
    from grader.interview.session import Session
    from grader.interview.session_folder import SessionFolder
    from grader.model import Report

HERE = Path()
UNTIMED = 60
"""The minutes of a session for a challenge that says nothing about its time."""
folder_argument = click.argument("folder", metavar="[DIR]", default=HERE, type=click.Path(path_type=Path))


@click.group("interview")
def command() -> None:
    """Practise under time: begin a session on a challenge, grade it as often as you like, and see how it went.

    Whoever holds the machine holds its clock, so practice proves nothing to others: every page says so, and no
    certificate, badge or bar counts it.
    """


@command.command("start")
@click.argument("slug")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option(
    "--minutes",
    type=click.IntRange(1, 600),
    help=f"The time that there is. Default: what the challenge says, otherwise {UNTIMED}.",
)
@challenges.option
def start(*, slug: str, folder: Path | None, minutes: int | None, roots: tuple[Path, ...]) -> int:
    """Begin a session on a challenge in DIR, a new folder (default: the challenge's name with `-practice`).

    The clock runs from now on.
    """
    from grader.interview.session_folder import SessionFolder

    challenge = challenges.find(challenges.known(roots), slug)
    place = SessionFolder(folder or Path(f"{challenge.slug}-practice"))
    session = place.begin(challenge, minutes or challenge.manifest.minutes or UNTIMED, _now())
    click.echo(
        f"{session.title}: practice, {session.minutes} minutes from now, until {session.ends:%H:%M} UTC.\n"
        f"Read {_quoted(place.answer)}/README.md, write {', '.join(challenge.manifest.modules)} there, and grade it "
        f"as often as you like:\n\n    grader interview grade {_quoted(place.root)}\n"
    )
    return ExitStatus.GRADED


@command.command("grade")
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
    """Grade the answer of the session in DIR, and keep the attempt. One after the end is kept and does not count."""
    from grader.interview.session import SessionState
    from grader.interview.session_folder import SessionFolder

    place, now = SessionFolder(folder), _now()
    session = place.read()
    if session.state(now) is SessionState.GIVEN_UP:
        raise UserError(f"the session in {folder} was given up. Begin another with `grader interview start`.")
    if session.is_full:
        raise UserError(
            f"the session in {folder} has {len(session.attempts)} attempts, and takes no more. "
            "Begin another with `grader interview start`."
        )
    challenge = challenges.find(challenges.known(roots), session.challenge)
    if challenge.digest != session.challenge_digest:
        click.echo(
            "grader: the challenge has changed since the session began; this attempt meets the new one.", err=True
        )
    report = _graded(place, challenge, Feedback(feedback), backend, roots)
    session = place.keep(session, report, now)
    click.echo(f"Practice, attempt {len(session.attempts)}\n")
    click.echo(shown(report, "terminal", view()), nl=False)
    click.echo(_standing(session, now))
    return status_of(report)


@command.command("list")
@folder_argument
def list_(*, folder: Path) -> int:
    """List the sessions in DIR and in the folders directly below it (default: here)."""
    from grader.interview.session_folder import sessions_in
    from grader.interview.terminal_story import sessions_text

    found = list(sessions_in(folder))
    show(sessions_text(found, _now()))
    return ExitStatus.WRONG if any(one.problem for one in found) else ExitStatus.GRADED


@command.command("resume")
@folder_argument
def resume(*, folder: Path) -> int:
    """Say how much time is left in the session in DIR, and how to go on. The clock was never stopped."""
    from grader.interview.session import SessionState
    from grader.interview.session_folder import SessionFolder
    from grader.report.visible import one_line, visible

    place, now = SessionFolder(folder), _now()
    session = place.read()
    click.echo(f"{visible(one_line(session.title))}: practice. {_standing(session, now)}")
    if session.state(now) is SessionState.RUNNING:
        click.echo(f"The brief is {_quoted(place.answer)}/README.md.\n\n    grader interview grade {_quoted(folder)}\n")
    return ExitStatus.GRADED


@command.command("give-up")
@folder_argument
def give_up(*, folder: Path) -> int:
    """End the session in DIR, and tell how it went. The answer stays where it is."""
    import msgspec

    from grader.interview.session import SessionState
    from grader.interview.session_folder import SessionFolder
    from grader.interview.story import story
    from grader.interview.terminal_story import story_text

    place, now = SessionFolder(folder), _now()
    session = place.read()
    if session.state(now) is not SessionState.RUNNING:
        raise UserError(f"the session in {folder} has ended already: {session.state(now).value}. Nothing was changed.")
    ended = msgspec.structs.replace(session, given_up=now)
    place.write(ended)
    show(story_text(story(ended, now)))
    return ExitStatus.GRADED


@command.command("report")
@folder_argument
@click.option(
    "--format",
    "format_",
    type=click.Choice(["terminal", "html"]),
    help="Default: inferred from the extension of --output, otherwise terminal.",
)
@kept.output_option
def report(*, folder: Path, format_: str | None, output: str | None) -> int:
    """Tell the story of the session in DIR: its attempts on a timeline, as text or as a page with a picture."""
    from grader.interview.session_folder import SessionFolder
    from grader.interview.story import story
    from grader.interview.terminal_story import story_text
    from grader.report.terminal import printed

    target = kept.target(format_, output, ("terminal", "html"))
    told = story(SessionFolder(folder).read(), _now())
    if target.format == "html":
        from grader.portfolio.pages import session_page

        deliver(session_page(told), target)
    else:
        deliver(printed(story_text(told), view()), target)
    return ExitStatus.GRADED


def _graded(
    place: SessionFolder, challenge: Challenge, feedback: Feedback, backend: str | None, roots: Sequence[Path]
) -> Report:
    from grader.assess.find import find
    from grader.assess.grader import Grader

    ready = Grader(backend)
    (assignment,) = find(place.answer, challenges.known(roots), only=challenge.name).each
    with ready.expecting(1) as grader, followed("starting the sandbox") as progress:
        return grader.grade(
            assignment,
            seed=None,
            explain=feedback is Feedback.PRACTICE,
            feedback=feedback,
            person="",
            progress=progress,
        )


def _standing(session: Session, now: dt.datetime) -> str:
    """Return how far the session is, in a sentence or two."""
    from grader.interview.session import SessionState
    from grader.interview.story import clock
    from grader.report.figures import number

    last = session.result
    result = f" Last in time: {number(last.percent)} %." if last else ""
    match session.state(now):
        case SessionState.RUNNING:
            left = clock(session.left(now).total_seconds() / 60)
            return f"{left} of {session.minutes} minutes are left.{result}"
        case SessionState.OVER:
            return f"The time is up: what is graded from now on does not count.{result}"
        case _:
            return f"It was given up.{result}"


def _now() -> dt.datetime:
    import datetime as dt

    return dt.datetime.now(dt.UTC)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
