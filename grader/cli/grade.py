"""`grader grade`: one submission, or every challenge found in a repository, to reports and an exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli import challenges
from grader.cli.output import PLACEHOLDER, deliver, targets
from grader.cli.screen import view
from grader.cli.status import CannotMeasure, Status, WrongCall
from grader.report import FORMATS, Audience, render

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport
    from grader.store.compare import Difference
    from sandbox.session import Backend

LARGEST_SEED = 2**53 - 1
"""What every reader of JSON keeps exactly."""


class Wanted(NamedTuple):
    """How to grade, apart from what."""

    seed: int | None
    backend: str | None
    explain: bool


@click.command("grade")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--challenge", "name", metavar="SLUG", help="What PATH answers. Without it, PATH is searched.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Default: terminal. May be repeated; see --output.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Where the --format in the same place goes; `-`, or none, is stdout. "
    f"One FILE with {PLACEHOLDER} in its name serves all formats.",
)
@click.option("--changed-since", "since", metavar="REF", help="Grade what the revision changes since REF, and compare.")
@click.option(
    "--revision", metavar="REV", default="HEAD", show_default=True, help="With --changed-since: what to grade."
)
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), help="Draw the inputs of an earlier report again.")
@click.option("--backend", metavar="NAME", help="The sandbox to use. `grader doctor` lists them.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 when a report is below.")
@click.option(
    "--audience",
    type=click.Choice([each.value for each in Audience]),
    default=Audience.CANDIDATE.value,
    help="What the report tells: `reviewer` adds hidden tests, drawn inputs and traces. Default: candidate.",
)
@challenges.option
def command(
    *,
    path: Path,
    name: str | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    since: str | None,
    revision: str,
    seed: int | None,
    backend: str | None,
    fail_under: float | None,
    audience: str,
    roots: tuple[Path, ...],
) -> int:
    """Grade PATH: one submission, or every challenge folder found in a repository.

    A challenge folder is named like its challenge, or the repository's grader.toml names it.

    With --changed-since PATH is a git repository: what differs from the merge base with REF is graded before and after
    the change, from the revisions themselves (nothing is checked out), with the configuration of the base.
    """
    places = targets(formats, outputs)
    wanted = Wanted(seed=seed, backend=backend, explain=audience == Audience.REVIEWER.value)
    look = view(Audience(audience))
    report: Report | RepositoryReport
    difference: Sequence[Difference]
    if since is not None:
        report, difference = _changed(path, name, roots, wanted, since=since, revision=revision)
    else:
        report, difference = _graded(path, name, roots, wanted), ()
    for target in places:
        deliver(render(report, target.format, look) + _told(difference, target.format), target)
    return _status(report, fail_under)


def _changed(
    path: Path, name: str | None, roots: Sequence[Path], wanted: Wanted, *, since: str, revision: str
) -> tuple[RepositoryReport, Sequence[Difference]]:
    """The reports of what a change touches, and what it won and lost."""
    from grader.assess.engine import engine
    from grader.cli.changes import graded, touched
    from grader.cli.progress import watched
    from grader.model import RepositoryReport
    from grader.store.compare import compare
    from sandbox.outcome import SandboxUnusable

    backend = _backend(wanted.backend)
    catalogue = challenges.known(roots)
    pairs = touched(path, since, revision, name, catalogue)
    try:
        with watched("starting the sandbox") as progress, engine(backend, gradings=2 * len(pairs)) as ready:
            reports = graded(pairs, catalogue, ready, wanted.seed, progress, explain=wanted.explain)
    except SandboxUnusable as error:
        raise CannotMeasure(f"nothing was graded: {error.why}", remedy=error.remedy) from None
    if not pairs:
        click.echo(f"grader: no challenge's files changed since {since}.", err=True)
    return RepositoryReport(reports=reports.after), compare(reports.before, reports.after)


def _told(difference: Sequence[Difference], format_: str) -> str:
    """The difference, in the formats that people read."""
    from grader.store.difference_text import as_markdown, as_text

    if not difference:
        return ""
    if format_ == "terminal":
        return f"\nSince the base:\n{as_text(difference)}"
    return f"\n### Since the base\n\n{as_markdown(difference)}" if format_ == "markdown" else ""


def _graded(path: Path, name: str | None, roots: Sequence[Path], wanted: Wanted) -> Report | RepositoryReport:
    from grader.assess.engine import engine
    from grader.cli.progress import watched
    from grader.cli.submissions import found
    from grader.model import RepositoryReport
    from sandbox.outcome import SandboxUnusable

    backend = _backend(wanted.backend)
    submissions = found(path, name, challenges.known(roots))
    try:
        with watched("starting the sandbox") as progress, engine(backend, gradings=len(submissions.each)) as ready:
            reports = [each.grade(ready, wanted.seed, progress, explain=wanted.explain) for each in submissions.each]
    except SandboxUnusable as error:
        raise CannotMeasure(f"nothing was graded: {error.why}", remedy=error.remedy) from None
    return RepositoryReport(reports=tuple(reports)) if submissions.several else reports[0]


def _backend(name: str | None) -> Backend:
    from sandbox.backends import DEFAULT, backend_named

    try:
        return backend_named(name or DEFAULT)
    except ValueError as error:
        raise WrongCall(f"--backend: {error}.") from None


def _status(report: Report | RepositoryReport, fail_under: float | None) -> Status:
    """The worst of all reports: not measured, rejected, below the threshold."""
    from grader.model import Report, ReportStatus

    reports = (report,) if isinstance(report, Report) else report.reports
    if any(_unmeasured(each) for each in reports):
        click.echo("grader: not everything could be measured; `grader doctor` says what this machine lacks.", err=True)
        return Status.UNMEASURED
    if any(each.status is ReportStatus.REJECTED for each in reports):
        return Status.WRONG
    if fail_under is not None and any(each.percent < fail_under for each in reports):
        return Status.BELOW
    return Status.GRADED


def _unmeasured(report: Report) -> bool:
    """Whether anything is missing that a machine should have measured. What a person marks comes later."""
    from grader.model import Kind, MarkStatus

    return any(each.status is MarkStatus.NOT_MEASURED and each.kind is not Kind.REVIEW for each in report.criteria)
