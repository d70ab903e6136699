"""A Python file means the same to every tool and to a person, or it is refused with the line that does not."""

from __future__ import annotations

import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake.text import DecodedText, decoded


def reasons(content: bytes) -> list[tuple[str, int | None]]:
    return [(reason.id, reason.line) for reason in decoded("orm.py", content).reasons]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x = 1",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\n\ty = 2\r\n",
        "name = 'Zoë 東京 🙂'\n".encode(),
        b"# -*- coding: utf-8 -*-\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=UTF_8 :\n",
        b"# coding: utf8\n",
        b"\n\n# coding: latin-1 may be spoken of from the third line on\n",
        b"x = 'encoding: latin-1'\n",
    ],
)
def test_honest_text_is_taken(content: bytes) -> None:
    """Any script, either line end, and a coding line that says what is so anyway."""
    assert decoded("orm.py", content) == DecodedText(text=content.decode())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"# coding: latin-1\n", 1),
        (b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\n", 2),
        (b"\n  # vim: set fileencoding=unicode_escape :\n", 2),
        (b"x = 1 \n# coding=utf-7\n", 2),
        (b"# coding: utf-8-sig\n", 1),
        (b"# coding: utf-16\n", 1),
        (b"\xef\xbb\xbf# coding: rot13\n", 1),
        (b"# coding: ascii\n", 1),
    ],
)
def test_another_coding_line_is_refused(content: bytes, line: int) -> None:
    """Some tools would read other code than Python runs."""
    assert reasons(content) == [("intake.coding-cookie", line)]


@given(st.binary(max_size=60) | st.from_regex(rb"#[ -~]{0,9}coding[:=][ \t]*[-\w.]{1,12}\n", fullmatch=True))
def test_what_is_taken_is_utf_8_to_python_as_well(content: bytes) -> None:
    """Python's own reading of the coding line never finds another encoding in what was taken."""
    seen = decoded("orm.py", content)
    if not seen.reasons:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(seen.text.encode()).readline)
        assert encoding == "utf-8"


@pytest.mark.parametrize("content", [b"x = '\xff'", b"\xff\xfex\0", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"])
def test_what_is_not_utf_8_is_refused(content: bytes) -> None:
    """Latin-1, UTF-16, surrogates, overlong forms, beyond Unicode."""
    assert reasons(b"x = 1\n" + content) == [("intake.encoding", 2)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_called_that(encoding: str) -> None:
    """With a mark or without: the remedy is to save the file as UTF-8, not to write escapes."""
    seen = decoded("orm.py", "# A model.\nx = 1\n".encode(encoding))
    assert [(reason.id, reason.help) for reason in seen.reasons] == [("intake.encoding", "Save the file as UTF-8.")]
    assert "UTF-16" in seen.reasons[0].message


def test_a_byte_order_mark_is_dropped_with_a_note() -> None:
    """Editors write it, and it means nothing."""
    seen = decoded("orm.py", b"\xef\xbb\xbfx = 1\n")
    assert seen.text == "x = 1\n"
    assert [(note.id, note.file) for note in seen.notices] == [("intake.byte-order-mark", "orm.py")]


@pytest.mark.parametrize("char", ["\r", "\f", "\v", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_a_line_end_for_some_tools_only_is_refused(char: str) -> None:
    """Otherwise findings would point at the wrong line, or at a comment that is code."""
    assert reasons(f"x = 1\n# a{char}b = 2\n".encode()) == [("intake.line-break", 2)]


@given(st.text(max_size=40))
def test_lines_of_what_is_taken_are_counted_alike(text: str) -> None:
    """`splitlines` and Python's own line ends agree about every text that is taken."""
    seen = decoded("orm.py", text.encode())
    if not seen.reasons:
        assert len(seen.text.splitlines()) == len(list(io.StringIO(seen.text, newline=None)))


@pytest.mark.parametrize("char", ["\0", "\x08", "\x1b", "\x7f", "\x9b"])
def test_a_control_character_is_refused(char: str) -> None:
    """It hides code from a reader, moves a terminal's cursor, or ends the file for some tools."""
    assert reasons(f"x = 1\ny = '{char}'\n".encode()) == [("intake.control-character", 2)]


@pytest.mark.parametrize("char", ["\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c"])
def test_a_character_that_reorders_text_is_refused(char: str) -> None:
    """A reviewer must see the code that runs."""
    assert reasons(f"x = 1\n# {char}\n".encode()) == [("intake.bidi", 2)]


def test_each_kind_of_trouble_is_told_once() -> None:
    """A binary file gives three reasons and not three thousand."""
    assert len(reasons(b"\0\r\x1b\xe2\x80\xae" * 1000)) == 3


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(content: bytes) -> None:
    """Nothing that a file holds is an error of ours, and no reason is unfit to be shown."""
    for reason in decoded("orm.py", content).reasons:
        assert reason.message.isprintable()
        assert reason.message.encode()
