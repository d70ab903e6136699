"""Frames on one byte stream, for backends that cannot pass descriptors into their sandboxes.

    frame   channel (4 bytes, big-endian), kind (1), length of the payload (4), payload

    channel 0                ORDER, both ways: JSON; `contained.py` lists the messages
    channel of a child       REQUESTS in; ANSWERS, STDOUT, STDERR out; CLOSED: no more answers; ENDED: the process ended
    channel of a connection  OPEN out, with the port; DATA, EOF, DROP and CREDIT both ways (`link.py`)

Children and connections are numbered by whoever makes them: the outside gives children even numbers, and the inside
gives connections odd ones.
"""

from __future__ import annotations

import struct

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Iterator

ORDER, REQUESTS, ANSWERS, STDOUT, STDERR, CLOSED, ENDED, OPEN, DATA, EOF, DROP, CREDIT = range(12)
HEAD = struct.Struct(">IBI")
CHUNK = 1 << 16
"""Payloads are cut into pieces of at most this many bytes; only an ORDER may be longer."""
LONGEST = 1 << 20


class Malformed(ValueError):
    """The bytes are not frames."""


def frames(channel: int, kind: int, payload: bytes = b"") -> bytes:
    """Return `payload` as framed bytes."""
    if len(payload) <= CHUNK or kind == ORDER:
        return HEAD.pack(channel, kind, len(payload)) + payload
    parts = (payload[start : start + CHUNK] for start in range(0, len(payload), CHUNK))
    return b"".join(HEAD.pack(channel, kind, len(part)) + part for part in parts)


class Parser:
    """Parses incoming bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield every frame that is complete now. Raises Malformed."""
        self._buffer += data
        while len(self._buffer) >= HEAD.size:
            channel, kind, length = HEAD.unpack_from(self._buffer)
            if kind > CREDIT or length > (LONGEST if kind == ORDER else CHUNK):
                raise Malformed(f"a frame of kind {kind} announces {length} bytes")
            if len(self._buffer) < HEAD.size + length:
                return
            payload = bytes(self._buffer[HEAD.size : HEAD.size + length])
            del self._buffer[: HEAD.size + length]
            yield channel, kind, payload
