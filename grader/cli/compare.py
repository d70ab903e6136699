"""`grader compare`: show the points won and lost between two stored reports."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import stored
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view


@click.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["terminal", "markdown", "json"]), default="terminal")
@click.option("--fail-on-loss", is_flag=True, help="Exit with status 1 if any challenge has fewer points than before.")
def command(*, old: Path, new: Path, format_: str, fail_on_loss: bool) -> int:
    """Compare the marks and promises of two reports, OLD and NEW, each a record or a JSON report."""
    from grader.store.codec import each
    from grader.store.compare import compare
    from grader.store.difference_text import as_json, as_markdown, as_text

    differences = compare(each(stored.read(old).report), each(stored.read(new).report))
    match format_:
        case "terminal":
            shown = as_text(differences, view().width)
        case "markdown":
            shown = as_markdown(differences)
        case _:
            shown = as_json(differences)
    click.echo(shown, nl=False)
    lost = any(difference.gain < 0 for difference in differences if difference.after is not None)
    return ExitStatus.BELOW if fail_on_loss and lost else ExitStatus.GRADED
