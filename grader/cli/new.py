"""`grader new`: scaffold a challenge with all its parts, for its author to fill in."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from grader.cli.status import ExitStatus


@click.command("new")
@click.argument("name", metavar="AREA/SLUG")
@click.option(
    "--in",
    "root",
    type=click.Path(path_type=Path),
    default=Path("challenges"),
    show_default=True,
    metavar="DIR",
    help="The folder of challenges; the new challenge is written to DIR/AREA/SLUG.",
)
def command(*, name: str, root: Path) -> int:
    """Scaffold a challenge that already passes `grader verify`'s form check."""
    from grader.authoring.scaffold import named, scaffold

    challenge = named(name)
    folder = scaffold(challenge, root)
    click.echo(
        f"{folder} is ready. Write the brief, {folder}/README.md, then the solution, the probe and the hidden suite.\n"
        f"docs/guide/author.md explains every step. To check your progress, run:\n\n"
        f"    grader verify {challenge.slug} --quick --challenges {shlex.quote(str(root))}\n"
    )
    return ExitStatus.GRADED
