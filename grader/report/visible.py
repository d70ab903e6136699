r"""Makes a submission's text harmless to display, before any renderer sees it.

Candidates choose file names, source lines and exception messages. A terminal obeys escape sequences in them;
bidirectional and invisible characters mislead browsers and reviewers. Each such character becomes its escape (`\x1b`,
`\u202e`), which is visible and does nothing. Tabs and newlines stay: renderers place lines themselves.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TypeVar

import msgspec

Shown = TypeVar("Shown", bound=msgspec.Struct)

HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that control a display, are invisible or mean nothing. XML forbids some of Cn."""
BLANK = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)),
).union(map(chr, range(0x180B, 0x1810)), map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0)))
"""Fillers and variation selectors: letters and marks by category, but invisible."""
KEPT = frozenset("\t\n")
_AT_START = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*+m)*+)::", re.MULTILINE)
"""Matches within one line and without backtracking, so that the time is linear in a text's length."""
_ANYWHERE = re.compile(r"##(\w*)\[")


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    is_seen = unicodedata.category(character) not in HIDDEN and character not in BLANK
    if is_seen or character in KEPT:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    """Return `text` with every character that a reader could not see, or that a display would obey, escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def one_line(text: str, *, longest: int = 1000) -> str:
    """Return `text` on one line, cut to `longest` characters with a note of how many are missing."""
    joined = " ".join(text.split())
    if len(joined) <= longest:
        return joined
    return f"{joined[:longest]}… ({len(joined) - longest} more characters)"


def without_commands(text: str) -> str:
    """Replace what a CI service would take for commands (`::error::`, `##vso[`) with look-alikes of equal width."""
    return _ANYWHERE.sub("#♯\\1[", _AT_START.sub("\\1∷", text))


def made_visible(report: Shown) -> Shown:
    """Return the same report, or another value of ours, with all its texts made visible."""
    return msgspec.convert(_walked(msgspec.to_builtins(report)), type=type(report))


def _walked(value: object) -> object:
    match value:
        case str():
            return visible(value)
        case list() | tuple():
            return [_walked(item) for item in value]
        case dict():
            return {visible(key): _walked(item) for key, item in value.items()}
        case int() | float() | None:
            return value
        case _:
            raise TypeError(f"a report contains a {type(value).__name__}, which visible.py cannot make visible")
