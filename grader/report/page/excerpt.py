"""The candidate's lines around a finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

AROUND = 2
"""The number of lines shown above and below."""
TAB = 4


class Line(NamedTuple):
    """A line of source code, split where the finding points."""

    number: int
    before: str
    at: str
    is_meant: bool


def excerpt(sources: Mapping[str, str], file: str | None, line: int | None, column: int | None = None) -> list[Line]:
    """Return the line with its neighbours, or an empty list if the source is not in the report."""
    lines = sources.get(file or "", "").split("\n")
    if not line or not 0 < line <= len(lines) or not lines[line - 1].strip():
        return []
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    return [_line(lines[number - 1], number, column, is_meant=number == line) for number in range(first, last + 1)]


def _line(text: str, number: int, column: int | None, *, is_meant: bool) -> Line:
    split = column - 1 if is_meant and column and column <= len(text) else len(text) - len(text.lstrip())
    before = text[:split].expandtabs(TAB)
    whole = text.expandtabs(TAB)
    return Line(number, before, whole[len(before) :].rstrip(), is_meant)
