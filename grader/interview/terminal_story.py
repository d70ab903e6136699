"""A session's story and a list of sessions, for the terminal: the same at 80 columns, without colour and in a file."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.interview.listing import ListedSession
from grader.interview.story import Story, clock
from grader.report.figures import minutes_in_words, moment
from grader.report.visible import one_line, visible

BAR = 20


def story_text(story: Story) -> RenderableType:
    """Return the timeline, the result and what the session proves."""
    head = Text.assemble((f"{_shown(story.title)}", "bold"), f"  {_shown(story.head)}")
    about = Text(
        f"{_shown(story.challenge)} · {minutes_in_words(story.minutes)} from {moment(story.began.isoformat())}",
        style="dim",
    )
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for event in story.events:
        bar = "" if event.percent is None else _bar(event.percent)
        table.add_row(clock(event.minutes), event.what, bar, _shown(event.words), style="" if event.counts else "dim")
    parts: list[RenderableType] = [head, about, Padding(table, (1, 0)), Text(_shown(story.result), style="bold")]
    return Group(*parts, *(Text(notice, style="dim") for notice in story.notices))


def sessions_text(sessions: Sequence[ListedSession]) -> RenderableType:
    """Return one row for each session, with what is wrong with the others."""
    if not sessions:
        return Text("There are no sessions here. Begin one with `grader interview start SLUG`.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("session", "for", "challenge", "state"):
        table.add_column(title, overflow="fold")
    for title in ("answers", "result"):
        table.add_column(title, justify="right", no_wrap=True)
    for session in sessions:
        if not session.problem:
            name = _shown(session.challenge.rpartition("/")[2])
            table.add_row(
                _shown(str(session.folder)),
                _shown(session.kind),
                name,
                session.state,
                str(session.answers),
                session.result,
            )
    problems = [Text(f"! {_shown(session.problem)}") for session in sessions if session.problem]
    return Group(table, *problems) if len(problems) < len(sessions) else Group(*problems)


def _bar(percent: float) -> str:
    full = round(BAR * min(100.0, max(0.0, percent)) / 100)
    return f"{'█' * full}{'░' * (BAR - full)}"


def _shown(text: str) -> str:
    return visible(one_line(text))
