"""What was lost, criterion by criterion: broken promises, findings beside the candidate's own line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model import Finding, Mark, MarkStatus, Promise, Report, Severity
from grader.report.figures import marked
from grader.report.promises import beside_promises, broken
from grader.report.terminal.style import FINDINGS, MARKS, PROMISES, advice, place
from grader.report.visible import one_line

MOST = 12
"""Entries shown of each kind and criterion; the rest is counted."""
TAB = 4


def losses(report: Report) -> RenderableType:
    """A block for each criterion that was not earned in full, or that has something to say."""
    blocks = [_block(mark, report.sources) for mark in report.criteria if _has_news(mark)]
    return Group(*(Padding(block, (1, 0, 0, 0)) for block in blocks))


def _has_news(mark: Mark) -> bool:
    return mark.status is not MarkStatus.EARNED or any(each.severity is not Severity.NOTE for each in mark.findings)


def _block(mark: Mark, sources: dict[str, str]) -> RenderableType:
    sign, style = MARKS[mark.status]
    lines: list[RenderableType] = [
        Text.assemble((f"{sign} {one_line(mark.title)}", f"bold {style}"), f": {marked(mark)}")
    ]
    if mark.reason:
        lines.append(_indented(Text(one_line(mark.reason))))
    unkept, findings = broken(mark), beside_promises(mark)
    if mark.promises and mark.status is not MarkStatus.NOT_MEASURED:
        kept = len(mark.promises) - len(unkept)
        lines.append(_indented(Text(f"{kept} of {len(mark.promises)} promises kept", style="dim")))
    lines += [part for promise in unkept[:MOST] for part in _promise(promise, sources)]
    lines += _more(unkept)
    lines += [part for finding in findings[:MOST] for part in finding_lines(finding, sources)]
    lines += _more(findings)
    return Group(*lines)


def _more(entries: Sequence[Promise | Finding]) -> list[RenderableType]:
    missing = len(entries) - MOST
    return (
        [_indented(Text(f"… and {missing} more; --format json lists all of them", style="dim"))] if missing > 0 else []
    )


def _promise(promise: Promise, sources: dict[str, str]) -> Iterator[RenderableType]:
    sign, style = PROMISES[promise.outcome]
    yield _hanging(sign, style, Text(one_line(promise.text or promise.id)))
    if promise.reason:
        yield _indented(Text(one_line(promise.reason), style="dim"), by=4)
    if promise.file and promise.line:
        yield _indented(Text(f"{one_line(promise.file)}:{promise.line}", style="bold"), by=4)
        yield from _source_line(sources.get(promise.file, ""), promise.line, None)
    hint = advice(promise.hint)
    if hint:
        yield _indented(hint, by=4)
    if promise.detail:
        for text in (promise.detail.counterexample, promise.detail.trace):
            if text.strip():
                yield _indented(Text(text.rstrip().expandtabs(TAB), style="dim"), by=6)


def finding_lines(finding: Finding, sources: dict[str, str]) -> Iterator[RenderableType]:
    """A finding: severity, place, message, the source line it points at, and what to do."""
    word, style = FINDINGS[finding.severity]
    where = place(finding)
    text = Text(one_line(finding.message.removeprefix(f"{finding.file}: ")))
    yield _hanging(word, style, Text.assemble((f"{where} ", "bold"), text) if where else text)
    if finding.file and finding.line:
        yield from _source_line(sources.get(finding.file, ""), finding.line, finding.column)
    hint = advice(finding.help)
    if hint:
        yield _indented(hint, by=4)


def _source_line(source: str, line: int, column: int | None) -> Iterator[RenderableType]:
    lines = source.split("\n")
    if not 0 < line <= len(lines) or not lines[line - 1].strip():
        return
    code = lines[line - 1]
    gutter = f"{line:>6} │ "
    text = code.expandtabs(TAB)
    yield Text(gutter, style="dim", end="", no_wrap=True, overflow="ellipsis").append(text).append("\n")
    if column and column <= len(code):
        before = len(code[: column - 1].expandtabs(TAB))
        yield Text(" " * (len(gutter) - 2) + "│ " + " " * before + "^", style="dim", no_wrap=True, overflow="crop")


def _indented(content: RenderableType, *, by: int = 2) -> RenderableType:
    return Padding(content, (0, 0, 0, by))


def _hanging(head: str, style: str, body: Text) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(head, style=style), body)
    return _indented(grid)
