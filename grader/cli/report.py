"""`grader report`: a stored JSON report in any format, without grading again."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import stored
from grader.cli.output import PLACEHOLDER, deliver, targets
from grader.cli.screen import view
from grader.cli.status import Status
from grader.report import FORMATS, Audience, render


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, type=click.Choice(list(FORMATS)), help="Default: terminal.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help=f"As for `grader grade`: one for each --format, or one with {PLACEHOLDER} in its name.",
)
@click.option(
    "--audience",
    type=click.Choice([each.value for each in Audience]),
    default=Audience.CANDIDATE.value,
    help="`reviewer` shows hidden tests, drawn inputs and traces, if the stored report has them.",
)
def command(*, file: Path, formats: tuple[str, ...], outputs: tuple[str, ...], audience: str) -> int:
    """Render FILE, a report that `--format json` wrote, again."""
    places = targets(formats, outputs)
    report = stored.read(file)
    for target in places:
        deliver(render(report, target.format, view(Audience(audience))), target)
    return Status.GRADED
