"""A session's story and a list of sessions, for the terminal: the same at 80 columns, without colour and in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.interview.session import SessionState
from grader.interview.session_folder import Found
from grader.interview.story import Story, clock
from grader.report.figures import moment, number
from grader.report.visible import one_line, visible

BAR = 20


def story_text(story: Story) -> RenderableType:
    """Return the timeline, the result and what the session proves."""
    session = story.session
    head = Text.assemble((f"{_shown(session.title)}", "bold"), "  practice")
    about = Text(
        f"{_shown(session.challenge)} · {session.minutes} minutes from {moment(session.began.isoformat())}", style="dim"
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


def sessions_text(found: Sequence[Found], now: dt.datetime) -> RenderableType:
    """Return one row for each session, with what is wrong with the others."""
    if not found:
        return Text("There are no sessions here. Begin one with `grader interview start SLUG`.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("session", "challenge", "state"):
        table.add_column(title, overflow="fold")
    for title in ("attempts", "result in time"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in found:
        session = one.session
        if session is not None:
            result = f"{number(session.result.percent)} %" if session.result else "-"
            state = session.state(now)
            is_running = state is SessionState.RUNNING
            standing = f"{clock(session.left(now).total_seconds() / 60)} left" if is_running else state.value
            name = _shown(session.challenge.rpartition("/")[2])
            table.add_row(_shown(str(one.place.root)), name, standing, str(len(session.attempts)), result)
    problems = [Text(f"! {_shown(one.problem)}") for one in found if one.problem]
    return Group(table, *problems)


def _bar(percent: float) -> str:
    full = round(BAR * min(100.0, max(0.0, percent)) / 100)
    return f"{'█' * full}{'░' * (BAR - full)}"


def _shown(text: str) -> str:
    return visible(one_line(text))
