"""A scan as Markdown: what the terminal shows, as tables. Text from the repository is shown literally."""

from __future__ import annotations

from collections.abc import Iterator

from grader.framework import FRAMEWORK
from grader.portfolio.scan.inventory import Scan
from grader.portfolio.scan.quality_lines import quality_lines, read_words
from grader.portfolio.scan.scan_terminal import place_words
from grader.portfolio.scan.strength import WORDS
from grader.report.markdown import words as escaped
from grader.report.visible import one_line, without_commands

MARK = "<!-- grader scan, format 1 -->"
"""The first line, by which a scan in Markdown is recognised."""
PLACES = 3


def as_markdown(scan: Scan) -> str:
    """Return the scan as Markdown."""
    head = (MARK, f"# Skills seen in {_safe(scan.repository)}", "", f"> {scan.note}", "")
    return without_commands("\n".join([*head, *_parts(scan)]) + "\n")


def _parts(scan: Scan) -> Iterator[str]:
    for area in FRAMEWORK:
        yield from (f"## {area.title}", "", "| skill | strength | places |", "| --- | --- | --- |")
        for skill in area.skills:
            evidence = scan.skills[skill]
            places = "<br>".join(_safe(place_words(place)) for place in evidence.places[:PLACES])
            yield f"| {skill} | {evidence.strength} {WORDS[evidence.strength]} | {places} |"
        yield ""
    yield from ("## Quality", "", "| figure | |", "| --- | --- |")
    for line in quality_lines(scan):
        yield f"| {line.name} | {'<br>'.join(map(_safe, [line.words, *line.places]))} |"
    yield from ("", "## Read", "", read_words(scan) + ".", "")
    for files, what in ((scan.unread, "not read"), (scan.in_part, "in part"), (scan.left_out, "left out")):
        yield from (f"- {what}: {_safe(f'{file.file}: {file.why}')}" for file in files)


def _safe(text: str) -> str:
    return escaped(one_line(text)) if text else ""
