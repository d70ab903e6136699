"""`grader review`: add a person's marks to a report, from a file or from answers in the terminal."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, stored
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report
    from grader.store.review import ReviewFile


@click.command("review")
@click.argument("file", metavar="REPORT", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="A review in TOML. Without it, you are asked for the marks.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Default: REPORT itself.")
@challenges.option
def command(*, file: Path, source: Path | None, output: Path | None, roots: tuple[Path, ...]) -> int:
    """Add a reviewer's marks to REPORT, a record or a JSON report of one submission.

    In a batch's results folder, the review is kept beside what was measured, and every later run of the batch shows it.

    \b
    A review in TOML:
        format_version = 1
        reviewer = "Grace Hopper"
        date = 2026-11-22
        [[mark]]
        criterion = "design"          # a criterion of kind `review`
        points = 7.5
        comment = "Good seams."
        [[peer]]                      # code_quality, problem_solving, best_practices, documentation, testing
        criterion = "documentation"
        level = 3

    Measured points stay, unless a mark says `override = true` and gives a reason.
    """
    from grader.report import render
    from grader.store.results import home_of
    from grader.store.review import ReviewError, read_review, reviewed
    from grader.store.revisions import Revision

    report = stored.single(file, what="Review")
    challenge = challenges.find(challenges.known(roots), report.challenge.name)
    try:
        review = read_review(source) if source is not None else _asked(report)
        joined = reviewed(report, review, challenge)
    except ReviewError as error:
        raise UserError(f"{source or file}: {error}") from None
    home = home_of(file) if output is None else None
    if home is None:
        stored.write(output or file, stored.again(joined, like=stored.read(file)))
    else:
        results, name = home
        revision = Revision(submission=report.submission.digest, review=review)
        joined, notes = results.revise(name, revision, report, challenge)
        for note in notes:
            if "cannot be read" in note:
                click.echo(f"grader: {note}", err=True)
    deliver(render(joined, "terminal", view()), Target("terminal", None))
    return ExitStatus.GRADED


def _asked(report: Report) -> ReviewFile:
    """Ask for the marks that a machine cannot give."""
    from grader.model import Level, PeerCriterion, PeerMark, ReviewMark
    from grader.report import Audience, render
    from grader.store.review import ReviewFile, awaiting

    if not sys.stdin.isatty():
        raise UserError(
            "stdin is not a terminal, so there is nobody to ask for marks. Give the review with --from FILE."
        )
    click.echo(render(report, "terminal", view(Audience.REVIEWER)))
    reviewer = click.prompt("Reviewer", default=getpass.getuser())
    marks = []
    for mark in awaiting(report):
        points = click.prompt(f"{mark.title}: points of {mark.points:g}", type=click.FloatRange(0, mark.points))
        marks.append(
            ReviewMark(
                criterion=mark.id, points=points, comment=click.prompt("  because", default="", show_default=False)
            )
        )
    peer = []
    for criterion in PeerCriterion:
        level = click.prompt(
            f"{criterion.words}: level 1 to 4, or 0 to leave it out", type=click.IntRange(0, 4), default=0
        )
        if level:
            comment = click.prompt("  because", default="", show_default=False)
            peer.append(PeerMark(criterion=criterion, level=Level(level), comment=comment))
    return ReviewFile(
        format_version=1,
        reviewer=reviewer,
        date=dt.datetime.now(tz=dt.UTC).date(),
        submission=report.submission.digest,
        mark=tuple(marks),
        peer=tuple(peer),
    )
