"""`grader list`: the challenges, by area; a broken one with what its author has to mend."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.screen import show
from grader.cli.status import Status, WrongCall

if TYPE_CHECKING:
    from rich.console import RenderableType

    from grader.challenge import Challenge


@click.command("list")
@challenges.option
def command(roots: tuple[Path, ...]) -> int:
    """List the challenges, by area."""
    from rich.console import Group

    from grader.challenge import Challenge

    everything = challenges.known(roots).load_all()
    if not everything:
        raise WrongCall("no challenge was found. Add a folder of them with --challenges DIR or GRADER_CHALLENGES.")
    usable = [each for each in everything if isinstance(each, Challenge)]
    areas = [_area(area, list(members)) for area, members in groupby(usable, key=lambda each: each.area.value)]
    broken = [(each.place.name, each.error) for each in everything if not isinstance(each, Challenge)]
    show(Group(*areas, *_broken(broken)))
    return Status.GRADED


def _area(area: str, members: list[Challenge]) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from grader.report.figures import number

    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for each in members:
        points = sum(criterion.points for criterion in each.manifest.criteria)
        levels = [rule.level.value for rule in each.manifest.levels]
        reach = f"{min(levels)}-{max(levels)}" if len(set(levels)) > 1 else str(levels[0])
        table.add_row(
            Text(each.slug, style="bold"),
            Text(each.manifest.title),
            Text(each.manifest.skill),
            Text(f"level {reach}", style="dim"),
            Text(f"{number(points)} points", style="dim"),
        )
    return Padding(Group(Text(area.capitalize(), style="bold underline"), table), (0, 0, 1, 0))


def _broken(entries: Iterable[tuple[str, str]]) -> Iterable[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from grader.report.visible import one_line

    for name, error in entries:
        yield Text.assemble((f"{name} cannot be used", "bold red"))
        yield Padding(Text(one_line(error)), (0, 0, 1, 2))
