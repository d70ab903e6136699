"""`grader review`: add a person's marks to a report, from a file or from answers in the terminal."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, kept, stored
from grader.cli.keys import given_key, new_key_option
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report
    from grader.store.review import ReviewFile
    from grader.store.signed_review import CollectedReview


@click.command("review")
@click.argument("file", metavar="REPORT", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "sources",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A review in TOML, or a signed one. May be repeated. Without it, you are asked for the marks.",
)
@click.option("--compare", is_flag=True, help="Show the reviews side by side with their agreement, and change nothing.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Your private key: sign the review, write it to --output, and leave REPORT as it is.",
)
@new_key_option
@kept.issuer_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Default: REPORT itself; with --key, a file beside it that ends in .review.json.",
)
@challenges.option
def command(
    *,
    file: Path,
    sources: tuple[Path, ...],
    compare: bool,
    key: Path | None,
    new_key: Path | None,
    issuers: tuple[Path, ...],
    output: Path | None,
    roots: tuple[Path, ...],
) -> int:
    """Add reviewers' marks to REPORT, a record or a JSON report of one submission.

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
        criterion = "documentation"   # level 1 to 4 by the anchors in docs/reference/portfolio.md
        level = 3

    Measured points stay, unless a mark says `override = true` and gives a reason. The marks of [[peer]] earn no points.
    With several reviews, they are also shown side by side, with Krippendorff's alpha for their agreement.
    """
    from grader.store.signed_review import read_any_review

    if compare and not sources:
        raise UserError("--compare: there is nothing to compare. Name at least one review with --from FILE.")
    reviews = [read_any_review(source) for source in sources]
    if key or new_key or compare:
        report = _reviewable(file)
        if private := given_key(key, new_key):
            return _signed(report, reviews, private, output, file)
        return _compared(report, reviews, issuers)
    joined = _joined(file, reviews, output, roots)
    return _compared(joined, reviews, issuers) if len(reviews) > 1 else ExitStatus.GRADED


def _reviewable(file: Path) -> Report:
    """Return the report in a file, also in a signed one, which a reviewer need not change. Raises UserError."""
    from grader import inputs
    from grader.model import Report
    from grader.store.codec import LARGEST
    from grader.store.sign import SignatureError, unverified

    try:
        report = unverified(inputs.read(file, most=LARGEST))
    except (OSError, SignatureError):
        return stored.single(file, what="Review")
    if not isinstance(report, Report):
        raise UserError(str(file), "it is the report of a repository", "Review the report of one submission")
    return report


def _joined(file: Path, reviews: Sequence[CollectedReview], output: Path | None, roots: tuple[Path, ...]) -> Report:
    """Add the reviews to the report, all or none, and show it."""
    from grader.report import render
    from grader.store.results import home_of
    from grader.store.review import ReviewError, reviewed
    from grader.store.revisions import Revision

    report = stored.single(file, what="Review")
    challenge = challenges.find(challenges.known(roots), report.challenge.name)
    given = [(entry.file, entry.review) for entry in reviews] or [(file, _asked(report))]
    joined = report
    for source, review in given:
        try:
            joined = reviewed(joined, review, challenge)
        except ReviewError as error:
            raise UserError(f"{source}: {error}") from None
    home = home_of(file) if output is None else None
    if home is None:
        stored.write(output or file, stored.again(joined, like=stored.read(file)))
    else:
        results, name = home
        for _, review in given:
            revision = Revision(submission=report.submission.digest, review=review)
            joined, notes = results.revise(name, revision, report, challenge)
            for note in notes:
                if "cannot be read" in note:
                    click.echo(f"grader: {note}", err=True)
    deliver(render(joined, "terminal", view()), Target("terminal", None))
    return joined


def _compared(report: Report, reviews: Sequence[CollectedReview], issuers: Sequence[Path]) -> ExitStatus:
    """Show reviews of one report side by side, and which of them count for a reader who trusts these keys."""
    from grader.portfolio.folder import today
    from grader.portfolio.peers import PeerSources, peer_reviews, peer_table
    from grader.portfolio.terminal_peers import peers_text
    from grader.portfolio.trust import read_trust
    from grader.report.terminal import printed
    from grader.store.review import ReviewError

    for entry in reviews:
        if entry.review.submission not in ("", report.submission.digest):
            raise UserError(str(entry.file), "it is about another submission", "Compare reviews of the same report")
    sources = PeerSources(
        person=report.person, trust=read_trust(issuers), day=today(), submissions={report.submission.digest}
    )
    try:
        table = peer_table(peer_reviews(reviews, sources))
    except ReviewError as error:
        raise UserError(str(error)) from None
    deliver(printed(peers_text(table, report), view()), Target("terminal", None))
    return ExitStatus.GRADED


def _signed(
    report: Report, reviews: Sequence[CollectedReview], private_pem: bytes, output: Path | None, file: Path
) -> ExitStatus:
    """Sign one review of a report with its reviewer's key, in a new file."""
    from grader.portfolio.folder import file_word
    from grader.store.review import ReviewError
    from grader.store.signed_review import about, seal_review

    if len(reviews) > 1:
        raise UserError("--key: only one review can be signed at a time. Name it with --from FILE.")
    source, review = (reviews[0].file, reviews[0].review) if reviews else (file, _asked(report))
    try:
        content = seal_review(about(review, report), private_pem)
    except ReviewError as error:
        raise UserError(f"{source}: {error}") from None
    stem = file.name.removesuffix(".json").removesuffix(".signed")
    target = output or file.with_name(f"{stem}.{file_word(review.reviewer)}.review.json")
    if target.exists():
        raise UserError(f"{target} already exists. Choose a new file with --output.")
    stored.write(target, content)
    click.echo(f"signed: {target}")
    return ExitStatus.GRADED


def _asked(report: Report) -> ReviewFile:
    """Ask for the marks that a machine cannot give."""
    from grader.model import Level, PeerCriterion, PeerMark, ReviewMark
    from grader.portfolio.peer_anchors import peer_anchors
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
        click.echo(f"\n{criterion.words}")
        for anchored, sentence in peer_anchors(criterion).items():
            click.echo(click.wrap_text(f"{anchored.value} {sentence}", 78, "  ", "    "))
        level = click.prompt("  level 1 to 4, or 0 to leave it out", type=click.IntRange(0, 4), default=0)
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
