"""`grader list`: list the challenges by area, and say what the author of a broken one has to fix."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show, view
from grader.errors import UserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from grader.challenges.challenge import Challenge


WIDE, NARROW = 110, 70
"""The widths in columns from which a row shows all its parts, or only the slug, title and time; all rows show the same
parts."""


@click.command("list")
@challenges.option
def command(roots: tuple[Path, ...]) -> int:
    """List the challenges, by area."""
    from rich.console import Group

    from grader.challenges.challenge import Challenge

    everything = challenges.written(roots).load_all()
    if not everything:
        raise UserError(
            "no challenges were found. Add a folder of challenges with --challenges DIR or GRADER_CHALLENGES."
        )
    usable = [entry for entry in everything if isinstance(entry, Challenge)]
    broken = [(entry.place.name, entry.error) for entry in everything if not isinstance(entry, Challenge)]
    show(Group(_table(usable), *_broken(broken), *_no_challenge(usable)))
    return ExitStatus.GRADED


def _table(usable: list[Challenge]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    width = view().width
    shown = range(6) if width >= WIDE else (0, 1, 5) if width >= NARROW else (0, 1)
    for place in shown:
        table.add_column(no_wrap=place not in (1, 2))  # a name that is cut cannot be typed
    for number_, (area, members) in enumerate(groupby(usable, key=lambda challenge: challenge.area.value)):
        if number_:
            table.add_row()
        table.add_row(Text(area.capitalize(), style="bold underline"))
        for challenge in members:
            row = _row(challenge)
            table.add_row(*(row[place] for place in shown))
    return table


def _row(challenge: Challenge) -> list[RenderableType]:
    from rich.text import Text

    from grader.challenges.gates import gates
    from grader.report.figures import number

    points = sum(criterion.points for criterion in challenge.manifest.criteria)
    levels = [gate.level.value for gate in gates(challenge.manifest)]
    seconds = challenge.manifest.seconds_to_grade
    reach = f"{min(levels)}-{max(levels)}" if len(set(levels)) > 1 else str(levels[0])
    return [
        Text(f"  {challenge.slug}", style="bold"),
        Text(challenge.manifest.title),
        Text(challenge.manifest.skill),
        Text(f"level {reach}", style="dim"),
        Text(f"{number(points)} points", style="dim"),
        Text(f"about {seconds} s" if seconds else "", style="dim"),  # of grading
    ]


def _no_challenge(usable: Iterable[Challenge]) -> Iterable[RenderableType]:
    """Yield the framework's skills that nobody can be graded on yet, by area."""
    from rich.padding import Padding
    from rich.text import Text

    from grader.framework import no_challenge

    left = no_challenge(challenge.manifest.skill for challenge in usable)
    if left:
        yield Padding(Text("No challenge yet", style="bold underline"), (1, 0, 0, 0))
    for title, skills in left.items():
        yield Padding(Text.assemble((f"{title}: ", ""), (", ".join(skills), "dim")), (0, 0, 0, 2))


def _broken(entries: Iterable[tuple[str, str]]) -> Iterable[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from grader.report.visible import one_line

    for name, error in entries:
        yield Padding(Text(f"{name} cannot be used", style="bold red"), (1, 0, 0, 0))
        yield Padding(Text(one_line(error)), (0, 0, 0, 2))
