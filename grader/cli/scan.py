"""`grader scan`: which of the framework's skills a repository's code shows, where, and with what quality."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.output import PLACEHOLDER, deliver, targets
from grader.cli.progress import watched
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view


@click.command("scan")
@click.argument("repository", metavar="REPO", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["terminal", "json", "markdown"]),
    help="The scan's format. Default: inferred from the extension of --output, otherwise terminal. May be repeated; "
    "see --output.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Where to write the --format in the same position; `-`, or no FILE, means stdout. "
    f"One FILE with {PLACEHOLDER} in its name serves all formats. A file that is not a scan is never overwritten.",
)
@click.option(
    "--places",
    type=click.IntRange(0, 20),
    default=1,
    show_default=True,
    help="How many places to show for each skill in the terminal.",
)
@click.option("--deep", is_flag=True, help="Run mypy --strict as well, which may take minutes.")
@click.option(
    "--jobs", type=click.IntRange(1, 16), default=2, show_default=True, help="How many sandboxes to use at a time."
)
@click.option(
    "--timeout",
    type=click.FloatRange(1, 86_400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="The time limit; files that are not reached in time count as not read.",
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
def command(
    *,
    repository: Path,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    places: int,
    deep: bool,
    jobs: int,
    timeout: float,
    backend: str | None,
) -> int:
    """Scan REPO, a folder or an archive, for the 27 skills of the assessment: where each is seen, and how strongly.

    Only text is read, in a sandbox; none of the repository's code runs. A scan is evidence, not proof: no rating comes
    from it alone.
    """
    from grader.assess.grader import Grader
    from grader.portfolio.scan.scan_output import rendered, require_ours
    from grader.portfolio.scan.scanning import scan

    written = targets(formats, outputs)
    for target in written:
        if target.path is not None:
            require_ours(target.path)
    with watched("listing the files") as say:
        result = scan(repository, Grader(backend).backend, workers=jobs, timeout=timeout, deep=deep, say=say)
    look = view()
    for target in written:
        deliver(rendered(result, target.format, look, places=places), target)
    return ExitStatus.GRADED
