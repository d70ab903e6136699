"""`grader grade`: grade one submission, or every challenge found in a repository, into reports and an exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli import challenges, kept
from grader.cli.keys import given_key, new_key_option
from grader.cli.output import PLACEHOLDER, deliver, targets
from grader.cli.progress import followed
from grader.cli.status import status_of
from grader.cli.terminal_view import RECORD, shown, view
from grader.errors import UserError
from grader.model import Feedback
from grader.report import FORMATS, Audience

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport
    from grader.report import View
    from grader.store.compare import Difference

LARGEST_SEED = 2**53 - 1
"""The largest integer that every JSON reader preserves exactly."""


class GradeOptions(NamedTuple):
    """Options for grading, apart from the path."""

    seed: int | None
    backend: str | None
    explain: bool
    feedback: Feedback
    person: str


def person_named(_context: click.Context, _option: click.Parameter, name: str | None) -> str:
    """Return the name given with --to, or "" without the option. Raises UserError if it cannot be a name."""
    from grader.model.person import as_name

    return "" if name is None else as_name(name, "--to")


@click.command("grade")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--challenge", "name", metavar="SLUG", help="The challenge that PATH answers. Default: search PATH for challenges."
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([*FORMATS, RECORD]),
    help="The report's format. Default: inferred from the extension of --output, otherwise terminal. May be repeated; "
    "see --output. `record` keeps everything, whatever the audience.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Where to write the --format in the same position; `-`, or no FILE, means stdout. "
    f"One FILE with {PLACEHOLDER} in its name serves all formats.",
)
@click.option(
    "--changed-since",
    "since",
    metavar="REF",
    help="Grade what --revision changes since REF, before and after the change.",
)
@click.option(
    "--revision", metavar="REV", default="HEAD", show_default=True, help="With --changed-since, the revision to grade."
)
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), help="An earlier report's seed, to draw the same inputs again."
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with status 1 if a report is below this percentage.",
)
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in Audience]),
    default=Audience.CANDIDATE.value,
    help="The report's audience: `reviewer` adds hidden tests, drawn inputs and traces. Default: candidate.",
)
@click.option(
    "--feedback",
    type=click.Choice([feedback.value for feedback in Feedback]),
    default=Feedback.PRACTICE.value,
    show_default=True,
    help="What a candidate sees of a broken promise: in `practice`, a failing example, what came back and what was "
    "promised; in an `exam`, the promise and its hint.",
)
@click.option("--quiet", is_flag=True, help="In the terminal: show only the score and the rubric.")
@click.option(
    "--only",
    multiple=True,
    metavar="CRITERION",
    help="In the terminal: show only what was lost on this criterion. May be repeated.",
)
@click.option(
    "--to",
    "person",
    metavar="NAME",
    callback=person_named,
    help="Whose submission this is: a report that names nobody counts for no certificate and no badge.",
)
@click.option(
    "--portfolio",
    "portfolio",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also keep each report in this portfolio, for `grader plan` and `grader portfolio`.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Sign what --portfolio keeps with this private key, as whoever graded it.",
)
@new_key_option
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
    feedback: str,
    quiet: bool,
    only: tuple[str, ...],
    person: str,
    portfolio: Path | None,
    key: Path | None,
    new_key: Path | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade PATH: one submission, or every challenge folder found in a repository.

    A challenge folder is named after its challenge, or listed in the repository's grader.toml.

    With --changed-since, PATH is a git repository: every answer that differs from the merge base with REF is graded
    before and after the change. Files are read from the revisions (nothing is checked out), and the base's
    configuration applies.
    """
    places = targets(formats, outputs)
    private = _signing_key(key, new_key, portfolio)
    for_all = Feedback(feedback) is Feedback.PRACTICE or audience == Audience.REVIEWER.value or RECORD in formats
    options = GradeOptions(seed=seed, backend=backend, explain=for_all, feedback=Feedback(feedback), person=person)
    look = view(Audience(audience), quiet=quiet, only=only)
    if since is not None:
        change, difference = _changed(path, name, roots, options, since=since, revision=revision)
        for target in places:
            deliver(_of_change(change, difference, since, target.format, look), target)
        if portfolio is not None:
            kept.keep(portfolio, change, private)
        return status_of(change, fail_under)
    report = _graded(path, name, roots, options, only=only)
    news = _news(report, look) if seed is None else ""  # otherwise it is not a further attempt
    for target in places:
        deliver((news if target.format == "terminal" else "") + shown(report, target.format, look), target)
    if portfolio is not None:
        kept.keep(portfolio, report, private)
    return status_of(report, fail_under)


