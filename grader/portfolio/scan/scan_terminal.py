"""A scan for the terminal: skills by area with their strength and first places, then quality, then what was read.

It fits 80 columns, and colour only repeats what words say. Text from the repository is never taken as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.framework import FRAMEWORK
from grader.portfolio.scan.inventory import Scan, SkillEvidence, SkillPlace, UnreadFile
from grader.portfolio.scan.quality_lines import quality_lines, read_words
from grader.portfolio.scan.strength import WORDS
from grader.report.terminal import printed
from grader.report.view import View
from grader.report.visible import one_line

HEAD = "Skills seen in "
BARS = ("░░░", "█░░", "██░", "███")
STYLES = ("dim", "yellow", "cyan", "green")
NAME, STRENGTH = 26, 12
UNREAD = 10
"""The maximum number of files of each kind that are listed; the JSON lists more."""


def as_terminal(scan: Scan, view: View, *, places: int = 1) -> str:
    """Return the scan as text, with at most `places` places for each skill."""
    return printed(Group(*_parts(scan, view, places)), view)


def _parts(scan: Scan, view: View, places: int) -> Iterator[RenderableType]:
    yield Text.assemble((HEAD, "bold"), (one_line(scan.repository), "bold"))
    yield Text(scan.note, style="dim")
    for area in FRAMEWORK:
        yield Padding(Text(area.title, style="bold underline"), (1, 0, 0, 0))
        for skill in area.skills:
            yield from _skill(skill, scan.skills[skill], view, places)
    yield Padding(Text("Quality", style="bold underline"), (1, 0, 0, 0))
    for line in quality_lines(scan):
        yield _row(line.name, line.words)
        yield from (_cut(f"{'':17}{place}", view, style="dim") for place in line.places)
    yield Padding(Text("Read", style="bold underline"), (1, 0, 0, 0))
    yield Text(f"  {read_words(scan)}")
    yield from _files(scan.unread, "not read", view)
    yield from _files(scan.in_part, "in part", view)
    yield from _files(scan.left_out, "left out", view)


def _skill(name: str, evidence: SkillEvidence, view: View, places: int) -> Iterator[Text]:
    style = STYLES[evidence.strength]
    words = f"{evidence.strong} strong in {evidence.files} file{'' if evidence.files == 1 else 's'}"
    if not evidence.strong:
        words = f"{evidence.weak} weak" if evidence.weak else ""
    yield Text.assemble(
        f"  {BARS[evidence.strength]} {name:{NAME}}", (f"{WORDS[evidence.strength]:{STRENGTH}}", style), (words, "dim")
    )
    for place in evidence.places[:places]:
        yield _cut(f"      {place_words(place)}", view, style="dim")


def place_words(place: SkillPlace) -> str:
    """Return a place, and what is there, in words."""
    return f"{place.file}:{place.line}  {place.what}"


def _row(name: str, words: str) -> RenderableType:
    """Return a figure with its name, wrapped beside it."""
    grid = Table.grid(padding=0)
    grid.add_column(width=17)
    grid.add_column()
    grid.add_row(Text(f"  {name}"), Text(words))
    return grid


def _files(files: Iterable[UnreadFile], what: str, view: View) -> Iterator[Text]:
    listed = list(files)
    for file in listed[:UNREAD]:
        yield _cut(f"  {what}: {file.file}: {file.why}", view, style="yellow")
    if len(listed) > UNREAD:
        yield Text(f"  {what}: {len(listed) - UNREAD} more; use --format json to list more", style="yellow")


def _cut(text: str, view: View, *, style: str) -> Text:
    """Return one line, shortened to the width and marked with an ellipsis if it was."""
    safe = one_line(text)
    indent = len(text) - len(text.lstrip())
    safe = f"{text[:indent]}{safe}"
    width = max(40, min(view.width, 120))
    return Text(safe if len(safe) <= width else f"{safe[: width - 1]}…", style=style)
