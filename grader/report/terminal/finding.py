"""A finding in the terminal: severity, place, message, the candidate's own line with a caret below it, and advice."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model import Finding
from grader.report.terminal.style import FINDINGS, place
from grader.report.visible import one_line

TAB = 4
STEP = 2
"""The number of columns by which each level is indented."""


def finding_lines(finding: Finding, sources: dict[str, str]) -> Iterator[RenderableType]:
    """Yield the finding, its source line if it is known, and its remedy."""
    word, style = FINDINGS[finding.severity]
    where = place(finding)
    text = Text(one_line(finding.message.removeprefix(f"{finding.file}: ")))
    yield hanging(Text(word, style=style), Text.assemble((f"{where} ", "bold"), text) if where else text)
    if finding.file and finding.line:
        yield from source_line(sources.get(finding.file, ""), finding.line, finding.column)
    yield from advice(finding.help)


def advice(help_: str) -> Iterator[RenderableType]:
    """Yield a finding's remedy, after an arrow."""
    if help_.strip():
        yield hanging(Text("→", style="cyan"), Text(one_line(help_)), by=2 * STEP)


def source_line(source: str, line: int, column: int | None) -> Iterator[RenderableType]:
    """Yield one line of a file with its number, and a caret below the column."""
    lines = source.split("\n")
    if not 0 < line <= len(lines) or not lines[line - 1].strip():
        return
    code = lines[line - 1]
    gutter = f"{line:>6} │ "
    text = Text.assemble((gutter, "dim"), code.expandtabs(TAB), no_wrap=True, overflow="ellipsis")
    yield text
    if column and column <= len(code):
        before = len(code[: column - 1].expandtabs(TAB))
        yield Text(" " * (len(gutter) - 2) + "│ " + " " * before + "^", style="dim", no_wrap=True, overflow="crop")


def indented(content: RenderableType, *, by: int = STEP) -> RenderableType:
    """Return the content, indented by `by` columns."""
    return Padding(content, (0, 0, 0, by))


def hanging(head: Text, body: Text, *, by: int = STEP) -> RenderableType:
    """Lay the body out as a hanging indent after the head."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, body)
    return indented(grid, by=by)
