"""The dashboard as Markdown, for a profile's README."""

from __future__ import annotations

from collections.abc import Iterator

from grader.framework import Standing
from grader.portfolio.dashboard import AreaBar, Dashboard, SkillCell
from grader.portfolio.leadership import Leadership
from grader.portfolio.shown import literal
from grader.portfolio.terminal_dashboard import two_tone
from grader.report.figures import number
from grader.report.markdown import STANDINGS

NOTES = 10


def dashboard_markdown(board: Dashboard) -> str:
    """Return the whole dashboard."""
    whose = f"Progress of {literal(board.person)}" if board.person else "Progress"
    lines = [f"# {whose}", "", board.day.isoformat(), "", "| Area | | | Signed |", "| --- | --- | ---: | ---: |"]
    lines += [_bar(area) for area in board.areas]
    lines.append(_leadership_bar(board.leadership))
    lines.append(
        f"| **Overall** | `{two_tone(board.whole.percent, board.signed.percent)}` | {board.whole.percent:.0f} % "
        f"| {board.signed.percent:.0f} % |"
    )
    lines += ["", *(line for sentence in board.level_words for line in (literal(sentence), ""))]
    for area in board.areas:
        lines += [f"## {area.title}", "", *_grid(area), ""]
    lines += [*leadership_markdown(board.leadership), ""]
    if board.peers:
        lines += ["## Reviews by peers", ""]
        lines += [f"- {literal(f'{review.words} ({review.state})')}" for review in board.peers]
        lines.append("")
    if board.standings:
        lines += ["## Certificates", "", "| Certificate | Shown | |", "| --- | --- | --- |"]
        for standing in board.standings:
            issued = board.issued(standing.rule.id)
            lines.append(f"| {standing.rule.title} | {standing.share} | {literal(issued.state) if issued else ''} |")
        lines.append("")
    if board.badges:
        lines += ["## Badges", "", *(f"- {literal(badge.words)}" for badge in board.badges), ""]
    if board.targets:
        lines += ["## Targets", ""]
        for target in board.targets:
            by = f", by {target.by.isoformat()}" if target.by else ""
            lines.append(f"- {literal(target.says)}{by}{f' (now: {literal(target.now)})' if target.now else ''}")
        lines.append("")
    if board.notes:
        lines += ["## Notes", ""]
        lines += [
            f"- {entry.date.isoformat()} {entry.skill or entry.kind.value}: {literal(entry.words)}"
            for entry in board.notes[:NOTES]
        ]
    return "\n".join(lines).rstrip() + "\n"


def _bar(area: AreaBar) -> str:
    share = f"{area.percent:.0f} %" if area.has_challenges else "no challenge yet"
    return f"| {area.title} | `{two_tone(area.percent, area.signed)}` | {share} | {area.signed:.0f} % |"


def leadership_markdown(shown: Leadership) -> list[str]:
    """Return each part of Leadership, and what does not count."""
    lines = ["## Leadership", "", "| Part | | By |", "| --- | ---: | --- |"]
    lines += [
        f"| {part.title} | {'' if part.percent is None else f'{part.percent} %'} | {part.words} |"
        for part in shown.parts
    ]
    return [*lines, *(["", *(f"- {literal(refused)}" for refused in shown.uncounted)] if shown.uncounted else [])]


def _leadership_bar(shown: Leadership) -> str:
    bar = two_tone(shown.percent or 0, shown.percent or 0)
    if shown.percent is None:
        return f"| Leadership | `{bar}` | {shown.words} | |"
    return f"| Leadership | `{bar}` | {shown.percent:.0f} %, {shown.words} | {shown.percent:.0f} % |"


def _grid(area: AreaBar) -> Iterator[str]:
    yield "| | Skill | Level | Score | Date | Trend | By |"
    yield "| --- | --- | ---: | ---: | --- | --- | --- |"
    for cell in area.skills:
        note = f"<br>{cell.note.date.isoformat()} {literal(cell.note.words)}" if cell.note else ""
        yield f"| {STANDINGS[cell.standing]} | {cell.skill}{note} | {_figures(cell)} |"


def _figures(cell: SkillCell) -> str:
    if not cell.attempts:
        return f"| | {'no challenge yet' if cell.standing is Standing.NO_CHALLENGE else 'not graded'} | |"
    level = cell.level.value if cell.level else "-"
    trend = f"{cell.trend.sign} {cell.trend_words}"
    return f"{level} | {number(cell.percent)} % | {cell.date or 'undated'} | {trend} | {literal(cell.provenance)}"
