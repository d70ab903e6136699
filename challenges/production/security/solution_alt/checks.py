"""What may come in. Each function returns what it was given, made plain, or raises Unsound."""

from __future__ import annotations

import string
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

NAME = set(string.ascii_lowercase + string.digits + ".-")
FILE = set(string.ascii_letters + string.digits + " ._-")
LONGEST = {"title": 200, "body": 2**16}


class Unsound(ValueError):
    """Something that came in is not as it has to be."""


def _sized(text: str | bytes, low: int, high: int) -> None:
    if not low <= len(text) <= high:
        raise Unsound(f"{low} to {high} characters")


def user_name(name: str) -> str:
    _sized(name, 3, 32)
    if not set(name) <= NAME or "" in name.replace("-", ".").split("."):
        raise Unsound("letters and digits, with single separators")
    return name


def password(text: str) -> str:
    _sized(text, 8, 128)
    return text


def fields(given: Mapping[str, object]) -> dict[str, str]:
    checked = {}
    for name, value in given.items():
        if name not in LONGEST or not isinstance(value, str):
            raise Unsound("title and body, as text")
        _sized(value, 0, LONGEST[name])
        checked[name] = value.rstrip()
    return checked


def searched(text: str) -> str:
    _sized(text, 0, 200)
    return text


def file_name(name: str) -> str:
    _sized(name, 1, 3 * 100)
    plain = unquote_to_bytes(name).decode("ascii", "replace")
    _sized(plain, 1, 100)
    if not set(plain) <= FILE or plain[0] == ".":
        raise Unsound("letters, digits, spaces, dots, underscores and hyphens")
    return plain


def content(data: bytes) -> bytes:
    _sized(data, 0, 2**18)
    return data
