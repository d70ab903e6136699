"""Reads what a submission wrote, such as log lines: capped, strict, and as a value of a type that the suite names.

class Line(JsonObject):
    level: str
    fields: dict[str, Any]

line = json_value(data, Line)        # or Unkept, whatever was written
"""

from __future__ import annotations

import json as reading
from collections import Counter
from typing import TypeVar

import msgspec

from grader.inputs import json
from grader.suite.observation import Unkept

T = TypeVar("T")

MOST_BYTES = 1 << 16
SHOWN = 200
"""The number of characters of bad JSON that a candidate is shown."""


class JsonObject(msgspec.Struct, forbid_unknown_fields=True):
    """An object with exactly the keys, and the types of values, that a subclass declares."""


def json_value(data: bytes, kind: type[T], *, most: int = MOST_BYTES) -> T:
    """Decode JSON that a submission wrote.

    Raises Unkept if it is longer, is not JSON or not of this type, or has a key twice, of which readers see one.
    """
    if len(data) > most:
        raise Unkept(f"{len(data)} bytes were written, which is more than {most}")
    try:
        value = json(data, kind)
        reading.loads(data, object_pairs_hook=_without_repeats)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unkept(f"{error}: {data[:SHOWN].decode('utf-8', 'backslashreplace')}") from None
    return value


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object whose keys differ. Raises ValueError if one of them is there twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {key[:SHOWN]!r} is there twice")
    return members
