"""The head of the terminal report: challenge, score, level, and the table of criteria."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model import MEASURED_PART, Mark, Report, ReportStatus
from grader.report.figures import level, marked, number, open_part
from grader.report.terminal.style import MARKS, STATUSES, bar
from grader.report.visible import one_line

HEAD_BAR = 40
ROW_BAR = 20


def headline(report: Report) -> RenderableType:
    """Return what a reader looks for first: the challenge, the submission and the result."""
    challenge = report.challenge
    title = Text.assemble(
        (one_line(challenge.title or challenge.skill), "bold"),
        ("  ", ""),
        (f"{challenge.name} {challenge.version}", "dim"),
    )
    lines: list[Text] = [title, Text(one_line(report.submission.path), style="dim"), Text()]
    if report.status is ReportStatus.REJECTED:
        lines.append(Text("Rejected: nothing was graded.", style="bold red"))
        return Group(*lines)
    lines.append(score(report))
    lines.append(bar(report.score, report.max_score, width=HEAD_BAR, style=STATUSES[report.status].style))
    if report.next_level:
        lines.append(Text(one_line(report.next_level)))
    return Group(*lines)


def score(report: Report) -> Text:
    """Show points, percent and level, or the range of points that an incomplete report can still reach."""
    figure = f"{number(report.score)} of {number(report.max_score)} points"
    if report.status is ReportStatus.INCOMPLETE:
        reach = f"{number(report.score)} to {number(report.best_possible)} of {number(report.max_score)} points"
        open_ = open_part(report)
        open_ = open_ if open_ == MEASURED_PART else f"incomplete: {open_}"
        return Text.assemble((reach, "bold"), " · ", (open_, "magenta"))
    return Text.assemble((figure, "bold"), f" · {number(report.percent)} % · ", (level(report), "bold"))


def rubric(report: Report) -> RenderableType:
    """Return a table with one row per criterion."""
    if not report.criteria:
        return Group()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_column(width=ROW_BAR)
    table.add_column(justify="right", no_wrap=True)
    for mark in report.criteria:
        table.add_row(*_row(mark))
    return Padding(table, (1, 0, 0, 0))


def _row(mark: Mark) -> tuple[Text, Text, Text, Text]:
    sign, style = MARKS[mark.status]
    return (
        Text(sign, style=style),
        Text(one_line(mark.title)),
        bar(mark.earned, mark.points, width=ROW_BAR, style=style),
        Text(marked(mark), style=style),
    )
