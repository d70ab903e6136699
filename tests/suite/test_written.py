"""What a submission wrote is read strictly, up to a bound, and breaks a promise at worst."""

from __future__ import annotations

import pytest

from grader.suite import JsonObject, Unkept, json_value


class Line(JsonObject):
    """A line with one key."""

    level: str


def test_a_line_is_read() -> None:
    """JSON of the named type comes back as a value of that type."""
    assert json_value(b'{"level": "INFO"}', Line) == Line("INFO")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"level": 1}',
        b'{"level": "INFO", "more": 1}',
        b'{"level": "INFO"} {}',
        b'{"level": NaN}',
        b'{"level": "\xff"}',
        b'{"level": "\\ud800"}',
        b'{"level": "hidden", "level": "INFO"}',
        b"[" * 60_000,
        b'{"level": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_anything_else_breaks_a_promise(data: bytes) -> None:
    """No JSON, other JSON and too much of it raise Unkept, with a message that is short."""
    with pytest.raises(Unkept) as raised:
        json_value(data, Line)
    assert len(str(raised.value)) < 400
