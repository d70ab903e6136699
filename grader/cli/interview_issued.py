"""Issued sessions: `issue` and `receive` are the issuer's commands, `seal` is the candidate's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, session_clock
from grader.cli.grade import person_named
from grader.cli.interview_practice import minutes_option, time_for
from grader.cli.keys import VARIABLE, private_key
from grader.cli.progress import followed
from grader.cli.session_clock import quoted
from grader.cli.status import ExitStatus
from grader.errors import CannotMeasure, UserError
from grader.model import Feedback

if TYPE_CHECKING:
    import datetime as dt

    from grader.interview.issued import IssuedSession
    from grader.interview.issuer_folder import IssuerFolder
    from grader.interview.receiving import Settled, TakenAnswer
    from grader.interview.sealed_answer import SentAnswer
    from grader.interview.ticket import Ticket
    from grader.model import Report

HERE = Path()
GRACE = 5
"""Minutes after the end of a stage for handing over the answer."""
MOST_REASONS = 3
"""The number of reasons that are shown why an answer was rejected."""


@click.command("issue")
@click.argument("slug")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--to", "person", metavar="NAME", required=True, callback=person_named, help="To whom it is issued.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help=f"Your private key, which signs tickets, receipts and the result. Default: the value of {VARIABLE}.",
)
@minutes_option
@click.option(
    "--grace",
    type=click.IntRange(0, 600),
    default=GRACE,
    show_default=True,
    help="Minutes after the end for handing over the answer. What comes later does not count.",
)
@click.option(
    "--signed-by",
    "holder",
    type=click.Path(path_type=Path),
    metavar="KEY.pub",
    help="The person's public key: only answers that it signed are received.",
)
@challenges.option
def issue(
    *,
    slug: str,
    folder: Path | None,
    person: str,
    key: Path | None,
    minutes: int | None,
    grace: int,
    holder: Path | None,
    roots: tuple[Path, ...],
) -> int:
    """Issue a session on a challenge to NAME. DIR, a new folder, stays with you (default: challenge and name).

    Hand over DIR/hand-over/stage-1 and nothing else: everything beside it tells the seed, the solution or a later
    stage. The clock runs from now on.
    """
    from grader.interview.issuer_folder import IssuerFolder
    from grader.interview.receiving import Terms
    from grader.interview.receiving import issue as issue_to
    from grader.portfolio.folder import file_word

    private = private_key(key)
    challenge = challenges.find(challenges.known(roots), slug)
    place = IssuerFolder(folder or Path(f"{challenge.slug}-{file_word(person)}"))
    terms = Terms(person, time_for(challenge, minutes), grace, _public(holder))
    session = issue_to(place, challenge, terms, session_clock.now(), private)
    _tell_stage(place, session, 1)
    return ExitStatus.GRADED


@click.command("seal")
@click.argument("folder", metavar="[DIR]", default=HERE, type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="A new file. Default: beside DIR, by its name."
)
@click.option(
    "--key", type=click.Path(path_type=Path), help="Sign it with your private key, if the session was issued for it."
)
def seal(*, folder: Path, output: Path | None, key: Path | None) -> int:
    """Put the answer in DIR, a workspace that was issued to you, into one file to hand over.

    The file holds your Python files, their digest and the workspace's ticket. The first answer that arrives counts.
    """
    from grader.interview.sealed_answer import seal_answer, workspace_ticket
    from grader.store import files

    now = session_clock.now()
    _, ticket = workspace_ticket(folder)
    content = seal_answer(folder, now, private_key(key) if key is not None else None)
    place = folder.resolve()
    target = output or place.with_name(f"{place.name}.sealed.json")
    try:
        is_new = files.write_once(target, content)
    except OSError as error:
        raise UserError(str(target), str(error.strerror), "Choose a file that you can write to") from None
    if not is_new:
        raise UserError(f"{target} already exists; nothing was overwritten. Choose another file with --output.")
    click.echo(f"sealed: {target}\nHand it over now. {_time_left(ticket, now)}")
    return ExitStatus.GRADED


@click.command("receive")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", metavar="[DIR]", default=HERE, type=click.Path(path_type=Path))
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help=f"The private key that the session was issued with. Default: the value of {VARIABLE}.",
)
@click.option(
    "--accept-late", metavar="REASON", default="", help="Count an answer that is late; the report states the reason."
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
def receive(*, file: Path, folder: Path, key: Path | None, accept_late: str, backend: str | None) -> int:
    """Receive FILE, a sealed answer: note the time, grade it, and hand over the next stage or sign the result.

    DIR is the session, or a folder with several (default: here). An answer for another person, variant or stage is
    refused with the reason, and so is one that was changed after it was sealed. One that arrives after the end of its
    stage and the grace is noted and does not count, unless you accept it with a reason. The result goes into the
    person's portfolio, as a signed report.
    """
    from grader.interview.receiving import require_key, settle, take_answer
    from grader.interview.sealed_answer import read_answer

    now, private = session_clock.now(), private_key(key)
    sent = read_answer(file)
    place = _place(folder, sent)
    require_key(place.read(), private)
    answer = take_answer(place, sent, now, accept_late=accept_late)
    report = _graded(place, answer, backend)
    settled = settle(place, answer, report, session_clock.now(), private)
    _tell_answer(place, settled.session, answer.stage, report)
    _tell_what_follows(place, settled, answer.stage)
    return ExitStatus.GRADED


def resume(folder: Path) -> int:
    """Say how much time is left in a workspace, and how to go on."""
    from grader.interview.sealed_answer import workspace_ticket

    _, ticket = workspace_ticket(folder)
    key = " --key KEY" if ticket.signed_by else ""
    click.echo(
        f"{_line(ticket.title)}: issued to {_line(ticket.person)}. {_time_left(ticket, session_clock.now())}\n"
        f"The brief is {quoted(folder)}/README.md.\n\n    grader interview seal {quoted(folder)}{key}\n"
    )
    return ExitStatus.GRADED


def _time_left(ticket: Ticket, now: dt.datetime) -> str:
    """Return how much time is left for a stage, in sentences."""
    from grader.interview.story import clock
    from grader.report.figures import minutes_in_words

    left, grace = (clock((end - now).total_seconds() / 60) for end in (ticket.ends, ticket.closes))
    if now < ticket.ends:
        standing = f"{left} of {minutes_in_words(ticket.minutes)} are left"
    elif now <= ticket.closes:
        standing = f"The time is up, and {grace} minutes of the grace are left"
    else:
        standing = "The time and the grace are over"
    return f"{standing}, by this machine's clock. The issuer's clock counts."


def _public(path: Path | None) -> str:
    """Return the public key in a file; empty without one. Raises BadKey."""
    from grader.store.sign import fingerprint, read_key

    if path is None:
        return ""
    pem = read_key(path)
    fingerprint(pem)  # refuses what is no public key
    return pem.decode("ascii")


def _place(folder: Path, sent: SentAnswer) -> IssuerFolder:
    """Return the session that an answer is meant for; the only one there is, if its ticket names another."""
    from grader.interview.listing import issued_in

    places = issued_in(folder)
    for place in places:
        if place.read().id == sent.ticket.session:
            return place
    if len(places) == 1:
        return places[0]
    what = f"none of the {len(places)} sessions here" if places else "there is no issued session here that"
    raise UserError(
        str(folder),
        f"{what} was issued with the answer's ticket, which is for {sent.ticket.person} and {sent.ticket.challenge}",
        "Name the session's folder",
    )


def _graded(place: IssuerFolder, answer: TakenAnswer, backend: str | None) -> Report:
    """Return the report on an answer; the one that was kept, if receiving it was interrupted afterwards."""
    from grader.assess.find import Assignment
    from grader.assess.grader import Grader

    session, number, files = answer
    if (kept := place.record(session, number)) is not None:
        return kept
    ready = Grader(backend)
    assignment = Assignment(challenge=place.challenge(session, number), taken=files)
    with ready.expecting(1) as grader, followed("starting the sandbox") as progress:
        report = grader.grade(
            assignment, explain=True, feedback=Feedback.EXAM, person=session.person, progress=progress
        )
    if not report.was_measured:
        raise CannotMeasure(
            "not everything could be measured, so the answer is not graded yet; when it arrived is noted",
            remedy="Run `grader doctor`, then receive the same file again.",
        )
    return report


def _tell_stage(place: IssuerFolder, session: IssuedSession, number: int) -> None:
    from grader.report.figures import minutes_in_words

    stage = session.stages[number - 1]
    assert stage.ticket is not None, "it was handed over"
    what = f"stage {number} of {len(session.stages)}, {stage.title}" if len(session.stages) > 1 else session.title
    click.echo(
        f"Issued to {_line(session.person)}: {_line(what)}, {minutes_in_words(stage.minutes)} from now, until "
        f"{stage.ticket.ends:%H:%M} UTC.\n"
        f"Hand over this folder, and nothing else of {quoted(place.root)}:\n\n    {quoted(place.workspace(number))}\n\n"
        "What comes back is received with\n\n"
        f"    grader interview receive FILE {quoted(place.root)} --key KEY\n"
    )


def _tell_answer(place: IssuerFolder, session: IssuedSession, number: int, report: Report) -> None:
    """Say what an answer earned, and why if it was rejected, and where its receipt is."""
    from grader.interview.issued_story import answer_words
    from grader.model import ReportStatus

    stage = session.stages[number - 1]
    assert stage.received is not None, "it was graded"
    what = f"Stage {number}" if len(session.stages) > 1 else "The answer"
    click.echo(f"{what}: {_line(answer_words(stage))}. It was received at {stage.received.at:%H:%M:%S} UTC.")
    if report.status is ReportStatus.REJECTED:
        for finding in report.findings[:MOST_REASONS]:
            click.echo(f"  {_line(finding.message)}")
    click.echo(f"Hand over the receipt, too: {quoted(place.receipt(number))}\n")


def _tell_what_follows(place: IssuerFolder, settled: Settled, number: int) -> None:
    from grader.interview.story import points

    if settled.workspace is not None:
        _tell_stage(place, settled.session, number + 1)
    if settled.result is not None:
        result = place.result()
        earned = f": {points(result.score, result.max_score, result.level_title)}" if result is not None else ""
        story = f"grader interview report {quoted(place.root)} --output story.html"
        click.echo(f"The session is over{earned}. Signed result: {quoted(settled.result)}\n\n    {story}\n")


def _line(text: str) -> str:
    """Return a text of anybody's on one line, without what a terminal would obey."""
    from grader.report.visible import one_line, visible

    return visible(one_line(text))
