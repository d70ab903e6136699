"""The served part of the Redis protocol: reads commands, strictly and within caps, and writes replies.

    command   *2 CRLF $3 CRLF GET CRLF $1 CRLF k CRLF      an array of bulk strings, and nothing else
    replies   +OK  -ERR ...  :1  $1 CRLF v  *2 ...         both versions
              _  (null)  %1 ...  (map)  >3 ...  (push)     RESP3; in RESP2: $-1, an array, an array

The input is hostile. Nothing is parsed before its length is known to be within the caps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

FRAME_BYTES = 1 << 16
"""The maximum size of one command."""
WORDS = 64
"""The maximum number of words in one command."""
NUMBER_BYTES = 8
"""The maximum size of a length: its digits and its line end."""
CRLF = b"\r\n"


class Misframed(ValueError):
    """The bytes are not a command within the limits."""


class Failed(str):
    """An error reply, whose first word is its kind."""


class Simple(str):
    """A simple string, such as OK."""


class Push(tuple["Reply", ...]):
    """A message from a channel, or about a subscription to one."""


Reply: TypeAlias = "int | bytes | str | Failed | Simple | Push | Sequence[Reply] | Mapping[str, Reply] | None"


class Commands:
    """Parses incoming bytes into commands."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, ...]]:
        """Yield each complete command as its words. Raises Misframed; nothing more may be fed after that."""
        self._buffer += data
        start = 0
        while start < len(self._buffer) and (found := self._command(start)) is not None:
            words, start = found
            yield words
        del self._buffer[:start]
        if len(self._buffer) >= FRAME_BYTES:
            raise Misframed(f"a command has more than {FRAME_BYTES} bytes")

    def _command(self, start: int) -> tuple[tuple[bytes, ...], int] | None:
        """Return the words of the command at `start`, and the position at which it ends; None if it is incomplete."""
        if (head := self._number(start, b"*")) is None:
            return None
        count, at = head
        if not 1 <= count <= WORDS:
            raise Misframed(f"a command has {count} words; from 1 to {WORDS} are allowed")
        words: list[bytes] = []
        for _ in range(count):
            if (head := self._number(at, b"$")) is None:
                return None
            length, at = head
            end = at + length
            if end + len(CRLF) - start > FRAME_BYTES:
                raise Misframed(f"a command has more than {FRAME_BYTES} bytes")
            if len(self._buffer) < end + len(CRLF):
                return None
            if self._buffer[end : end + len(CRLF)] != CRLF:
                raise Misframed("a word is longer than announced")
            words.append(bytes(self._buffer[at:end]))
            at = end + len(CRLF)
        return tuple(words), at

    def _number(self, at: int, mark: bytes) -> tuple[int, int] | None:
        """Return the number after a mark, and the position at which its line ends; None while the line is
        incomplete.
        """
        line = bytes(self._buffer[at : at + 1 + NUMBER_BYTES])
        if line[:1] not in (mark, b""):
            raise Misframed(f"{mark.decode()} was expected, not {line[:1]!r}")
        digits, end, _rest = line[1:].partition(CRLF)
        if not end and len(line) < 1 + NUMBER_BYTES and digits.rstrip(b"\r").isdigit() | (digits in (b"", b"\r")):
            return None
        if not end or not digits.isdigit() or (digits[:1] == b"0" and len(digits) > 1):
            raise Misframed(f"{digits!r} is not a length")
        return int(digits), at + 1 + len(digits) + len(CRLF)


def encoded(reply: Reply, *, version: int) -> bytes:
    """Return a reply as RESP2 or RESP3."""
    match reply:
        case None:
            return b"_\r\n" if version == 3 else b"$-1\r\n"
        case Failed():
            return f"-{reply}\r\n".encode()
        case Simple():
            return f"+{reply}\r\n".encode()
        case int():
            return b":%d\r\n" % reply
        case str() | bytes():
            data = reply.encode() if isinstance(reply, str) else reply
            return b"$%d\r\n%b\r\n" % (len(data), data)
        case Mapping():
            items = [part for pair in reply.items() for part in pair]
            mark = b"%%%d\r\n" % len(reply) if version == 3 else b"*%d\r\n" % len(items)
            return mark + b"".join(encoded(item, version=version) for item in items)
        case _:
            mark = b">" if version == 3 and isinstance(reply, Push) else b"*"
            return b"%b%d\r\n" % (mark, len(reply)) + b"".join(encoded(item, version=version) for item in reply)
