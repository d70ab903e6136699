"""One connection carried over the stream: a socket at each end, and no more in transit than the other end has room for.

The code is the same on both sides of the wall: inside, the socket was accepted on 127.0.0.1; outside, it is connected
to the trusted server. For a connection to an abstract address, the inside says, before each piece, which process sent
it:

    piece   the process's number (4 bytes, big-endian), length (4), data
"""

from __future__ import annotations

import selectors
import socket
import struct

from . import stream

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable

WINDOW = 1 << 18
"""The most bytes in one direction that the far end has not passed on yet."""
MOST = 512
"""The most connections at a time."""
PIECE = struct.Struct(">II")
CREDENTIALS = struct.Struct("=3i")
"""`struct ucred`: process, user, group."""
SCM_CREDENTIALS = 2


def is_current(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    """Return whether an event still has to be handled, not having been cancelled by an earlier one of the same round.

    By now, the socket may have been closed and its number reused.
    """
    try:
        return selector.get_key(key.fileobj) is key
    except (KeyError, ValueError):
        return False


class Link:
    """One end of a connection. `send(kind, payload)` transmits to the other end."""

    overhead = 0
    """Additional bytes that are carried with each piece."""

    def __init__(self, connection: socket.socket, send: Callable[[int, bytes], None]) -> None:
        connection.setblocking(False)  # noqa: FBT003 # it has no keyword
        self.socket = connection
        self._send = send
        self._pending = bytearray()
        self._credit = WINDOW
        self._comes = self._goes = True
        """Whether data may still come from the socket, and whether data may still go to it."""
        self._last_came = False

    @property
    def is_over(self) -> bool:
        """True once both directions have ended."""
        return not self._comes and not self._goes

    def interest(self) -> int:
        """Return the selector events to wait for; 0 if there are none now."""
        reads = selectors.EVENT_READ if self._comes and self._credit > self.overhead else 0
        return reads | (selectors.EVENT_WRITE if self._pending else 0)

    def ready(self, events: int) -> None:
        """Transmit what can be transmitted now."""
        try:
            if events & selectors.EVENT_WRITE:
                self._write()
            if events & selectors.EVENT_READ and self._comes:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self.drop()

    def take(self, kind: int, payload: bytes) -> None:
        """Take a frame from the other end. Raises Malformed if it holds more than there was room for."""
        if kind == stream.DATA:
            if self._goes:
                self._pending += payload
            if len(self._pending) > WINDOW:
                raise stream.Malformed("a connection carries more data than there is room for")
        elif kind == stream.EOF:
            self._last_came = True
            self._finish()
        elif kind == stream.CREDIT:
            self._credit = min(WINDOW, self._credit + int.from_bytes(payload, "big"))
        elif kind == stream.DROP:
            self._comes = self._goes = False

    def drop(self) -> None:
        """Give up the connection, and tell the other end."""
        if not self.is_over:
            self._comes = self._goes = False
            self._send(stream.DROP, b"")

    def _read(self) -> None:
        data = self.received(min(stream.CHUNK, self._credit) - self.overhead)
        if data:
            self._credit -= len(data)
            self._send(stream.DATA, data)
        else:
            self._comes = False
            self._send(stream.EOF, b"")

    def received(self, most: int) -> bytes:
        """Read data to be transmitted, at most `most` bytes of it; return b"" at the end of the stream."""
        return self.socket.recv(most)

    def _write(self) -> None:
        count = self.socket.send(self._pending)
        del self._pending[:count]
        self._send(stream.CREDIT, count.to_bytes(4, "big"))
        self._finish()

    def _finish(self) -> None:
        if self._goes and self._last_came and not self._pending:
            self._goes = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self._comes = False


class CreditedLink(Link):
    """The inside end of a connection to an abstract address, which names the sender of each piece."""

    overhead = PIECE.size

    def __init__(self, connection: socket.socket, send: Callable[[int, bytes], None]) -> None:
        super().__init__(connection, send)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # gVisor's does not inherit it

    def received(self, most: int) -> bytes:
        """Read one piece, which comes from a single process, because the kernel does not merge the data of several."""
        data, sender = receive_credited(self.socket, most)
        return PIECE.pack(sender, len(data)) + data if data else b""


def receive_credited(connection: socket.socket, most: int) -> tuple[bytes, int]:
    """Return data that one process has sent, and that process's number as seen from here, or 0 if it is unknown."""
    data, ancillary, _flags, _address = connection.recvmsg(most, socket.CMSG_SPACE(CREDENTIALS.size))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == SCM_CREDENTIALS and len(payload) == CREDENTIALS.size:
            return data, max(0, CREDENTIALS.unpack(payload)[0])
    return data, 0
