"""`grader batch`: grade a folder of submissions into a results folder, resumable at any point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.model import Feedback

if TYPE_CHECKING:
    from grader.assess.grader import Grader
    from grader.batch.cluster import Cluster
    from grader.batch.summary import Summary


@click.command("batch")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    help="The results folder, which must not be below DIR. Default: DIR-results.",
)
@click.option(
    "--challenge",
    "only",
    metavar="SLUG",
    help="The challenge that every entry answers. Default: search each entry for challenges.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="How many gradings to run at a time. Default: one per core, or all slots of a cluster.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**53 - 1),
    help="One seed for all entries. Default: a secret seed per challenge, and a new one for each entry added later.",
)
@click.option(
    "--backend", default=None, metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends."
)
@click.option(
    "--explain", is_flag=True, help="Find the smallest failing examples for reviewers; slower for flawed submissions."
)
@click.option(
    "--feedback",
    type=click.Choice([feedback.value for feedback in Feedback]),
    default=Feedback.EXAM.value,
    show_default=True,
    help="What candidates see of a broken promise: in an `exam`, the promise and its hint; in `practice`, also a "
    "failing example, found in the same way as with --explain.",
)
@click.option(
    "--retry-not-measured", "retry", is_flag=True, help="Grade again whatever could not be measured last time."
)
@click.option(
    "--pages",
    type=click.Choice(["candidate", "reviewer"]),
    help="Also write each report as a page for this audience; the cohort's page links to these pages.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Grade on the workers of the Dask scheduler at this address, tcp://host:port.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with status 1 if a report is below this percentage.",
)
@challenges.option
def command(
    *,
    folder: Path,
    results: Path | None,
    only: str | None,
    jobs: int | None,
    seed: int | None,
    backend: str | None,
    explain: bool,
    feedback: str,
    retry: bool,
    pages: str | None,
    scheduler: str | None,
    fail_under: float | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade every submission in DIR: each folder, archive or repository in it belongs to one candidate.

    Run the command again after an interruption: nothing that is already in the results folder is graded twice. A result
    is reused only for the same submission, challenge, product version and policy. Whatever reviewers and regrades added
    to a report is kept.
    """
    from grader.batch.cohort import BatchOptions, grade_cohort
    from grader.batch.plan import cohort
    from grader.batch.summary import headline
    from grader.cli.cohort_progress import watched
    from grader.report import Audience
    from sandbox.backends import DEFAULT

    catalogue = challenges.known(roots)
    entries = cohort(folder)
    options = BatchOptions(
        only=only,
        backend=backend or DEFAULT,
        jobs=jobs,
        seed=seed,
        explain=explain,
        feedback=Feedback(feedback),
        retry=retry,
        pages=Audience(pages) if pages else None,
    )
    target = results or folder.resolve().with_name(f"{folder.resolve().name}-results")
    with _grader(options.backend, scheduler) as grader, watched(len(entries)) as tell:
        summary = grade_cohort(folder, entries, catalogue, target, grader, options=options, tell=tell)
    click.echo(headline(summary))
    click.echo(f"Reports and summaries are in {target}.")
    return _status(summary, fail_under)


def _grader(backend: str, scheduler: str | None) -> Grader | Cluster:
    from grader.assess.grader import Grader

    here = Grader(backend)
    if scheduler is None:
        return here
    from grader.batch.cluster import Cluster

    return Cluster(scheduler, backend=backend)


def _status(summary: Summary, fail_under: float | None) -> ExitStatus:
    from grader.batch.row import RowStatus

    verdicts = {row.verdict for row in summary.rows}
    if RowStatus.NOT_MEASURED in verdicts:
        return ExitStatus.UNMEASURED
    if RowStatus.UNREADABLE in verdicts or RowStatus.REJECTED in verdicts:
        return ExitStatus.WRONG
    if fail_under is not None and any(row.percent < fail_under for row in summary.rows):
        return ExitStatus.BELOW
    return ExitStatus.GRADED
