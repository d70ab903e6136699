"""One connection carried over the stream: a socket at each end, and as much under way as the other end has room for.

The same on both sides of the wall: inside the socket was accepted on 127.0.0.1, outside it is connected to the trusted
server.
"""

from __future__ import annotations

import selectors
import socket

from . import stream

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable

WINDOW = 1 << 18
"""Bytes in one direction that the far end has not passed on yet."""
MOST = 512
"""Connections at a time."""


class Link:
    """One end of a connection. `send(kind, payload)` carries to the other."""

    def __init__(self, connection: socket.socket, send: Callable[[int, bytes], None]) -> None:
        connection.setblocking(False)  # noqa: FBT003 # it has no keyword
        self.socket = connection
        self._send = send
        self._pending = bytearray()
        self._credit = WINDOW
        self._comes = self._goes = True
        """Whether the socket may still bring something, and still be given something."""
        self._last_came = False

    @property
    def is_over(self) -> bool:
        """Whether both directions have ended."""
        return not self._comes and not self._goes

    def interest(self) -> int:
        """What to wait for, as the selector takes it; 0 for nothing now."""
        reads = selectors.EVENT_READ if self._comes and self._credit > 0 else 0
        return reads | (selectors.EVENT_WRITE if self._pending else 0)

    def ready(self, events: int) -> None:
        """Carry what can be carried now."""
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
        """Take a frame of the other end. Raises Malformed for more than there was room for."""
        if kind == stream.DATA:
            if self._goes:
                self._pending += payload
            if len(self._pending) > WINDOW:
                raise stream.Malformed("a connection brings more than there is room for")
        elif kind == stream.EOF:
            self._last_came = True
            self._finish()
        elif kind == stream.CREDIT:
            self._credit = min(WINDOW, self._credit + int.from_bytes(payload, "big"))
        elif kind == stream.DROP:
            self._comes = self._goes = False

    def drop(self) -> None:
        """Give the connection up, and tell the other end."""
        if not self.is_over:
            self._comes = self._goes = False
            self._send(stream.DROP, b"")

    def _read(self) -> None:
        data = self.socket.recv(min(stream.CHUNK, self._credit))
        if data:
            self._credit -= len(data)
            self._send(stream.DATA, data)
        else:
            self._comes = False
            self._send(stream.EOF, b"")

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
