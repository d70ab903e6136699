"""`grader show`: show a challenge's brief, its rubric, and what each level requires."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show
from grader.errors import UserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from grader.challenges.challenge import Challenge


@click.command("show")
@click.argument("slug")
@click.option("--contract", is_flag=True, help="Print only the uses of the API that must type-check.")
@challenges.option
def command(*, slug: str, contract: bool, roots: tuple[Path, ...]) -> int:
    """Show a challenge's brief with its rubric and levels."""
    from rich.console import Group
    from rich.markdown import Markdown
    from rich.text import Text

    from grader.challenges.terms import terms

    challenge = challenges.find(challenges.written(roots), slug)
    if contract:
        return _print_contract(challenge)
    brief, below = (Markdown(text, hyperlinks=False) for text in (challenge.brief, terms(challenge)))
    show(Group(brief, Text(), _rubric(challenge), Text(), below, Text(), _next(challenge)))
    return ExitStatus.GRADED


def _print_contract(challenge: Challenge) -> int:
    if challenge.contract is None:
        raise UserError(f"{challenge.name} has no contract. The brief describes the whole API.")
    click.echo(challenge.contract.read_text(encoding="utf-8"), nl=False)
    return ExitStatus.GRADED


def _rubric(challenge: Challenge) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from grader.report.figures import number

    table = Table(
        title="Rubric", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), show_header=False
    )
    table.add_column(overflow="fold")
    table.add_column(style="dim")
    table.add_column(justify="right", no_wrap=True)
    for criterion in challenge.manifest.criteria:
        table.add_row(Text(criterion.title), Text(criterion.kind.value), Text(number(criterion.points)))
    total = sum(criterion.points for criterion in challenge.manifest.criteria)
    table.add_row(Text("Total", style="bold"), "", Text(number(total), style="bold"))
    return table


def _next(challenge: Challenge) -> RenderableType:
    from rich.text import Text

    begin = Text.assemble("Begin with  ", (f"grader start {challenge.slug}", "bold"))
    if challenge.contract is None:
        return begin
    return begin.append("\nTo see the uses that must type-check, run  ").append(
        f"grader show {challenge.slug} --contract", style="bold"
    )
