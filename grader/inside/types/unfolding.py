"""Splits text into one statement per line, because mypy reports the same error only once per line.

a: int = ""; b: int = ""     ->    a: int = "";
                                   b: int = ""
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.inside.gate import parsed


class Unfolded(NamedTuple):
    """A text in which no two statements of one block share a line, and the line that each of its lines comes from."""

    text: str
    origins: tuple[int, ...]

    def origin(self, line: int | None) -> int | None:
        """Return the corresponding line of the text as submitted."""
        return self.origins[line - 1] if line is not None and 0 < line <= len(self.origins) else line


def unfolded(text: str) -> Unfolded:
    """Return the text with each statement on a line of its own. The text must have passed the gate."""
    lines = text.encode().split(b"\n")
    as_it_is = Unfolded(text, tuple(range(1, len(lines) + 1)))
    breaks = dict(_breaks(parsed(text), lines))
    if not breaks:
        return as_it_is
    made: list[bytes] = []
    origins: list[int] = []
    for number, line in enumerate(lines, 1):
        start, indent = 0, b""
        for column in [*sorted(column for at, column in breaks if at == number), len(line)]:
            made.append(indent + line[start:column])
            origins.append(number)
            start, indent = column, breaks.get((number, column), b"")
    result = b"\n".join(made).decode()
    try:
        parsed(result)
    except SyntaxError:
        return as_it_is
    return Unfolded(result, tuple(origins))


def _breaks(tree: ast.Module, lines: list[bytes]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield each position at which to break a line, with the indentation to put before the rest of the line."""
    for parent in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if not isinstance(block, list) or not any(_follows(statement, lines) for statement in block[1:]):
                continue
            first = block[0]
            head = lines[first.lineno - 1][: first.col_offset]
            if head.strip():
                place = parent.pattern if isinstance(parent, ast.match_case) else parent
                above = lines[getattr(place, "lineno", 1) - 1]
                head = above[: len(above) - len(above.lstrip())] + b" "
            for statement in block:
                if _follows(statement, lines):
                    yield (statement.lineno, statement.col_offset), head


def _follows(statement: ast.stmt, lines: list[bytes]) -> bool:
    """Return whether something precedes a statement on its line."""
    return bool(lines[statement.lineno - 1][: statement.col_offset].strip())
