"""The losses, criterion by criterion: broken promises, findings beside the candidate's own line, and remedies.

A cause that several promises wait for is shown once, at the top, and these promises are not listed one by one. While
nothing at all has been earned, only the first cause or broken promise is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.model import Example, Finding, Mark, MarkStatus, Promise, PromiseOutcome, Report, ReportStatus, Severity
from grader.report.abridged import abridged, first
from grader.report.figures import marked
from grader.report.promises import beside_promises, broken, causes, example_lines, lines_of, to_explain
from grader.report.terminal.finding import STEP, TAB, advice, finding_lines, hanging, indented, source_line
from grader.report.terminal.style import MARKS, PROMISES
from grader.report.visible import one_line

LONGEST = 480
"""The length to which each part of an example is shortened, by a cut in its middle."""
MOST = 4000
"""The length to which a part is shortened before that, by a cut at its end."""
FEW = 3
"""The number of promises up to which all are shown even if nothing has been earned."""
BRIEF = "Nothing has been earned yet: start with the losses above. --only CRITERION shows all of a criterion's losses."
SOURCE, UNANALYSABLE = "source.", ".unanalysable"


def first_of_all(report: Report) -> RenderableType:
    """Return the causes that promises wait for, each with its source line and the number of waiting promises."""
    parts: list[RenderableType] = []
    for cause in causes(report):
        parts += finding_lines(cause.finding, report.sources)
        if cause.words:
            parts.append(indented(Text(cause.words, style="bold"), by=2 * STEP))
    return Padding(Group(*parts), (1, 0, 0, 0)) if parts else Group()


def losses(report: Report, *, only: Collection[str] = ()) -> RenderableType:
    """Return a block for each criterion that was not earned in full, or that has a warning or an error."""
    if report.status is ReportStatus.REJECTED:
        return Group()
    marks = [mark for mark in report.criteria if _has_news(mark) and (not only or mark.id in only)]
    told = _Told(report)
    if not only and _nothing_is_earned(report):
        first_promise = [] if causes(report) else [*told.to_begin_with(marks)]
        blocks = [*first_promise, Text(BRIEF, style="dim")]
    else:
        blocks = [block for mark in marks if (block := told.block(mark)) is not None]
    return Group(*(Padding(block, (1, 0, 0, 0)) for block in blocks))


def _has_news(mark: Mark) -> bool:
    return mark.status is not MarkStatus.EARNED or any(
        finding.severity is not Severity.NOTE for finding in mark.findings
    )


def _nothing_is_earned(report: Report) -> bool:
    outcomes = [promise.outcome for mark in report.criteria for promise in mark.promises]
    return len(outcomes) > FEW and PromiseOutcome.NOT_MEASURED not in outcomes and report.score == 0


class _Told:
    """Remembers what has been shown, so that equal findings and equal exceptions are shown only once."""

    def __init__(self, report: Report) -> None:
        self._sources = report.sources
        self._findings: set[Finding] = set()
        self._reasons: set[tuple[str, str | None, int | None]] = set()
        ids = {cause.finding.id for cause in causes(report)}
        self._unread = "import.failed" in ids

    def block(self, mark: Mark) -> RenderableType | None:
        """Return the criterion's block, or None if everything in it was shown above."""
        unkept = to_explain(mark)
        lines = [*self._promises_of(mark, unkept), *self._findings_of(mark)]
        everything_waits = bool(broken(mark)) and not unkept
        if not lines and (everything_waits or (mark.findings and not mark.promises)):
            return None
        return Group(_heading(mark), *lines)

    def to_begin_with(self, marks: Sequence[Mark]) -> Iterator[RenderableType]:
        """Yield the first promise that waits for no cause, below its criterion's heading."""
        for mark in marks:
            for promise in to_explain(mark)[:1]:
                yield Group(_heading(mark), *self._promise(promise))
                return

    def _promises_of(self, mark: Mark, unkept: tuple[Promise, ...]) -> Iterator[RenderableType]:
        if not unkept:
            return
        if mark.status is not MarkStatus.NOT_MEASURED:
            kept = len(mark.promises) - len(broken(mark))
            yield indented(Text(f"{kept} of {len(mark.promises)} promises kept", style="dim"))
        for promise in first(unkept):
            yield from self._promise(promise)
        yield from _more(len(unkept) - len(first(unkept)))

    def _findings_of(self, mark: Mark) -> Iterator[RenderableType]:
        news = []
        for finding in beside_promises(mark):
            same = msgspec.structs.replace(finding, help="")
            follows = self._unread and (finding.id.startswith(SOURCE) or finding.id.endswith(UNANALYSABLE))
            if same not in self._findings and not follows:
                news.append(finding)
            self._findings.add(same)
        shown, missing = abridged(news)
        for finding in shown:
            yield from finding_lines(finding, self._sources)
        yield from _more(missing)

    def _promise(self, promise: Promise) -> Iterator[RenderableType]:
        sign, style = PROMISES[promise.outcome]
        yield hanging(Text(sign, style=style), Text(one_line(promise.text or promise.id)))
        reason = (promise.reason, promise.file, promise.line)
        if promise.file and reason in self._reasons:
            yield indented(Text(f"The same as above: {one_line(promise.reason)}", style="dim"), by=2 * STEP)
            return
        self._reasons.add(reason)
        if promise.reason:
            yield indented(Text(one_line(promise.reason), style="dim"), by=2 * STEP)
        if promise.file and promise.line:
            yield from source_line(self._sources.get(promise.file, ""), promise.line, None)
        if promise.example:
            yield from _example(promise.example, raised=bool(promise.reason))
        yield from advice(promise.hint)
        if promise.detail:
            for text in (promise.detail.counterexample, promise.detail.trace):
                if text.strip():
                    yield indented(Text(text.rstrip().expandtabs(TAB), style="dim"), by=3 * STEP)


def _heading(mark: Mark) -> RenderableType:
    sign, style = MARKS[mark.status]
    title = Text.assemble((one_line(mark.title), f"bold {style}"), f": {marked(mark)}")
    heading = hanging(Text(sign, style=style), title, by=0)
    return Group(heading, indented(Text(one_line(mark.reason)))) if mark.reason else heading


def _more(missing: int) -> Iterator[RenderableType]:
    if missing:
        yield indented(Text(f"… and {missing} more; use --format json to list all of them", style="dim"))


def _example(example: Example, *, raised: bool) -> Iterator[RenderableType]:
    """Show what was asked, received and promised, but leave out what was raised, since the reason already names it."""
    for label, text in example_lines(example):
        if not (raised and label in ("received", "because")):
            *earlier, last = lines_of(label, text)
            lines = [*(one_line(line, longest=LONGEST // 3) for line in earlier), _both_ends(last)]
            yield hanging(Text(f"{label:<8}", style="dim"), Text("\n".join(lines)), by=2 * STEP)


def _both_ends(text: str) -> str:
    """Cut a long text in the middle and keep more of its end, because the last steps matter most."""
    text = one_line(text, longest=MOST)
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 3]} ... {text[-2 * LONGEST // 3 :]}"
