"""The store of the small Redis: values that expire by the suite's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from grader.suite.resp.protocol import Failed, Reply, Simple

KEYS = 4_096
"""The maximum number of keys; further ones are refused, as by a server whose memory is used up."""
MOST_MILLISECONDS = 10**12
OK = Simple("OK")
SYNTAX = Failed("ERR syntax error")


class _Entry(NamedTuple):
    value: bytes
    ends: float | None


class SetOptions(NamedTuple):
    """The options after key and value in SET."""

    px: int | None = None
    """Milliseconds until the value expires."""
    nx: bool = False
    xx: bool = False


def set_options(words: Sequence[bytes]) -> SetOptions | Failed:
    """Read the options of SET: NX or XX, and PX or EX with a number."""
    px: int | None = None
    flags: set[bytes] = set()
    left = [word.upper() for word in words]
    while left:
        word = left.pop(0)
        if word in (b"NX", b"XX") and not flags:
            flags.add(word)
        elif word in (b"PX", b"EX") and px is None and left:
            digits = left.pop(0)
            if not digits.isdigit() or len(digits) > 13:
                return Failed("ERR value is not an integer or out of range")
            px = int(digits) * (1000 if word == b"EX" else 1)
            if not 0 < px <= MOST_MILLISECONDS:
                return Failed("ERR invalid expire time in 'set' command")
        else:
            return SYNTAX
    return SetOptions(px, b"NX" in flags, b"XX" in flags)


class Store:
    """Values by key. `clock` returns seconds; nothing expires unless the clock moves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[bytes, _Entry] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value, unless it has expired."""
        entry = self._entries.get(key)
        if entry is not None and entry.ends is not None and entry.ends <= self._clock():
            del self._entries[key]
            return None
        return entry.value if entry is not None else None

    def set(self, key: bytes, value: bytes, options: SetOptions) -> Reply:
        """Store a value; return None if NX or XX forbids it."""
        there = self.get(key) is not None
        if (options.nx and there) or (options.xx and not there):
            return None
        if not there and len(self._entries) >= KEYS:
            return Failed("OOM command not allowed when used memory > 'maxmemory'.")
        ends = None if options.px is None else self._clock() + options.px / 1000
        self._entries[key] = _Entry(value, ends)
        return OK

    def delete(self, keys: Sequence[bytes]) -> int:
        """Delete values; return how many existed."""
        return sum(self.get(key) is not None and self._entries.pop(key) is not None for key in dict.fromkeys(keys))
