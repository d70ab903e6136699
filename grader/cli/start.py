"""`grader start`: copy the starter and the brief into a new folder, as a whole or not at all."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, kept
from grader.cli.status import ExitStatus

if TYPE_CHECKING:
    from grader.challenges.challenge import Challenge


@click.command("start")
@click.argument("slug")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@kept.option
@challenges.option
def command(*, slug: str, folder: Path | None, root: Path, roots: tuple[Path, ...]) -> int:
    """Copy a challenge's starter and brief into DIR, a new folder (default: the challenge's name).

    If a portfolio has a report on the challenge, what the last one lost stands on top of the brief, with your notes.
    """
    from grader.challenges.starting_point import lay_out

    challenge = challenges.find(challenges.known(roots), slug)
    target = folder or Path(challenge.slug)
    lay_out(challenge, target, on_top=_last_losses(challenge, root))
    here = shlex.quote(str(target))
    files = ", ".join(challenge.manifest.modules)
    click.echo(
        f"{challenge.manifest.title} is in {here}.\n"
        f"Read {here}/README.md, write {files}, then run this to check your progress:\n\n"
        f"    grader grade {here} --challenge {challenge.slug}{_kept_in(root)}\n"
    )
    return ExitStatus.GRADED


def _kept_in(root: Path) -> str:
    """Return the option that keeps the report, if there is a portfolio to keep it in."""
    return f" --portfolio {shlex.quote(str(root))}" if root.is_dir() else ""


def _last_losses(challenge: Challenge, root: Path) -> str:
    """Return what the portfolio's last report on the challenge lost; empty without one."""
    from grader.portfolio.history import last_report
    from grader.portfolio.losses import as_markdown

    place = kept.folder(root)
    if not place.root.is_dir():
        return ""
    found = kept.state(root)
    kept.status(found)
    last = last_report(found.reports, challenge.name)
    return as_markdown(last, found.journal.about(challenge.manifest.skill)) if last else ""
