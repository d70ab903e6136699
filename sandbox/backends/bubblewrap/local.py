"""A LocalListener over a socket made in the sandbox: the kernel translates the number of each sender."""

from __future__ import annotations

import socket
from pathlib import Path

from sandbox.inside.link import receive_credited
from sandbox.session import LocalConnection

_PIECE = 1 << 16


class Listener:
    """A listener at an abstract address inside."""

    def __init__(self, listener: socket.socket, name: str) -> None:
        listener.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._socket = listener
        self.name = name

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> LocalConnection:
        return _Connection(self._socket.accept()[0])

    def close(self) -> None:
        self._socket.close()


class _Connection:
    """One connection to the listener."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._socket = connection

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, int]:
        """Return data that one process has sent, and that process's number inside."""
        data, sender = receive_credited(self._socket, _PIECE)
        return data, _number_inside(sender) if data else 0

    def send(self, data: bytes) -> None:
        """Send everything or break the connection, without waiting for any process inside."""
        if self._socket.send(data) != len(data):
            raise ConnectionAbortedError("the other end is not reading")

    def close(self) -> None:
        self._socket.close()


def _number_inside(pid: int) -> int:
    """Return a process's number in its innermost PID namespace, or 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[-1]) for line in lines if line.startswith(b"NSpid:")), 0)
