"""`grader interview`: timed sessions of both kinds, practice and issued, and the story of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import interview_issued, interview_practice, kept, session_clock
from grader.cli.output import deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show, view
from grader.errors import UserError

if TYPE_CHECKING:
    import datetime as dt

    from grader.interview.session import SessionState
    from grader.interview.story import Story

HERE = Path()
folder_argument = click.argument("folder", metavar="[DIR]", default=HERE, type=click.Path(path_type=Path))


@click.group("interview")
def command() -> None:
    """Timed sessions on any challenge: practise alone, or issue a session to somebody else and receive the answers.

    Whoever holds the machine holds its clock, so practice proves nothing to others: every page says so, and no
    certificate, badge or bar counts it. In an issued session, the issuer keeps seed, solution, later stages and clock.
    """


for _command in (
    interview_practice.start,
    interview_practice.grade,
    interview_practice.next_,
    interview_issued.issue,
    interview_issued.seal,
    interview_issued.receive,
):
    command.add_command(_command)


@command.command("list")
@folder_argument
def list_(*, folder: Path) -> int:
    """List the sessions in DIR and in the folders directly below it (default: here)."""
    from grader.interview.listing import sessions_in
    from grader.interview.terminal_story import sessions_text

    sessions = list(sessions_in(folder, session_clock.now()))
    show(sessions_text(sessions))
    return ExitStatus.WRONG if any(session.problem for session in sessions) else ExitStatus.GRADED


@command.command("resume")
@folder_argument
def resume(*, folder: Path) -> int:
    """Say how much time is left in DIR, and how to go on. The clock was never stopped.

    DIR is a practice session, or a workspace that was issued to you.
    """
    from grader.interview import ticket
    from grader.interview.issuer_folder import IssuerFolder

    if (folder / ticket.FILE).is_file():
        return interview_issued.resume(folder)
    if IssuerFolder(folder).file.is_file():
        show_story(_story(folder, session_clock.now()))
        return ExitStatus.GRADED
    return interview_practice.resume(folder)


@command.command("give-up")
@folder_argument
def give_up(*, folder: Path) -> int:
    """End the session in DIR, and tell how it went. The answer stays where it is."""
    import msgspec

    from grader.interview.issuer_folder import IssuerFolder
    from grader.interview.session import SessionState
    from grader.interview.session_folder import SessionFolder

    now, issued = session_clock.now(), IssuerFolder(folder)
    if issued.file.is_file():
        awaited = issued.read()
        _require_going(folder, awaited.state(now), SessionState.RUNNING, SessionState.OVER)
        issued.write(msgspec.structs.replace(awaited, withdrawn=now))
    else:
        session = SessionFolder(folder).read()
        _require_going(folder, session.state(now), SessionState.RUNNING)
        SessionFolder(folder).write(msgspec.structs.replace(session, given_up=now))
    show_story(_story(folder, now))
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
    """Tell the story of the session in DIR: a timeline of stages, attempts and marks, as text or as a page with a
    picture.
    """
    from grader.interview.terminal_story import story_text
    from grader.report.terminal import printed

    target = kept.target(format_, output, ("terminal", "html"))
    story = _story(folder, session_clock.now())
    if target.format == "html":
        from grader.portfolio.pages import session_page

        deliver(session_page(story), target)
    else:
        deliver(printed(story_text(story), view()), target)
    return ExitStatus.GRADED


def _require_going(folder: Path, state: SessionState, *going: SessionState) -> None:
    if state not in going:
        raise UserError(f"the session in {folder} has ended already: {state.value}. Nothing was changed.")


def _story(folder: Path, now: dt.datetime) -> Story:
    from grader.interview.issued_story import issued_story
    from grader.interview.issuer_folder import IssuerFolder
    from grader.interview.session_folder import SessionFolder
    from grader.interview.story import practice_story

    if (place := IssuerFolder(folder)).file.is_file():
        return issued_story(place.read(), now, place.result())
    return practice_story(SessionFolder(folder).read(), now)


def show_story(story: Story) -> None:
    """Show a story in the terminal."""
    from grader.interview.terminal_story import story_text

    show(story_text(story))
