"""A page's links to the one before it and the one after it, inserted once all pages are known."""

from __future__ import annotations

import re
from typing import NamedTuple

from markupsafe import Markup

from grader.report.visible import one_line, visible

BEGIN, END = Markup("<!-- among others -->"), Markup("<!-- end -->")
"""Nothing in a report can look like these, because reports are escaped."""
AMONG = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)


class Neighbour(NamedTuple):
    """Another page in the same folder."""

    address: str
    title: str


def links(before: Neighbour | None, after: Neighbour | None) -> str:
    """Return the part of a page that `AMONG` matches, with links to the page's neighbours."""
    parts = [
        Markup('<a href="{}" rel="{}">{}: {}</a>').format(each.address, rel, word, one_line(visible(each.title)))
        for each, rel, word in ((before, "prev", "Before"), (after, "next", "Next"))
        if each is not None
    ]
    return f"{BEGIN}{' '.join(parts)}{END}"
