"""A LocalListener over a relay: the worker says, before each piece of data, which process inside sent it."""

from __future__ import annotations

import socket

from sandbox.inside.link import PIECE
from sandbox.inside.stream import CHUNK
from sandbox.session import LocalConnection


class RelayedListener:
    """A listener at an abstract address inside, whose connections appear here."""

    def __init__(self, listener: socket.socket, name: str) -> None:
        listener.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._socket = listener
        self.name = name

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> LocalConnection:
        return _Connection(self._socket.accept()[0])

    def close(self) -> None:
        """Close the socket; later connections are dropped."""
        self._socket.close()


class _Connection:
    """One connection to the listener."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._socket = connection
        self._buffer = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, int]:
        """Return one whole piece, reading no further than its end, so that the rest makes the socket readable again."""
        if len(self._buffer) < PIECE.size and not self._filled(PIECE.size):
            return b"", 0
        sender, length = PIECE.unpack_from(self._buffer)
        if length > CHUNK:
            raise ConnectionAbortedError("the worker relayed more data than it may")
        if not self._filled(PIECE.size + length):
            return b"", 0
        data = bytes(self._buffer[PIECE.size :])
        self._buffer.clear()
        return data, sender

    def _filled(self, size: int) -> bool:
        """Read until the buffer has this many bytes; return False at the end. Raises BlockingIOError."""
        while len(self._buffer) < size:
            data = self._socket.recv(size - len(self._buffer))
            if not data:
                return False
            self._buffer += data
        return True

    def send(self, data: bytes) -> None:
        """Send everything or break the connection, without waiting for any process inside."""
        if self._socket.send(data) != len(data):
            raise ConnectionAbortedError("the other end is not reading")

    def close(self) -> None:
        self._socket.close()
