"""`grader regrade`: grade what stored reports are about again, show the difference, and only then replace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, stored
from grader.cli.progress import watched
from grader.cli.status import CannotMeasure, Status, WrongCall

if TYPE_CHECKING:
    from grader.challenges.catalogue import Catalogue
    from grader.challenges.challenge import Challenge
    from grader.model import Report, Submission
    from grader.store.regrade import Grade


@click.command("regrade")
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option(
    "--submission", type=click.Path(path_type=Path), help="Where the files are now. Default: as in the report."
)
@click.option("--resume", is_flag=True, help="Keep what was measured; grade again, under the old seed, what was not.")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="Default: a new secret one; with --resume the old one.")
@click.option("--replace", is_flag=True, help="Write the new report over the old one.")
@click.option("--backend", metavar="NAME", help="The sandbox to use. `grader doctor` lists them.")
@challenges.option
def command(
    *,
    path: Path,
    submission: Path | None,
    resume: bool,
    seed: int | None,
    replace: bool,
    backend: str | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade the submission of a stored report again, or of every report in a folder.

    The files must be the same (by digest) as those that the report is about. Nothing is written without --replace.
    """
    from grader.assess.engine import engine

    if resume and seed is not None:
        raise WrongCall("--seed: --resume uses the report's own seed. Leave one of the two out.")
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise WrongCall(f"{path}: holds no JSON report. Name a folder such as a batch's results/reports.")
    catalogue = challenges.known(roots)
    worst = Status.GRADED
    with watched("starting the sandbox") as progress, engine(stored.backend(backend), gradings=len(files)) as ready:

        def grade(submission: Submission, challenge: Challenge, seed: int | None) -> Report:
            return ready(submission, challenge, seed=seed, progress=progress)

        for file in files:
            worst = max(worst, _one(file, submission, catalogue, grade, resume=resume, seed=seed, replace=replace))
    return worst


def _one(
    file: Path,
    source: Path | None,
    catalogue: Catalogue,
    grade: Grade,
    *,
    resume: bool,
    seed: int | None,
    replace: bool,
) -> Status:
    from grader.batch.results import was_measured
    from grader.model import Report
    from grader.store.compare import compare
    from grader.store.difference_text import as_text

    old = stored.read(file)
    if not isinstance(old, Report):
        raise WrongCall(f"{file}: is the report of a repository. Regrade with `grader grade` on the repository.")
    new = _regraded(file, old, source, catalogue, grade, resume=resume, seed=seed)
    if new is None:
        return Status.WRONG
    click.echo(f"{file}\n{as_text(compare([old], [new]))}", nl=False)
    if not was_measured(new):
        why = next((mark.reason for mark in new.criteria if mark.reason), "")
        click.echo(f"{file}: stays as it is: not everything could be measured ({why})", err=True)
        return Status.UNMEASURED
    if replace:
        stored.write(file, stored.full_json(new))
        click.echo("  replaced")
    return Status.GRADED


def _regraded(
    file: Path, old: Report, source: Path | None, catalogue: Catalogue, grade: Grade, *, resume: bool, seed: int | None
) -> Report | None:
    """The new report; None, with a message, where the files are not at hand any more."""
    from grader.challenges.catalogue import CatalogueError
    from grader.intake import IntakeError
    from grader.store.regrade import ChangedSubmission, regrade, resubmitted
    from sandbox.outcome import SandboxUnusable

    try:
        return regrade(old, resubmitted(old, source), catalogue, grade, resume=resume, seed=seed)
    except (ChangedSubmission, IntakeError, CatalogueError) as error:
        click.echo(f"{file}: not graded again: {error}", err=True)
        return None
    except SandboxUnusable as error:
        raise CannotMeasure(f"{file}: not graded again: {error.why}", remedy=error.remedy) from None
