"""`grader show`: a challenge's brief, its rubric, and what each level asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.screen import show
from grader.cli.status import Status
from grader.errors import UserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from grader.challenges.challenge import Challenge
    from grader.challenges.manifest import LevelRule

FOLLOWS = (
    "Constructs, types, complexity and security follow working code: "
    "they earn their share times twice the share that the hidden tests earn, at most once."
)


@click.command("show")
@click.argument("slug")
@click.option("--contract", is_flag=True, help="Print the uses of the API that have to type-check instead.")
@challenges.option
def command(*, slug: str, contract: bool, roots: tuple[Path, ...]) -> int:
    """Show a challenge's brief with its rubric and levels."""
    from rich.console import Group
    from rich.markdown import Markdown
    from rich.text import Text

    challenge = challenges.find(challenges.written(roots), slug)
    if contract:
        return _print_contract(challenge)
    brief = Markdown(challenge.brief, hyperlinks=False)
    show(Group(brief, Text(), _rubric(challenge), Text(), _levels(challenge), Text(), _next(challenge)))
    return Status.GRADED


def _print_contract(challenge: Challenge) -> int:
    if challenge.contract is None:
        raise UserError(f"{challenge.name}: it has no contract. Its brief says all there is.")
    click.echo(challenge.contract.read_text(encoding="utf-8"), nl=False)
    return Status.GRADED


def _rubric(challenge: Challenge) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from grader.challenges.following import BY_TEXT, followed
    from grader.report.figures import number

    table = Table(
        title="Rubric", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), show_header=False
    )
    if any(criterion.kind in BY_TEXT for criterion in challenge.manifest.criteria):
        table.caption, table.caption_justify, table.caption_style = FOLLOWS, "left", "dim"
    table.add_column(overflow="fold")
    table.add_column(style="dim")
    table.add_column(justify="right", no_wrap=True)
    for criterion in challenge.manifest.criteria:
        table.add_row(Text(criterion.title), Text(criterion.kind.value), Text(number(criterion.points)))
        if criterion.follows:
            names = ", ".join(one.title for one in followed(criterion, challenge.manifest.criteria))
            table.add_row(Text(f"  its share times twice that of {names}, at most once", style="dim"), "", "")
    total = sum(criterion.points for criterion in challenge.manifest.criteria)
    table.add_row(Text("Total", style="bold"), "", Text(number(total), style="bold"))
    return table


def _levels(challenge: Challenge) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    titles = {criterion.id: criterion.title for criterion in challenge.manifest.criteria}
    table = Table(
        title="Levels", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), show_header=False
    )
    for rule in sorted(challenge.manifest.levels, key=lambda rule: rule.level):
        table.add_row(Text(f"{rule.level.value} {rule.level.title}", no_wrap=True), Text(_asks(rule, titles)))
    return table


def _asks(rule: LevelRule, titles: dict[str, str]) -> str:
    from grader.report.figures import number

    asked = f"{number(rule.percent)} %"
    full = [titles.get(name, name) for name in rule.earned]
    return f"{asked}, with every point of: {'; '.join(full)}" if full else asked


def _next(challenge: Challenge) -> RenderableType:
    from rich.text import Text

    begin = Text.assemble("Begin with  ", (f"grader start {challenge.slug}", "bold"))
    if challenge.contract is None:
        return begin
    return begin.append("\nSee the uses that have to type-check with  ").append(
        f"grader show {challenge.slug} --contract", style="bold"
    )
