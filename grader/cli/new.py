"""`grader new`: a challenge that is complete in form, for its author to fill in."""

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
    help="The folder of challenges; it becomes DIR/AREA/SLUG.",
)
def command(*, name: str, root: Path) -> int:
    """Scaffold a challenge that already passes `grader verify`'s form check."""
    from grader.authoring.scaffold import named, scaffold

    challenge = named(name)
    folder = scaffold(challenge, root)
    click.echo(
        f"{folder} is ready. The brief comes first: {folder}/README.md; then solution, probe and hidden suite.\n"
        f"docs/guide/author.md goes through it step by step. See how far you are:\n\n"
        f"    grader verify {challenge.slug} --quick --challenges {shlex.quote(str(root))}\n"
    )
    return ExitStatus.GRADED
