"""`grader report`: render a stored report in any format, without grading again."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import stored
from grader.cli.output import PLACEHOLDER, deliver, targets
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import RECORD, shown, view
from grader.errors import UserError
from grader.report import FORMATS, Audience


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, type=click.Choice([*FORMATS, RECORD]), help="Default: terminal.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help=f"As for `grader grade`: one FILE for each --format, or one with {PLACEHOLDER} in its name.",
)
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in Audience]),
    default=Audience.CANDIDATE.value,
    help="`reviewer` shows hidden tests, drawn inputs and traces, if the stored report has them.",
)
def command(*, file: Path, formats: tuple[str, ...], outputs: tuple[str, ...], audience: str) -> int:
    """Render FILE again: a record, or a report that `--format json` wrote."""
    places = targets(formats, outputs)
    found = stored.read(file, whole=audience == Audience.REVIEWER.value)
    if RECORD in formats and not found.is_record:
        raise UserError(str(file), "this is a view, from which no record can be made", "Choose another --format")
    for target in places:
        deliver(shown(found.report, target.format, view(Audience(audience))), target)
    return ExitStatus.GRADED
