"""What is due, for the terminal and as Markdown: each item with its command, questions and record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.portfolio.due import DueItem
from grader.portfolio.shown import literal, plain
from grader.report.terminal.finding import hanging


def due_text(items: Sequence[DueItem], day: dt.date) -> RenderableType:
    """Return the items that are due in full, and the others with their dates."""
    now = [item for item in items if item.is_due]
    head = f"{len(now)} due" if now else "Nothing is due"
    parts: list[RenderableType] = [Text.assemble((head, "bold"), f" · {day.isoformat()}")]
    for item in now:
        lines: list[RenderableType] = [Text.assemble("! ", (plain(item.what), "bold"))]
        lines.append(_labelled("since", f"{item.on.isoformat()} (last: {item.last})"))
        lines += [_labelled("" if place else "ask", question) for place, question in enumerate(item.questions)]
        lines.append(_labelled("done", f"by {item.record}"))
        lines.append(Padding(Text(item.command, style="bold cyan"), (0, 0, 0, 2)))
        parts.append(Padding(Group(*lines), (1, 0, 0, 0)))
    later = [item for item in items if not item.is_due]
    if later:
        parts.append(Padding(Text("Later", style="bold"), (1, 0, 0, 0)))
    parts += [
        hanging(Text(item.on.isoformat()), Text(f"{plain(item.what)} (last: {plain(item.last)})")) for item in later
    ]
    return Group(*parts)


def due_markdown(items: Sequence[DueItem], day: dt.date) -> str:
    """Return all items as a list of tasks, for example for an issue."""
    return "\n".join([f"# Due on {day.isoformat()}", "", *_tasks(items)]) + "\n"


def _tasks(items: Sequence[DueItem]) -> Iterator[str]:
    for item in items:
        yield f"- [{' ' if item.is_due else 'x'}] {literal(item.what)}"
        when = "due since" if item.is_due else "next on"
        yield f"  - {when} {item.on.isoformat()}, last: {literal(item.last)}"
        if item.is_due:
            yield from (f"  - {literal(question)}" for question in item.questions)
            yield f"  - `{item.command}`"


def _labelled(label: str, text: str) -> RenderableType:
    return hanging(Text(f"{label:<5}", style="dim"), Text(plain(text)))
