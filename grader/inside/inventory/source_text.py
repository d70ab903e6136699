"""One file's text: parsed, with newer syntax blanked if necessary, or the reason why it cannot be parsed."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from grader.inside.gate import normalised, parsed
from grader.inside.inventory.newer_syntax import Blanked, blanked

MAX_CHARACTERS = 1 << 20
PARSER, FALLBACK = "ast", "tree-sitter"
COMMENTED = re.compile(
    r"#.*?\b(fast(er)?[- ]?path|hot[- ](path|loop)|for (speed|performance)|optimi[sz](e|ed|es|ation)|speeds? up"
    r"|O\((1|log ?\w|\w log \w)\)|avoid(s|ing)? (a |the )?cop(y|ies|ying))\b",
    re.IGNORECASE,
)
"""A comment that gives speed as a reason."""


class SourceText(NamedTuple):
    """A file, as far as it could be read."""

    tree: ast.Module | None
    text: str
    """The text that was parsed; its lines keep their numbers."""
    by: str
    why: str
    """Why it could not be read, or only with syntax blanked."""
    blanked: Blanked | None


def read(text: str) -> SourceText:
    """Parse a text. No text makes this raise, but one may end the process, which the caller has to notice."""
    text = normalised(text)
    if len(text) > MAX_CHARACTERS:
        return _unread(text, f"it has more than {MAX_CHARACTERS} characters")
    try:
        return SourceText(parsed(text), text, PARSER, "", None)
    except (RecursionError, MemoryError):
        return _unread(text, "it is nested too deeply")
    except ValueError as error:
        return _unread(text, f"it cannot be parsed ({error})")
    except SyntaxError as error:
        return _by_fallback(text, error)


def _by_fallback(text: str, error: SyntaxError) -> SourceText:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    why = f"Python {running} cannot parse line {error.lineno or 1} ({error.msg})"
    try:
        without = blanked(text, parsed)
    except (RecursionError, MemoryError, ValueError):
        without = None
    if without is None:
        return _unread(text, why)
    return SourceText(without.tree, without.text, FALLBACK, why, without)


def _unread(text: str, why: str) -> SourceText:
    return SourceText(None, text, "", why, None)


def reasons_for_speed(text: str) -> Iterator[int]:
    """Yield the line numbers of comments that give speed as a reason."""
    if "#" in text:
        for number, line in enumerate(text.split("\n"), 1):
            if "#" in line and COMMENTED.search(line[:500]):
                yield number
