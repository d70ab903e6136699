"""What to read in a brief: all of its sections, or those that lost criteria are about. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

HEADING = re.compile(r"^#{2,3} (.+?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
ABOUT_ALL = frozenset({"how it is judged", "before you submit", "out of scope"})
"""Headings that name no part of the work."""
_WORD = re.compile(r"[a-z]{4,}")
COMMON = frozenset({"with", "that", "this", "their", "them", "from", "what", "have", "every", "each", "when", "they"})
MOST = 4


def sections(brief: str) -> tuple[str, ...]:
    """Return the headings of a brief that name parts of the work, as plain text."""
    headings = [_plain(heading) for heading in HEADING.findall(FENCED.sub("", brief))]
    return tuple(heading for heading in dict.fromkeys(headings) if heading.lower() not in ABOUT_ALL)


def to_read(brief: str, losses: Sequence[str]) -> tuple[str, ...]:
    """Return the headings whose sections share the most words with the losses, or all headings if nothing was lost."""
    headings = sections(brief)
    if not losses:
        return headings
    bodies = _bodies(brief)
    chosen = [max(headings, key=lambda heading: _likeness(loss, heading, bodies)) for loss in losses if headings]
    return tuple(dict.fromkeys(chosen))[:MOST]


def _bodies(brief: str) -> dict[str, set[str]]:
    parts = HEADING.split(FENCED.sub("", brief))
    return {_plain(heading): _stems(body) for heading, body in zip(parts[1::2], parts[2::2], strict=False)}


def _likeness(loss: str, heading: str, bodies: dict[str, set[str]]) -> tuple[int, float]:
    """Return how many of the loss's words are in the heading, and the share of them that is in the section."""
    said = _stems(loss)
    return len(said & _stems(heading)), len(said & bodies.get(heading, set())) / (len(said) or 1)


def _stems(text: str) -> set[str]:
    """Return the first letters of a text's words, so that `validated` matches `validation`."""
    return {word[:6] for word in _WORD.findall(text.lower()) if word not in COMMON}


def _plain(heading: str) -> str:
    """Return a heading without backticks, and a function's name alone: `retry` for `retry(times, ...)`."""
    name = re.match(r"`(\w+)`: ", heading)
    return name[1] if name else re.sub(r"`(\w+)\([^`]*\)`", r"\1", heading).replace("`", "").strip()
