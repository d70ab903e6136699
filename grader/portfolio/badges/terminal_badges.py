"""Badges for people in a shell, at 80 columns: how far each is, and what a checked one says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.portfolio.badges.badge_files import KeptBadge
from grader.portfolio.badges.badge_rules import LEVEL, BadgeProgress
from grader.portfolio.shown import plain

if TYPE_CHECKING:
    from grader.portfolio.badges.open_badges import BadgeFacts

NAME = 22


def badges_text(progress: Sequence[BadgeProgress], kept: Sequence[KeptBadge], person: str) -> RenderableType:
    """Return how far a person is with each badge, and the badges in the portfolio."""
    whose = f"Badges of {plain(person)}" if person else "Badges"
    parts: list[RenderableType] = [Text(whose, style="bold"), Text()]
    for standing in progress:
        parts.append(_line(standing))
        parts += [_below(line) for line in _details(standing)]
    if kept:
        parts += [Text(), Text("In the portfolio", style="bold")]
        parts += [Padding(Text(plain(badge.words), style="dim" if badge.note else ""), (0, 0, 0, 2)) for badge in kept]
    return Group(*parts)


def facts_text(facts: BadgeFacts) -> RenderableType:
    """Return what a badge says that holds."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    for label, words in (
        ("for", facts.recipient),
        ("from", facts.issuer_name),
        ("", facts.issuer),
        ("holds", f"{facts.issued.date()} to {facts.expires.date()}, not revoked"),
        ("rule", facts.badge.rule),
        *(("rests on", report) for report in facts.reports),
    ):
        rows.add_row(Text(label, style="dim"), Text(plain(words)))
    return Group(Text(f"{facts.badge.name}: {plain(facts.person)}", style="bold"), Padding(rows, (0, 0, 0, 2)))


def _line(standing: BadgeProgress) -> Text:
    style = "green" if standing.is_earned else "dim" if standing.badge.waits_for else ""
    sign = "✓" if standing.is_earned else "·"
    return Text(f"{sign} {standing.badge.name:<{NAME}}{standing.words}", style=style)


def _details(standing: BadgeProgress) -> list[str]:
    if standing.badge.waits_for:
        words = standing.badge.rule.removeprefix("Cannot be earned yet: ")
        return [f"{words[:1].upper()}{words[1:]}"]
    if standing.is_earned:
        return []
    open_ = [skill for skill in standing.missing if skill not in standing.unavailable]
    what = "Missing" if standing.badge.leads else f"Missing at level {LEVEL.value}, {LEVEL.title}"
    lines = [f"{what}: {'; '.join(open_) if standing.badge.leads else ', '.join(open_)}"] if open_ else []
    if standing.unavailable:
        lines.append(f"No challenge yet, so nobody can earn it: {', '.join(standing.unavailable)}")
    files: dict[str, list[str]] = {}
    for refused in standing.uncounted:
        files.setdefault(refused.why, []).append(refused.attempt.file)
    return lines + [f"Does not count, because {why}: {', '.join(names)}" for why, names in files.items()]


def _below(line: str) -> RenderableType:
    return Padding(Text(plain(line), style="dim"), (0, 0, 0, 4))
