"""The dashboard for the terminal, at 80 columns: a bar for each area, then every skill with its date and trend."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.framework import Standing
from grader.portfolio.dashboard import AreaBar, Dashboard, SkillCell
from grader.portfolio.leadership import NOT_SHOWN, Leadership
from grader.portfolio.shown import plain
from grader.portfolio.terminal_pathway import peer_lines
from grader.report.figures import number
from grader.report.terminal.finding import hanging, indented
from grader.report.terminal.repository import STANDINGS

BAR = 20
TITLE = 16
SKILL = 25
FULL, SELF, EMPTY = "█", "▒", "░"


def dashboard_text(board: Dashboard) -> RenderableType:
    """Return the whole dashboard."""
    whose = f"Progress of {plain(board.person)}" if board.person else "Progress"
    parts: list[RenderableType] = [Text.assemble((whose, "bold"), f" · {board.day.isoformat()}"), Text()]
    parts += [_area(area) for area in board.areas]
    parts.append(_leadership_bar(board.leadership))
    parts.append(_bar_line("Overall", (board.whole.percent, min(board.signed.percent, board.whole.percent))))
    parts += [Text(), *(Text(line) for line in board.level_words), *_key(board)]
    parts += [_grid(area) for area in board.areas]
    parts.append(Padding(leadership_text(board.leadership), (1, 0, 0, 0)))
    if board.peers:
        parts += [Padding(Text("Reviews by peers", style="bold"), (1, 0, 0, 0)), *peer_lines(board.peers)]
    return Group(*parts, *_certificates(board), *_badges(board), *_targets(board))


def leadership_text(shown: Leadership) -> RenderableType:
    """Return each part of Leadership, and what does not count."""
    lines: list[RenderableType] = [Text("Leadership", style="bold")]
    for part in shown.parts:
        line = Text(f"  {part.title:<{SKILL}} ")
        if part.percent is None:
            lines.append(line.append(part.words, style="dim"))
        else:
            lines.append(line.append(f"{part.percent:>3} %  {part.words}"))
    lines += [hanging(Text("?", style="yellow"), Text(plain(refused))) for refused in shown.uncounted]
    return Group(*lines)


def two_tone(percent: float, signed: float, *, width: int = BAR) -> str:
    """Return a bar with three parts: what signed reports show, what self-graded ones add, and what is missing."""
    filled = _cells(percent, width)
    solid = min(_cells(signed, width), filled)
    return FULL * solid + SELF * (filled - solid) + EMPTY * (width - filled)


def _cells(percent: float, width: int) -> int:
    """Return how many cells are filled: all only at 100 %, none only at 0 %."""
    cells = round(percent / 100 * width)
    return min(max(cells, 1), width - 1) if 0 < percent < 100 else cells


def _area(area: AreaBar) -> RenderableType:
    if not area.has_challenges:
        return Text(f"{area.title:<{TITLE}}  {EMPTY * BAR}  no challenge yet")
    return _bar_line(area.title, (area.percent, area.signed))


def _leadership_bar(shown: Leadership) -> RenderableType:
    """Return the bar of Leadership, all of which others signed."""
    line = Text(f"{'Leadership':<{TITLE}}  ", style="bold")
    if shown.percent is None:
        return line.append(EMPTY * BAR, style="not bold dim").append(f"  {NOT_SHOWN}", style="not bold")
    line.append(two_tone(shown.percent, shown.percent), style="not bold cyan")
    return line.append(f" {shown.percent:>4.0f} %", style="not bold").append(f"  {shown.words}", style="not bold dim")


def _bar_line(title: str, figures: tuple[float, float]) -> RenderableType:
    line = Text(f"{title:<{TITLE}}  ", style="bold")
    percent, signed = figures
    line.append(two_tone(percent, signed), style="not bold cyan")
    line.append(f" {percent:>4.0f} %", style="not bold")
    return line.append(f"  {signed:.0f} % signed", style="not bold dim") if signed else line


def _key(board: Dashboard) -> Iterator[RenderableType]:
    if board.reports:
        yield Text(f"{FULL} signed  {SELF} self-graded  ({board.counts})", style="dim")
    if board.whole.without_challenge:
        yield Text(board.whole.no_challenge_words, style="dim")


def _grid(area: AreaBar) -> RenderableType:
    return Padding(Group(Text(area.title, style="bold"), *(_skill(cell) for cell in area.skills)), (1, 0, 0, 0))


def _skill(cell: SkillCell) -> RenderableType:
    """Return a skill's line, with the latest note on it below."""
    sign, style = STANDINGS[cell.standing]
    line = Text.assemble((sign, style), f" {cell.skill:<{SKILL}} ")
    if cell.attempts:
        level = cell.level.value if cell.level else "-"
        line.append(f"{level} {number(cell.percent):>6} %  {cell.date or 'undated':<10}  ")
        line.append(f"{cell.trend.sign} {cell.trend_words:<12}")
        line.append("signed" if cell.is_signed else "self-graded", style="green" if cell.is_signed else "dim")
    else:
        missing = "no challenge" if cell.standing is Standing.NO_CHALLENGE else "not graded"
        rated = f"you rate {cell.rated.value}" if cell.rated else ""
        line.append(f"-        -  {missing:<14}{rated}".rstrip(), style="dim")
    if cell.note is None:
        return line
    return Group(line, indented(Text(f"{cell.note.date.isoformat()} {plain(cell.note.words)}", style="dim")))


def _certificates(board: Dashboard) -> Iterator[RenderableType]:
    if board.standings:
        yield Padding(Text("Certificates", style="bold"), (1, 0, 0, 0))
    for standing in board.standings:
        issued = board.issued(standing.rule.id)
        line = Text(f"  {standing.rule.title:<{SKILL}} {standing.share:<8}")
        if issued is not None:
            line.append(plain(issued.state), style="green" if issued.checked.holds else "yellow")
        yield line


def _badges(board: Dashboard) -> Iterator[RenderableType]:
    if board.badges:
        yield Padding(Text("Badges", style="bold"), (1, 0, 0, 0))
    for badge in board.badges:
        style = "dim" if badge.note else ""
        yield Padding(Text(plain(badge.words), style=style), (0, 0, 0, 2))


def _targets(board: Dashboard) -> Iterator[RenderableType]:
    if board.targets:
        yield Padding(Text("Targets", style="bold"), (1, 0, 0, 0))
    for target in board.targets:
        by = f", by {target.by.isoformat()}" if target.by else ""
        now = f" (now: {plain(target.now)})" if target.now else ""
        yield Padding(Text(f"{plain(target.says)}{by}{now}"), (0, 0, 0, 2))
