"""The picture of a badge: an SVG of our own with the badge's name, its holder, its issuer and its dates.

The same facts always give the same picture, so a check can draw it again and notice a picture that says something else
than the credential in it. Colours keep a contrast of 4.5 to 1; nothing is loaded, and no font is needed.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from rich.cells import cell_len

from grader.portfolio.badges.badge_rules import Badge
from grader.portfolio.shown import plain

SIZE = 360
WIDTH = 300
"""The width of a line of text."""
LETTER = 0.66
"""The width of a bold letter, as a share of its height; some letters are wider, so the margin is generous."""
SMALLEST = 11
"""The height of letters below which a line is shortened instead."""


class Emblem(NamedTuple):
    """The colour and the sign of a badge, on a field of 64 by 64."""

    colour: str
    path: str


EMBLEMS = {
    "python-wizard": Emblem("#1f4e8c", "M32 4 39 25 60 25 43 38 49 59 32 46 15 59 21 38 4 25 25 25Z"),
    "architecture-master": Emblem(
        "#6b3fa0", "M32 6 60 20V26H4V20ZM10 30H18V50H10ZM28 30H36V50H28ZM46 30H54V50H46ZM4 53H60V59H4Z"
    ),
    "performance-guru": Emblem("#8a4b00", "M38 4 12 36H29L24 60 52 26H34Z"),
    "testing-champion": Emblem("#1b6b3a", "M6 34 15 25 26 36 50 11 59 20 26 53Z"),
    "production-expert": Emblem(
        "#a3242f", "M32 4C42 12 45 24 44 38L54 50H42L36 60H28L22 50H10L20 38C19 24 22 12 32 4Z"
    ),
    "tech-leader": Emblem(
        "#0b6370",
        "M20 6A9 9 0 1 0 20.1 6ZM44 6A9 9 0 1 0 44.1 6Z"
        "M4 56C4 38 10 30 20 30S30 34 32 40C34 34 36 30 44 30S60 38 60 56Z",
    ),
    "problem-solver": Emblem(
        "#7a3b12", "M40 4A18 18 0 0 0 24 30L4 50 14 60 34 40A18 18 0 0 0 60 22L48 34 38 32 30 24 42 12Z"
    ),
    "knowledge-sharer": Emblem(
        "#80306b", "M4 10C14 8 24 10 30 15V56C24 51 14 49 4 51ZM60 10C50 8 40 10 34 15V56C40 51 50 49 60 51Z"
    ),
}


def drawing(badge: Badge, *, person: str, issuer: str, issued: dt.date, expires: dt.date) -> str:
    """Return the picture as an SVG document."""
    emblem = EMBLEMS[badge.id]
    title = f"{badge.name}: {plain(person)}"
    about = f"{badge.about}. Issued by {plain(issuer)} on {issued}, valid until {expires}."
    texts = "".join(
        (
            _line(badge.name, y=178, height=26, weight="bold"),
            _line(badge.about, y=206, height=15),
            _line(plain(person), y=252, height=20, weight="bold"),
            _line(f"Issued by {plain(issuer)}", y=286, height=14),
            _line(f"{issued} to {expires}", y=308, height=14),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" '
        f'role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title><desc>{escape(about)}</desc>"
        f'<rect x="4" y="4" width="352" height="352" rx="28" fill="#ffffff" stroke="{emblem.colour}" stroke-width="8"/>'
        f'<circle cx="180" cy="92" r="52" fill="{emblem.colour}"/>'
        f'<path transform="translate(148 60)" fill="#ffffff" d="{emblem.path}"/>'
        f'<path stroke="{emblem.colour}" stroke-width="2" d="M60 224H300"/>'
        f'<g fill="#1a1a1a" text-anchor="middle" font-family="system-ui, sans-serif">{texts}</g></svg>'
    )


def plain_drawing(badge: Badge) -> str:
    """Return the picture of a badge alone as an SVG document: what `pictures/` holds as PNG."""
    emblem = EMBLEMS[badge.id]
    texts = _line(badge.name, y=276, height=25, weight="bold") + _line(badge.about, y=306, height=15)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f'<rect x="4" y="4" width="352" height="352" rx="28" fill="#ffffff" stroke="{emblem.colour}" stroke-width="8"/>'
        f'<circle cx="180" cy="134" r="90" fill="{emblem.colour}"/>'
        f'<path transform="translate(124 78) scale(1.75)" fill="#ffffff" d="{emblem.path}"/>'
        f'<g fill="#1a1a1a" text-anchor="middle" font-family="system-ui, sans-serif">{texts}</g></svg>'
    )


def _line(words: str, *, y: int, height: int, weight: str = "normal") -> str:
    """Return a line of text, in smaller letters the longer it is, and shortened where they would be too small."""
    while cell_len(words) * SMALLEST * LETTER > WIDTH:
        words = f"{words[:-2]}…"
    fitting = min(height, int(WIDTH / (cell_len(words) * LETTER or 1)))
    return f'<text x="{SIZE // 2}" y="{y}" font-size="{fitting}" font-weight="{weight}">{escape(words)}</text>'
