"""The table above the reports of a whole repository: one row a challenge."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.model import Report, ReportStatus, RepositoryReport
from grader.report.figures import level, number
from grader.report.terminal.style import STATUSES, bar
from grader.report.visible import one_line

BAR = 20


def overview(repository: RepositoryReport) -> RenderableType:
    """What was found and how each ended."""
    count = len(repository.reports)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(width=BAR)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for report in repository.reports:
        table.add_row(*_row(report))
    title = Text(f"{count} challenge{'' if count == 1 else 's'}", style="bold")
    return Group(title, table)


def _row(report: Report) -> tuple[Text, Text, Text, Text]:
    name = Text(one_line(f"{report.challenge.area.value}/{report.challenge.slug}"))
    word, style = STATUSES[report.status]
    if report.status is ReportStatus.GRADED:
        ending = Text(level(report))
        return (
            name,
            bar(report.score, report.max_score, width=BAR, style=style),
            Text(f"{number(report.percent)} %"),
            ending,
        )
    return name, Text("░" * BAR, style="dim"), Text("-"), Text(word, style=style)
