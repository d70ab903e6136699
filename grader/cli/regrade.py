"""`grader regrade`: grade the submissions of stored reports again, show the differences, and replace marks only on
request.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import click

from grader.cli import challenges, stored
from grader.cli.progress import followed
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import CannotMeasure, UserError

if TYPE_CHECKING:
    from grader.challenges.catalogue import Catalogue
    from grader.model import Report, RepositoryReport
    from grader.store.codec import Stored
    from grader.store.regrade import Grade


class RegradeOptions(NamedTuple):
    """Options for grading again."""

    source: Path | None
    resume: bool
    seed: int | None
    replace: bool


class Regraded(NamedTuple):
    """The outcome for one file: its exit status, and the word that counts it in the last line."""

    status: ExitStatus
    word: str


@click.command("regrade")
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option(
    "--submission",
    "source",
    type=click.Path(path_type=Path),
    help="Where the files are now: a folder, an archive or a repository that has them. Default: as in the report.",
)
@click.option("--resume", is_flag=True, help="Keep what was measured, and grade the rest again under the old seed.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**53 - 1),
    help="The seed to use. Default: a new secret seed; with --resume, the old seed.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Make the new marks count. In a batch's results, the old marks are kept beside the new ones; elsewhere, "
    "FILE is replaced.",
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
@challenges.option
def command(
    *,
    path: Path,
    source: Path | None,
    resume: bool,
    seed: int | None,
    replace: bool,
    backend: str | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade the submission of a stored report again, or those of every report in a folder.

    The files must be the same (by digest) as those that the report is about. Reviewers' marks are kept. Nothing is
    written without --replace.
    """
    from grader.assess.find import Assignment
    from grader.assess.grader import Grader

    if resume and seed is not None:
        raise UserError("--seed: --resume uses the report's own seed. Leave out one of the two.")
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.glob("*.json") if not file.name.endswith(".signed.json"))
    if not files:
        raise UserError(f"{path} contains no JSON reports. Choose a folder such as a batch's results/reports.")
    catalogue = challenges.known(roots)
    options = RegradeOptions(source, resume, seed, replace)
    with Grader(backend).expecting(len(files)) as grader, followed("starting the sandbox") as progress:

        def grade(assignment: Assignment, seed: int | None) -> Report:
            return grader.grade(assignment, seed=seed, progress=progress)

        ended = [_one(file, catalogue, grade, options) for file in files]
    counted = Counter(regraded.word for regraded in ended)
    click.echo(f"{len(files)} regraded: {', '.join(f'{count} {word}' for word, count in counted.items())}.")
    return max(regraded.status for regraded in ended)


def _one(file: Path, catalogue: Catalogue, grade: Grade, options: RegradeOptions) -> Regraded:
    from grader.store.compare import compare
    from grader.store.difference_text import as_text
    from grader.store.regrade import with_reviews_of

    found = stored.read(file, whole=options.replace)
    old = found.report
    if not _is_single(old):
        raise UserError(f"{file} is the report of a repository. Run `grader grade` on the repository instead.")
    try:
        new = _again(file, old, catalogue, grade, options)
        counted = with_reviews_of(old, new, catalogue.find(old.challenge.name))
    except CannotMeasure as error:
        raise CannotMeasure(f"{file} was not graded again: {error.why}", remedy=error.remedy) from None
    except UserError as error:
        click.echo(f"{file} was not graded again: {error}", err=True)
        return Regraded(ExitStatus.WRONG, "not graded again")
    (difference,) = compare([old], [counted])
    click.echo(f"{file}\n{as_text([difference], view().width)}", nl=False)
    if not new.was_measured:
        why = next((mark.reason for mark in new.criteria if mark.reason), "")
        click.echo(f"{file} was left unchanged, because not everything could be measured ({why})", err=True)
        return Regraded(ExitStatus.UNMEASURED, "not measured")
    if options.replace:
        _keep(file, new, counted, old, catalogue, found)
        click.echo("  replaced")
    return Regraded(ExitStatus.GRADED, "changed" if difference.changed else "the same")


def _again(file: Path, old: Report, catalogue: Catalogue, grade: Grade, options: RegradeOptions) -> Report:
    """Grade a report's submission again, and return the new report without reviewers' marks. Raises UserError,
    CannotMeasure.
    """
    from grader.store.regrade import regrade, resubmitted
    from grader.store.results import places
    from grader.store.review import without_reviews

    named = (Path(old.submission.path), *places(file, old.submission.path))
    assignment = resubmitted(old, catalogue, (options.source,) if options.source else named)
    base = without_reviews(old, assignment.challenge)
    return regrade(base, assignment, grade, resume=options.resume, seed=options.seed)


def _keep(file: Path, new: Report, counted: Report, old: Report, catalogue: Catalogue, found: Stored) -> None:
    """Store the new report so that it counts: beside the measured one in a results folder, in place of the file
    elsewhere.
    """
    from grader.store.results import home_of
    from grader.store.revisions import Revision

    home = home_of(file)
    if home is None:
        stored.write(file, stored.again(counted, like=found))
        return
    results, name = home
    revision = Revision(submission=old.submission.digest, report=new)
    results.revise(name, revision, old, catalogue.find(old.challenge.name))


def _is_single(report: Report | RepositoryReport) -> TypeGuard[Report]:
    from grader.model import Report

    return isinstance(report, Report)
