"""`grader batch`: a folder of submissions to a results folder, resumable at any point."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli import challenges
from grader.cli.status import CannotMeasure, Status, WrongCall

if TYPE_CHECKING:
    from grader.batch.plan import Entry, Task, Unreadable
    from grader.batch.row import Row
    from grader.batch.run import Engine
    from grader.batch.similarity import Text
    from grader.batch.summary import Summary
    from grader.challenges.catalogue import Catalogue


class Wanted(NamedTuple):
    """How the cohort is to be graded."""

    only: str | None
    jobs: int | None
    seed: int | None
    backend: str
    explain: bool
    scheduler: str | None
    retry: bool
    pages: str | None


@click.command("batch")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--results", type=click.Path(path_type=Path), help="The results folder. Default: DIR-results, beside DIR."
)
@click.option("--challenge", "only", metavar="SLUG", help="What every entry answers. Without it, each is searched.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Gradings at a time. Default: one a core, or a cluster's slots."
)
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="One seed for all. Default: a secret one for each.")
@click.option("--backend", default=None, metavar="NAME", help="The sandbox to use. `grader doctor` lists them.")
@click.option("--explain", is_flag=True, help="Shrink counterexamples for reviewers; slower for flawed submissions.")
@click.option(
    "--retry-not-measured", "retry", is_flag=True, help="Grade again what could not be measured the last time."
)
@click.option(
    "--pages",
    type=click.Choice(["candidate", "reviewer"]),
    help="Write each report as a page for this audience as well; the cohort's page links to them.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, tcp://host:port, whose workers grade.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 when a report is below.")
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
    retry: bool,
    pages: str | None,
    scheduler: str | None,
    fail_under: float | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade every submission in DIR: each folder, archive or repository in it is one candidate's.

    Run it again after an interruption: what is in the results folder is not graded twice. A result counts for the
    same submission, challenge, version of this product and policy, and for nothing else.
    """
    from sandbox.backends import DEFAULT

    catalogue = challenges.known(roots)
    entries = _entries(folder)
    wanted = Wanted(only, jobs, seed, backend or DEFAULT, explain, scheduler, retry, pages)
    target = results or folder.resolve().with_name(f"{folder.resolve().name}-results")
    summary = _run(entries, catalogue, target, wanted)
    _tell(summary, target)
    return _status(summary, fail_under)


def _entries(folder: Path) -> tuple[Entry, ...]:
    from grader.batch.plan import cohort

    try:
        entries = cohort(folder)
    except OSError as error:
        raise WrongCall(
            f"{folder}: {error.strerror}. Name a folder that holds one folder or archive a candidate."
        ) from None
    if not entries:
        raise WrongCall(f"{folder}: holds no folder and no archive. Put each candidate's submission into it.")
    return entries


def _run(entries: tuple[Entry, ...], catalogue: Catalogue, target: Path, wanted: Wanted) -> Summary:
    from grader.batch.page import as_html
    from grader.batch.plan import tasks_of
    from grader.batch.results import Results
    from grader.batch.run import not_measured, run
    from grader.batch.similarity import is_available, similar
    from grader.batch.summary import as_csv, as_markdown, summarise
    from grader.challenges.catalogue import snapshot
    from grader.cli.cohort_progress import watched
    from grader.report import Audience
    from sandbox.outcome import SandboxUnusable

    results = Results(target, pages=Audience(wanted.pages) if wanted.pages else None)
    texts: list[Text] = []
    tasks = _remembering(
        tasks_of(entries, snapshot(catalogue), only=wanted.only, backend=wanted.backend, seed=wanted.seed), texts
    )
    rows: list[Row] = []
    try:
        with _engine(wanted) as engine, watched(len(entries)) as progress:
            jobs = wanted.jobs or getattr(engine, "slots", None) or os.cpu_count() or 1
            again = {"again": not_measured} if wanted.retry else {}
            for row in run(tasks, results, engine, jobs=jobs, **again):
                rows.append(row)
                progress(row)
    except SandboxUnusable as error:
        raise CannotMeasure(
            f"stopped after {len(rows)} reports, which are kept in {target}: {error.why}", remedy=error.remedy
        ) from None
    summary = summarise(rows, similar(texts, kept=target / "similar.json") if is_available() else ())
    for name, text in (("summary.csv", as_csv), ("summary.md", as_markdown), ("summary.html", as_html)):
        results.write(name, text(summary))
    return summary


def _engine(wanted: Wanted) -> AbstractContextManager[Engine]:
    from sandbox.backends import backend_named

    try:
        backend = backend_named(wanted.backend)
    except ValueError as error:
        raise WrongCall(f"--backend: {error}.") from None
    if wanted.scheduler is None:
        from grader.batch.engine import warm_engine

        return warm_engine(backend, seed=wanted.seed, explain=wanted.explain)
    try:
        from grader.batch.cluster import Cluster

        return Cluster(wanted.scheduler, backend=wanted.backend, seed=wanted.seed, explain=wanted.explain)
    except ImportError:
        raise WrongCall("--scheduler needs Dask: pip install 'senior-python-grader[cluster]'.") from None
    except OSError as error:
        raise WrongCall(f"--scheduler: no scheduler answers at {wanted.scheduler} ({error}).") from None


def _remembering(tasks: Iterator[Task | Unreadable], texts: list[Text]) -> Iterator[Task | Unreadable]:
    """Keep each submission's text for the comparison at the end, when there is something to compare with."""
    from grader.batch.plan import Task
    from grader.batch.similarity import Text, is_available
    from grader.model import Submission

    starters: dict[str, str] = {}
    for task in tasks:
        if is_available() and isinstance(task, Task) and isinstance(task.taken, Submission):
            name = task.challenge.name
            if name not in starters:
                files = sorted((task.challenge.folder / "starter").glob("*.py"))
                starters[name] = "\n".join(file.read_text(encoding="utf-8") for file in files)
            text = "\n".join(file.text for file in task.taken.files)
            texts.append(Text.of(task.entry.name, name, text, starters[name]))
        yield task


def _tell(summary: Summary, target: Path) -> None:
    from grader.batch.summary import headline

    click.echo(headline(summary))
    click.echo(f"Reports and summaries are in {target}.")


def _status(summary: Summary, fail_under: float | None) -> Status:
    from grader.batch.row import Verdict

    verdicts = {row.verdict for row in summary.rows}
    if Verdict.NOT_MEASURED in verdicts:
        return Status.UNMEASURED
    if Verdict.UNREADABLE in verdicts or Verdict.REJECTED in verdicts:
        return Status.WRONG
    if fail_under is not None and any(row.percent < fail_under for row in summary.rows):
        return Status.BELOW
    return Status.GRADED
