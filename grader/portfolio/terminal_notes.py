"""A skill's results and notes, and the targets of a plan, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.portfolio.history import SkillHistory
from grader.portfolio.journal import JournalEntry
from grader.portfolio.profile import ChosenTarget
from grader.portfolio.shown import plain
from grader.portfolio.targets import GOALS
from grader.report.terminal.finding import hanging


def notes_text(history: SkillHistory, entries: Sequence[JournalEntry]) -> RenderableType:
    """Return a skill's results and notes in order of date."""
    events = [(attempt.date, f"{attempt.result}, {attempt.provenance}") for attempt in history.attempts]
    events += [(entry.date.isoformat(), entry.words) for entry in entries]
    lines = [
        hanging(Text(f"{date or 'undated':<10}", style="dim"), Text(plain(said)))
        for date, said in sorted(events, key=lambda event: event[0])
    ]
    trend = f" · {history.trend.sign} {history.trend_words}" if history.attempts else " · nothing graded yet"
    return Group(Text.assemble((history.skill, "bold"), trend), *lines)


def targets_text(chosen: Sequence[ChosenTarget]) -> RenderableType:
    """Return the chosen targets, and the persona's targets that can still be chosen."""
    parts: list[RenderableType] = []
    if chosen:
        parts.append(Text("Chosen", style="bold"))
        for target in chosen:
            by = f", by {target.by.isoformat()}" if target.by else ""
            now = f" (now: {plain(target.now)})" if target.now else ""
            parts.append(hanging(Text(f"{target.id:<19}"), Text(f"{plain(target.says)}{by}{now}")))
    left = {name: goal for name, goal in GOALS.items() if name not in {target.id for target in chosen}}
    for term in dict.fromkeys(goal.term for goal in left.values()):
        parts.append(Padding(Text(f"The persona's targets, {term}", style="bold"), (1, 0, 0, 0)))
        for name, goal in left.items():
            if goal.term == term:
                parts.append(hanging(Text(f"{name:<19}"), Text(f"{goal.words} ({', '.join(goal.skills)})")))
    parts.append(Padding(Text("grader plan target TARGET --by DATE --now TEXT", style="bold cyan"), (1, 0, 0, 0)))
    return Group(*parts)
