"""What was lost, criterion by criterion: broken promises, findings beside the candidate's own line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.model import Mark, MarkStatus, Promise, Report, Severity
from grader.report.abridged import abridged, first
from grader.report.figures import marked
from grader.report.promises import beside_promises, broken
from grader.report.terminal.finding import STEP, TAB, advice, finding_lines, hanging, indented, source_line
from grader.report.terminal.style import MARKS, PROMISES
from grader.report.visible import one_line


def losses(report: Report) -> RenderableType:
    """A block for each criterion that was not earned in full, or that has something to say."""
    blocks = [_block(mark, report.sources) for mark in report.criteria if _has_news(mark)]
    return Group(*(Padding(block, (1, 0, 0, 0)) for block in blocks))


def _has_news(mark: Mark) -> bool:
    return mark.status is not MarkStatus.EARNED or any(each.severity is not Severity.NOTE for each in mark.findings)


def _block(mark: Mark, sources: dict[str, str]) -> RenderableType:
    return Group(_heading(mark), *_promises(mark, sources), *_findings(mark, sources))


def _heading(mark: Mark) -> RenderableType:
    sign, style = MARKS[mark.status]
    title = Text.assemble((one_line(mark.title), f"bold {style}"), f": {marked(mark)}")
    heading = hanging(Text(sign, style=style), title, by=0)
    return Group(heading, indented(Text(one_line(mark.reason)))) if mark.reason else heading


def _promises(mark: Mark, sources: dict[str, str]) -> Iterator[RenderableType]:
    unkept = broken(mark)
    if mark.promises and mark.status is not MarkStatus.NOT_MEASURED:
        kept = len(mark.promises) - len(unkept)
        yield indented(Text(f"{kept} of {len(mark.promises)} promises kept", style="dim"))
    for promise in first(unkept):
        yield from _promise(promise, sources)
    yield from _more(len(unkept) - len(first(unkept)))


def _findings(mark: Mark, sources: dict[str, str]) -> Iterator[RenderableType]:
    shown, missing = abridged(beside_promises(mark))
    for finding in shown:
        yield from finding_lines(finding, sources)
    yield from _more(missing)


def _more(missing: int) -> Iterator[RenderableType]:
    if missing:
        yield indented(Text(f"… and {missing} more; --format json lists all of them", style="dim"))


def _promise(promise: Promise, sources: dict[str, str]) -> Iterator[RenderableType]:
    sign, style = PROMISES[promise.outcome]
    yield hanging(Text(sign, style=style), Text(one_line(promise.text or promise.id)))
    if promise.reason:
        yield indented(Text(one_line(promise.reason), style="dim"), by=2 * STEP)
    if promise.file and promise.line:
        yield indented(Text(f"{one_line(promise.file)}:{promise.line}", style="bold"), by=2 * STEP)
        yield from source_line(sources.get(promise.file, ""), promise.line, None)
    yield from advice(promise.hint)
    if promise.detail:
        for text in (promise.detail.counterexample, promise.detail.trace):
            if text.strip():
                yield indented(Text(text.rstrip().expandtabs(TAB), style="dim"), by=3 * STEP)
