"""Texts of a portfolio, made safe to show: some come from its owner, others from reports."""

from __future__ import annotations

from grader.report.markdown import words
from grader.report.visible import one_line, visible


def plain(text: str) -> str:
    """Return a text on one line, with every character that a terminal would obey escaped."""
    return one_line(visible(text))


def literal(text: str) -> str:
    """Return a text on one line as Markdown that shows it literally."""
    return words(visible(text))
