"""A module under test as tests meet it: every call is answered from outside. README.md is its specification."""

from __future__ import annotations

from suite_inside.remote import REMOTE, result


def encode(text: str) -> str:
    """Return the code of a text. Raises ValueError if it is too long."""
    return result(REMOTE.function("encode", text), {})  # type: ignore[no-any-return]  # whatever it is


def decode(code: str) -> str:
    """Return the text with this code. Raises ValueError if there is none."""
    return result(REMOTE.function("decode", code), {})  # type: ignore[no-any-return]  # whatever it is
