"""Text from the untrusted side, made fit for a terminal and a report."""

from __future__ import annotations


def visible(text: str, *, most: int, lines: bool = False) -> str:
    """Return `text` with everything that could steer a terminal or reorder a line written as an escape.

    Control and format characters (bidi controls among them), surrogates and unassigned code points become `\\x1b` and
    the like. `lines` keeps line feeds and tabs. Text beyond `most` characters is cut, and the cut is marked.
    """
    cut = text if len(text) <= most else text[:most] + "…"
    if cut.isprintable():
        return cut
    kept = "\n\t" if lines else ""
    shown = "".join(char if char.isprintable() or char in kept else _escaped(char) for char in cut)
    return shown if len(shown) <= most + 1 else shown[:most] + "…"


def _escaped(char: str) -> str:
    if char.isspace() and not char.isascii():
        return " "
    return char.encode("unicode_escape").decode("ascii")


def tail(data: bytes, *, most: int) -> str:
    """Return the last characters of a stream written by the untrusted side."""
    return visible(data[-most * 4 :].decode("utf-8", "replace")[-most:].strip(), most=most, lines=True)
