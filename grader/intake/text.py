"""Rules for the bytes of a Python file, so that every tool reads the same lines and the same code as a person does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.intake.refusal import Refusal, Remark, shown
from grader.model import Finding, Struct

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COOKIE = re.compile(r"[ \t]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF_8 = re.compile(r"utf[-_]?8(-unix)?", re.IGNORECASE)
_FORBIDDEN = (
    (
        Refusal.LINE_BREAK,
        re.compile("\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"),
        "contains {code} on line {line}, a character that only some tools treat as the end of a line.",
    ),
    (
        Refusal.CONTROL_CHARACTER,
        re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]"),
        "contains the control character {code} on line {line}.",
    ),
    (
        Refusal.BIDI,
        re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"),
        "contains {code} on line {line}, a character that reorders the text around it.",
    ),
)


class DecodedText(Struct, frozen=True, kw_only=True):
    """A file's content and its problems."""

    text: str
    reasons: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()


def decoded(path: str, content: bytes, *, is_code: bool = True) -> DecodedText:
    """Return the content as text. A byte order mark is dropped; line endings are left as they are.

    Only code can declare its own encoding.
    """
    if _is_utf_16(content):
        found = Refusal.ENCODING.found("is encoded as UTF-16, not as UTF-8.", file=path, line=1)
        return DecodedText(text="", reasons=(found,))
    try:
        text = content.removeprefix(_BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = Refusal.ENCODING.found(
            f"is not valid UTF-8: see byte {error.start + 1}, on line {line}.", file=path, line=line
        )
        return DecodedText(text="", reasons=(found,))
    marked = content.startswith(_BYTE_ORDER_MARK)
    notices = (
        (Remark.BYTE_ORDER_MARK.noted(f"The byte order mark of {shown(path)} was dropped.", file=path),)
        if marked
        else ()
    )
    cookies = _cookie(path, text) if is_code else ()
    return DecodedText(text=text, reasons=(*cookies, *_characters(path, text)), notices=notices)


def _is_utf_16(content: bytes) -> bool:
    """Return whether the content begins with UTF-16's byte order mark, or like ASCII text in UTF-16 without one."""
    first = content[:200]
    return first.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        len(first) > 3 and any(first[start::2].count(0) > len(first) // 3 for start in (0, 1))
    )


def _cookie(path: str, text: str) -> Iterator[Finding]:
    # Python heeds the second line only below a comment or a blank; other tools look at both, so we do as well.
    for number, line in enumerate(text.split("\n", 2)[:2], start=1):
        cookie = _COOKIE.match(line)
        if cookie and not _UTF_8.fullmatch(cookie[1]):
            message = f"declares the encoding {cookie[1][:40]!r} on line {number}."
            yield Refusal.CODING_COOKIE.found(message, file=path, line=number)


def _characters(path: str, text: str) -> Iterator[Finding]:
    for refusal, pattern, message in _FORBIDDEN:
        if hit := pattern.search(text):
            line = text.count("\n", 0, hit.start()) + 1
            code = f"U+{ord(hit[0]):04X}"
            yield refusal.found(message.format(code=code, line=line), file=path, line=line)
