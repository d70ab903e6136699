"""`grader flaw`: work on the known mistakes of a challenge."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.errors import UserError

NAME = re.compile(r"[a-z0-9_]*[a-z0-9][a-z0-9_]*")


@click.group("flaw")
def command() -> None:
    """Work on the known mistakes of a challenge."""


@command.command("edit")
@click.argument("slug")
@click.argument("name", metavar="NAME")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@challenges.option
def edit(slug: str, name: str, folder: Path | None, roots: tuple[Path, ...]) -> int:
    """Lay out a known mistake in DIR for editing; run the command again to write it back as a patch.

    NAME is CRITERION/MISTAKE; or slips/SLIP, a slip by somebody who has the skill; or without_skill, a submission that
    works but lacks the skill. Anything that does not exist yet starts as a copy of the solution. DIR is SLUG--MISTAKE
    by default, and is removed once the patch is written.
    """
    from grader.authoring.flaw import HEAD, lay_out, write_back
    from grader.challenges.challenge import ChallengeError
    from grader.challenges.samples import WITHOUT_SKILL

    _, slash, mistake = name.rpartition("/")
    if name != WITHOUT_SKILL and (not slash or not NAME.fullmatch(mistake)):
        raise UserError(
            f"{name!r} is not a mistake's name. Use CRITERION/MISTAKE, in lower-case letters, digits and `_`."
        )
    challenge = challenges.find(challenges.written(roots), slug)
    target = folder or Path(f"{challenge.slug}--{mistake}")
    here = shlex.quote(str(target))
    try:
        if (target / HEAD).is_file():
            written = write_back(challenge, name, target)
            shutil.rmtree(target)
            check = "flawed" if written.parent.parent.name == "flawed" else "levels"
            click.echo(
                f"Wrote {written}. To check its claim, run:\n\n    grader verify {challenge.slug} --only {check}\n"
            )
            return ExitStatus.GRADED
        if target.exists():
            raise UserError(
                f"{target} already exists but contains no {HEAD}, so no mistake is laid out there. "
                "Choose another folder."
            )
        problem = lay_out(challenge, name, target)
    except ChallengeError as error:
        raise UserError(str(error)) from None
    if problem:
        click.echo(f"{problem}\nThe solution is in {here}, with the old patch beside it.\n", err=True)
    click.echo(
        f"Make the mistake in {here} and say in {here}/{HEAD} what people get wrong. Then run this command again."
    )
    return ExitStatus.GRADED
