"""The dashboard above the reports of a whole repository: progress by area and skill, then one row per challenge."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.framework import AreaProgress, Progress, Standing, progress
from grader.model import Report, ReportStatus, RepositoryReport
from grader.report.figures import level, number
from grader.report.findings_view import skills_with_challenge
from grader.report.terminal.finding import indented
from grader.report.terminal.style import STATUSES, TerminalSign, bar
from grader.report.visible import one_line

BAR = 20
SKILL = 27
"""The columns that a skill takes up in the grid; the longest name fits."""
STANDINGS = {
    Standing.DEMONSTRATED: TerminalSign("✓", "green"),
    Standing.PARTIAL: TerminalSign("~", "yellow"),
    Standing.MISSING: TerminalSign("·", "dim"),
    Standing.NO_CHALLENGE: TerminalSign("-", "dim"),
}


def overview(repository: RepositoryReport) -> RenderableType:
    """Show the progress that the repository demonstrates, and the result of each challenge."""
    so_far = progress(repository.reports, skills_with_challenge(repository))
    return Group(_headline(so_far), Padding(_areas(so_far), (1, 0)), _challenges(repository))


def _headline(so_far: Progress) -> RenderableType:
    words = Text.assemble((f"{so_far.demonstrated} of {so_far.gradable} skills demonstrated", "bold"))
    words.append(f" · {number(so_far.percent)} % of {so_far.whole}")
    words.append(f" · {so_far.level_words}")
    signs = f"{STANDINGS[Standing.NO_CHALLENGE].sign} {so_far.no_challenge_words}" if so_far.without_challenge else ""
    below = [so_far.next_level, signs, f"Badges: {', '.join(so_far.badges)}" if so_far.badges else ""]
    return Group(words, *(Text(line) for line in below if line))


def _areas(so_far: Progress) -> RenderableType:
    widest = max(len(area.competency.title) for area in so_far.areas)
    lines: list[RenderableType] = []
    for area in so_far.areas:
        line = Text(f"{area.competency.title:<{widest}}  ", style="bold")
        line.append_text(bar(area.percent, 100.0, width=BAR, style="cyan"))
        line.append(f"{area.percent:>4.0f} %" if area.has_challenges else "  no challenge yet", style="")
        lines += [line, indented(_skills(area))]
    return Group(*lines)


def _skills(area: AreaProgress) -> RenderableType:
    cells = []
    for skill in area.skills:
        sign, style = STANDINGS[skill.standing]
        cells.append(Text(f"{sign} {skill.skill}", style=style, no_wrap=True))
    return Columns(cells, width=SKILL)


def _challenges(repository: RepositoryReport) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(width=BAR)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for report in repository.reports:
        table.add_row(*_row(report))
    return table


def _row(report: Report) -> tuple[Text, Text, Text, Text]:
    name = Text(one_line(report.challenge.name))
    word, style = STATUSES[report.status]
    if report.status is ReportStatus.GRADED:
        score = bar(report.score, report.max_score, width=BAR, style=style)
        return name, score, Text(f"{number(report.percent)} %"), Text(level(report))
    return name, Text("░" * BAR, style="dim"), Text("-"), Text(word, style=style)
