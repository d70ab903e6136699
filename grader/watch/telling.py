"""Changes since the previous grading, as one screen of text: the score, then losses, gains and what is still broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace
from rich.console import Group
from rich.text import Text

from grader.model import Finding, Mark, MarkStatus, PromiseOutcome, Report, ReportStatus, Severity
from grader.report.figures import level, marked, number, seconds
from grader.report.promises import beside_promises, broken, causes, to_explain
from grader.report.terminal import printed
from grader.report.terminal.losses import first_of_all, losses
from grader.report.terminal.style import FINDINGS, MARKS, place
from grader.report.view import View
from grader.report.visible import one_line, visible, without_commands
from grader.store.compare import CriterionChange, compare

SOURCE = "source."
"""The id prefix of findings about a file that no Python can read: everything else is lost only because of them."""
NO_PYTHON = ("SyntaxError", "IndentationError", "TabError")
"""The errors that importing such a file raises, for challenges without a criterion that reads it."""


def unreadable(report: Report) -> Finding | None:
    """Return the finding that explains why there was nothing to grade, if there is one."""
    if report.status is ReportStatus.REJECTED:
        return report.findings[0] if report.findings else None
    for finding in (finding for mark in report.criteria for finding in mark.findings):
        if finding.id.startswith(SOURCE):
            return finding
    for finding in report.findings:
        if finding.id == "import.failed" and any(name in finding.message for name in NO_PYTHON):
            return finding
    reasons = {promise.reason for mark in report.criteria for promise in mark.promises}
    if len(reasons) == 1 and any(name in reason for reason in reasons for name in NO_PYTHON):
        return Finding(
            id=f"{SOURCE}syntax", severity=Severity.ERROR, message=f"The answer is not valid Python. {reasons.pop()}"
        )
    return None


def told(
    before: Report | None, after: Report, view: View, *, at: str = "", lines: int = 22, only: Collection[str] = ()
) -> str:
    """Show what differs from `before`, in at most `lines` lines; `only` restricts the output to these criteria."""
    reason = unreadable(after)
    if reason is not None:  # whole, however long it is: where the mistake is may stand at its end
        return without_commands(
            f"{at}{after.challenge.name}  cannot be graded: {one_line(visible(_finding(reason)))}\n"
        )
    marks = [mark for mark in after.criteria if not only or mark.id in only]
    differing = compare((before,), (after,))[0].changed if before is not None else ()
    shown = [*changes([change for change in differing if not only or change.id in only])]
    shown += _still(marks, {text for change in differing for text in (*change.newly_broken, *change.newly_kept)})
    screen = printed(
        Group(_line(at, (f"{after.challenge.name}  ", "bold"), _mark(before, after)), *shown), view
    ).splitlines()
    if len(screen) > lines:
        screen = [
            *screen[: lines - 1],
            f"  … and {len(screen) - lines + 1} more lines; use --verbose to show the whole report",
        ]
    return "\n".join(screen) + "\n"


def _mark(before: Report | None, after: Report) -> str:
    gain = "" if before is None else f" ({round(after.percent - before.percent, 2):+g})"
    missing = ", not everything could be measured" if not after.was_measured else ""
    took = seconds(after.durations_ms.get("total", 0.0))
    return f"{number(after.percent)} %{gain}  {level(after)}{missing}  {took}"


def explained(report: Report, view: View, *, lines: int = 22, only: Collection[str] = ()) -> str:
    """For broken promises, show what was asked, what came back and what was promised, in at most `lines` lines."""
    marks = [replace(mark, findings=()) for mark in report.criteria if to_explain(mark)]
    if not marks and not causes(report):
        return ""
    parts = Group(first_of_all(report), losses(replace(report, criteria=tuple(marks)), only=only))
    screen = printed(parts, view).splitlines()
    if len(screen) > lines:
        screen = [
            *screen[: lines - 1],
            f"  … and {len(screen) - lines + 1} more lines; use --only CRITERION to show fewer",
        ]
    return "\n".join(screen) + "\n"


def since(before: Report, after: Report, view: View) -> str:
    """Show what differs from the last grading of the same folder, or nothing if the submission is the same."""
    differing = compare((before,), (after,))[0].changed
    if not differing and before.submission.digest == after.submission.digest:
        return ""
    gain = f"{round(after.percent - before.percent, 2):+g}" if differing else "nothing changed"
    heading = Text.assemble((f"Since the last grading of {after.challenge.name}: ", "bold"), gain)
    return printed(Group(heading, *changes(differing)), view)


def changes(differing: Collection[CriterionChange]) -> Iterator[Text]:
    """List what changed, losses first, because they matter most."""
    for change in sorted(differing, key=lambda change: change.gain >= 0 and not change.newly_broken):
        lost = change.gain < 0 or bool(change.newly_broken and change.gain <= 0)
        word, style = ("lost", "red") if lost else ("won ", "green")
        if change.open:
            word, style = "open", "magenta"
        points = f"{number(change.before or 0.0)} -> {number(change.after or 0.0)} of {number(change.points)}"
        yield _line((f"  {word}  ", style), f"{one_line(change.title)}: {points}")
        yield from (_line(("        ✗ ", "red"), one_line(text)) for text in change.newly_broken)
        yield from (_line(("        ✓ ", "green"), one_line(text)) for text in change.newly_kept)


def _still(marks: Collection[Mark], told_already: Collection[str]) -> Iterator[Text]:
    """Yield each criterion that is not earned, with its first reason: a promise or a finding not among the changes."""
    open_ = [mark for mark in marks if mark.status is not MarkStatus.EARNED and not mark.awaits_review]
    if open_:
        yield Text("  still broken", style="bold")
    for mark in open_:
        sign, style = MARKS[mark.status]
        yield _line((f"    {sign} ", style), f"{one_line(mark.title)}: {marked(mark)}")
        reasons = [*_promises(mark, told_already), *map(_finding, beside_promises(mark))]
        if mark.reason:
            reasons.insert(0, mark.reason)
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        yield from (_line((f"        {one_line(reason)}", "dim"), more) for reason in reasons[:1])


def _promises(mark: Mark, told_already: Collection[str]) -> Iterator[str]:
    for promise in broken(mark):
        if promise.text not in told_already or promise.outcome is PromiseOutcome.NOT_MEASURED:
            yield promise.text


def _finding(finding: Finding) -> str:
    where = place(finding)
    return f"{where}: {finding.message}" if where else f"{FINDINGS[finding.severity].sign}: {finding.message}"


def _line(*parts: str | tuple[str, str]) -> Text:
    text = Text.assemble(
        *((visible(part), "") if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
