"""A sentence with `code` in it, as HTML: everything is escaped, and text between backticks becomes code."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from grader.report.visible import one_line

_CODE = re.compile(r"`([^`]+)`")


def prose(text: str) -> Markup:
    """Return the text on one line; an unpaired backtick stays as it is."""
    words = _CODE.split(one_line(text))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(words)
    )
