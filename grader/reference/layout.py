"""Markdown tables, and the first sentence of a docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Lay out rows below their header."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def prose(text: str) -> str:
    """Escape what looks like a tag, such as `<area>/<slug>/`, so that Markdown shows it."""
    return text.replace("<", "\\<")


def first_paragraph(thing: object) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join(inspect.cleandoc(getattr(thing, "__doc__", None) or "").partition("\n\n")[0].split())


def first_sentence(thing: object) -> str:
    """Return the first sentence of a docstring."""
    return re.split(r"(?<=\.)\s", first_paragraph(thing), maxsplit=1)[0]
