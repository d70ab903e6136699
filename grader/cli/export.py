"""`grader export`: write the public parts of challenges, for a repository that candidates see."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.errors import UserError


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@challenges.option
def command(*, folder: Path, slugs: tuple[str, ...], roots: tuple[Path, ...]) -> int:
    """Write the brief, starter, contract and rubric of every challenge, or of the named ones, into DIR, a new
    folder.
    """
    from grader.authoring.export import export
    from grader.challenges.challenge import Challenge

    catalogue = challenges.written(roots)
    found = [challenges.find(catalogue, slug) for slug in slugs]
    for entry in () if slugs else catalogue.load_all():
        if not isinstance(entry, Challenge):
            raise UserError(entry.error)
        found.append(entry)
    export(found, folder)
    click.echo(f"Exported {len(found)} challenges to {folder}, without the parts that candidates must not see.")
    return ExitStatus.GRADED
