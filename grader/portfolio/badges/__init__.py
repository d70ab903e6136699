"""`grader badge`: the framework's eight badges, earned by signed files and issued as Open Badges 3.0 credentials.

    signed reports that count for the person (../counting.py)
             |
             v
    badge_rules.py    the table of the eight badges, and what each requires
    badge_office.py   an issuer's folder: who issues, what was issued, what was revoked, what to publish
    drawing.py        the picture of a badge, as SVG
    png_carrier.py    the pictures in `pictures/`, and credentials in PNG
    open_badges.py    the credentials: signed, put into pictures, verified, revoked; alone imports openbadgeslib
    badge_check.py    a badge from anybody: who issued it, to whom, and whether it still holds
    badge_files.py    the badges in a portfolio, for the dashboard

openbadgeslib is an optional dependency, the extra `badges`. Importing `open_badges` without it raises MissingBadges,
which says what to install; so other modules import it inside functions.
"""

from __future__ import annotations

from grader.errors import UserError

INSTALL = "pip install 'senior-python-grader[badges]'"


class MissingBadges(UserError):
    """The optional dependency is not installed."""

    def __init__(self) -> None:
        super().__init__(
            f"badges are read and written by openbadgeslib, which is not installed. Install it with: {INSTALL}"
        )
