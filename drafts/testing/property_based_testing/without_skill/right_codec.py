"""The implementation that came with the brief, as an oracle."""

from __future__ import annotations

import re
from itertools import groupby

MARK = "~"
SHORTEST = 4
LONGEST_TEXT = 9_999
TOKEN = re.compile(r"~([1-9][0-9]{0,3});(.)|([^~])", re.DOTALL)


def encode(text: str) -> str:
    """Return the code of a text. Raises ValueError if it is too long."""
    if len(text) > LONGEST_TEXT:
        raise ValueError("this text is too long")
    return "".join(_written(character, len(list(run))) for character, run in groupby(text))


def decode(code: str) -> str:
    """Return the text with this code. Raises ValueError if there is none."""
    text = TOKEN.sub(lambda token: token[3] or token[2] * int(token[1]), code)
    if encode(text) != code:
        raise ValueError("this is the code of no text")
    return text


def _written(character: str, count: int) -> str:
    return f"{MARK}{count};{character}" if count >= SHORTEST or character == MARK else character * count
