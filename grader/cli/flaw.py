"""`grader flaw`: the known mistakes of a challenge."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import click

from grader.cli import challenges
from grader.cli.status import Status
from grader.errors import UserError


@click.group("flaw")
def command() -> None:
    """Work on the known mistakes of a challenge."""


@command.command("edit")
@click.argument("slug")
@click.argument("name", metavar="CRITERION/MISTAKE")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@challenges.option
def edit(slug: str, name: str, folder: Path | None, roots: tuple[Path, ...]) -> int:
    """Lay a known mistake out in DIR for editing; run again, it is written back as a patch.

    A mistake that does not exist yet begins as the solution. DIR is SLUG--MISTAKE unless you name one; it goes when the
    patch is written.
    """
    from grader.authoring.flaw import HEAD, lay_out, write_back
    from grader.challenges.challenge import ChallengeError

    criterion, slash, mistake = name.partition("/")
    if not slash or not mistake.replace("_", "").isalnum() or mistake != mistake.lower():
        raise UserError(f"{name!r}: a mistake is named CRITERION/MISTAKE, in lower-case letters, digits and `_`.")
    challenge = challenges.find(challenges.written(roots), slug)
    target = folder or Path(f"{challenge.slug}--{mistake}")
    here = shlex.quote(str(target))
    try:
        if (target / HEAD).is_file():
            written = write_back(challenge, criterion, mistake, target)
            shutil.rmtree(target)
            click.echo(
                f"{written} is written. Hold it to its claim:\n\n    grader verify {challenge.slug} --only flawed\n"
            )
            return Status.GRADED
        if target.exists():
            raise UserError(
                f"{target}: it exists and holds no {HEAD}, so nothing was laid out there. Name another folder."
            )
        problem = lay_out(challenge, criterion, mistake, target)
    except ChallengeError as error:
        raise UserError(str(error)) from None
    if problem:
        click.echo(f"{problem}\nThe solution lies in {here}, and the old patch beside it.\n", err=True)
    click.echo(
        f"Make the mistake in {here} and say in {here}/{HEAD} what people get wrong. Then run this command again."
    )
    return Status.GRADED
