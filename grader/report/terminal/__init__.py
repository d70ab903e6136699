"""The report for people in a shell: score and level, the rubric, what was lost and what to do about it.

It reads the same at 80 columns, without colour and in a file: colour only repeats what a sign or a word already says.
Text from the submission becomes `rich.text.Text`, never console markup, so that nothing in it is obeyed.
"""

from __future__ import annotations

import io

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from grader.model import Report, ReportStatus, RepositoryReport
from grader.report.terminal.losses import first_of_all, losses
from grader.report.terminal.notices import foot, notices, reviews
from grader.report.terminal.repository import overview
from grader.report.terminal.rubric import headline, rubric
from grader.report.view import View
from grader.report.visible import without_commands

WIDEST = 120
NARROWEST = 40


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return plain text, or text with ANSI colours when the view asks for them."""
    if isinstance(report, Report):
        return printed(_one(report, view), view)
    if len(report.reports) != 1:
        ruled = [Group(Text(), Rule(style="dim"), _one(single, view)) for single in report.reports if not view.quiet]
        return printed(Group(overview(report), *ruled), view)
    return printed(_one(report.reports[0], view), view)


def printed(content: RenderableType, view: View) -> str:
    """Render `content` with rich, regardless of the environment."""
    sheet = io.StringIO()
    console = Console(
        file=sheet,
        width=max(NARROWEST, min(view.width, WIDEST)),
        height=100,
        force_terminal=view.colour,
        color_system="standard" if view.colour else None,
        no_color=not view.colour,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(content)
    return without_commands("\n".join(line.rstrip() for line in sheet.getvalue().splitlines()) + "\n")


def _one(report: Report, view: View) -> RenderableType:
    if report.status is ReportStatus.REJECTED:  # the reason comes first, and there is no score to show
        return Group(headline(report), notices(report), reviews(report), foot(report))
    head = (headline(report), first_of_all(report), rubric(report))
    if view.quiet:
        return Group(*head, foot(report, quiet=True))
    if view.only:
        return Group(*head, losses(report, only=view.only), foot(report))
    return Group(*head, losses(report), reviews(report), notices(report), foot(report))
