"""Names of persons: how they are written in files, and when two names are the same."""

from __future__ import annotations

import unicodedata

from grader.errors import UserError

LONGEST = 200
INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories of invisible characters, which could make one name look like another."""


def as_name(text: str, where: str) -> str:
    """Return a name with single spaces and composed accents. Raises UserError for what cannot be a name."""
    name = _composed(text)
    if not 2 <= len(name) <= LONGEST:
        raise UserError(
            where, f"a name must have 2 to {LONGEST} characters, got {len(name)}", "Enter a name of that length"
        )
    if any(unicodedata.category(character) in INVISIBLE for character in name):
        raise UserError(where, f"{name!a} contains invisible characters", "Type the name again")
    return name


def same_name(name: str, other: str) -> bool:
    """Return whether two names are the same, whatever their spaces and the form of their accents; an empty one is
    nobody's. Use it for what counts in somebody's favour.
    """
    return bool(name.strip()) and _composed(name) == _composed(other)


def alike(name: str, other: str) -> bool:
    """Return whether two names may be one in different spelling. Use it for what must not count in
    somebody's favour.
    """
    return _composed(unicodedata.normalize("NFKC", name).casefold()) == _composed(
        unicodedata.normalize("NFKC", other).casefold()
    )


def _composed(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())