def _signing_key(key: Path | None, new_key: Path | None, portfolio: Path | None) -> bytes | None:
    """Return the key that signs what the portfolio keeps; None if none is to. Raises UserError."""
    if (key or new_key) and portfolio is None:
        raise UserError("--key signs the reports that a portfolio keeps, and none is named. Add --portfolio DIR.")
    return given_key(key, new_key)


def _changed(
    path: Path, name: str | None, roots: Sequence[Path], options: GradeOptions, *, since: str, revision: str
) -> tuple[RepositoryReport, Sequence[Difference]]:
    """Grade what a change touches, before and after, under one seed, so that every difference is due to the change."""
    from grader.assess.find import find_changed
    from grader.assess.grader import Grader
    from grader.assess.pipeline import fresh_seed
    from grader.model import RepositoryReport
    from grader.store.compare import compare

    ready = Grader(options.backend)
    catalogue = challenges.known(roots)
    pairs = find_changed(path, since, revision, catalogue, only=name)
    seed = fresh_seed() if options.seed is None else options.seed
    after: list[Report] = []
    difference: list[Difference] = []
    with ready.expecting(2 * len(pairs)) as grader, followed("starting the sandbox") as progress:
        for pair in pairs:
            report = grader.grade(
                pair.after,
                seed=seed,
                explain=options.explain,
                feedback=options.feedback,
                person=options.person,
                progress=progress,
            )
            before = []
            if pair.before is not None:
                before.append(grader.grade(pair.before, seed=seed, explain=False, progress=progress))
            after.append(report)
            difference += compare(before, [report])
    return RepositoryReport(reports=tuple(after), skills_with_challenge=catalogue.skills()), difference


def _of_change(report: RepositoryReport, difference: Sequence[Difference], since: str, format_: str, look: View) -> str:
    """Render the report of a change; in the formats that people read, the differences come first."""
    from grader.report.markdown import words
    from grader.store.difference_text import as_markdown, as_text

    if format_ == "terminal":
        if not difference:
            return f"No challenge has changed since {since}: there is nothing to grade.\n"
        return f"Since the base:\n{as_text(difference, look.width)}\n{shown(report, format_, look)}"
    if format_ == "markdown":
        if not difference:
            return f"No challenge has changed since {words(since)}: there is nothing to grade.\n"
        return f"### Since the base\n\n{as_markdown(difference)}\n{shown(report, format_, look)}"
    return shown(report, format_, look)


def _news(report: Report | RepositoryReport, look: View) -> str:
    """Return what changed since the last grading of the same folder, and remember this grading instead of that one."""
    from grader.model import ReportStatus
    from grader.store import last
    from grader.store.codec import each
    from grader.watch.telling import since

    told = ""
    for single in each(report):
        if single.status is not ReportStatus.REJECTED:
            before = last.last(single)
            told += since(before, single, look) if before is not None else ""
            last.keep(single)
    return f"{told}\n" if told else ""


def _graded(
    path: Path, name: str | None, roots: Sequence[Path], options: GradeOptions, *, only: Sequence[str] = ()
) -> Report | RepositoryReport:
    from grader.assess.find import find
    from grader.assess.grader import Grader
    from grader.model import RepositoryReport

    ready = Grader(options.backend)
    catalogue = challenges.known(roots)
    found = find(path, catalogue, only=name)
    challenges.require_criteria(only, catalogue, [assignment.challenge.name for assignment in found.each])
    with ready.expecting(len(found.each)) as grader, followed("starting the sandbox") as progress:
        reports = [
            grader.grade(
                assignment,
                seed=options.seed,
                explain=options.explain,
                feedback=options.feedback,
                person=options.person,
                progress=progress,
            )
            for assignment in found.each
        ]
    if found.several:
        return RepositoryReport(reports=tuple(reports), skills_with_challenge=catalogue.skills())
    return reports[0]
