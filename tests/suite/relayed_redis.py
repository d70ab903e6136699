"""The kit's front before a real redis-server, which keeps the values: for tests that compare it with the kit's store.

A hidden suite runs in a process that imports nothing of the tests, so a test writes the text of this module into a copy
of the suite, with the server's address in place of SOCKET.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence

from grader.suite.resp.front import Redis as Front
from grader.suite.resp.protocol import Failed, Reply, Simple
from grader.suite.resp.store import SetOptions, Store

SOCKET = "where the server listens"
STRETCH = 10_000
"""One of the suite's seconds in the server's seconds: whatever expires does so by the suite's clock alone."""


class ServerStore(Store):
    """The values of a real server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._then = clock()
        self._lock = threading.Lock()  # a suite looks into the store while the front serves it
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(SOCKET)
        self._stream = connection.makefile("rwb")
        connection.close()
        self._ask(b"FLUSHALL")

    def get(self, key: bytes) -> bytes | None:
        with self._lock:
            self._move()
            value = self._ask(b"GET", key)
        assert value is None or isinstance(value, bytes)
        return value

    def set(self, key: bytes, value: bytes, options: SetOptions) -> Reply:
        words = [b"NX"] * options.nx + [b"XX"] * options.xx
        if options.px is not None:
            words += [b"PX", b"%d" % (options.px * STRETCH)]
        with self._lock:
            self._move()
            return self._ask(b"SET", key, value, *words)

    def delete(self, keys: Sequence[bytes]) -> int:
        with self._lock:
            self._move()
            count = self._ask(b"DEL", *keys)
        assert isinstance(count, int)
        return count

    def _move(self) -> None:
        """Bring the ends of all values as much closer as the suite's clock has moved."""
        moved, self._then = self._clock() - self._then, self._clock()
        keys = self._ask(b"KEYS", b"*") if moved else ()
        assert isinstance(keys, tuple)
        for key in keys:
            left = self._ask(b"PTTL", key)
            assert isinstance(left, int)
            if left >= 0:
                self._ask(b"PEXPIRE", key, b"%d" % (left - round(moved * 1000 * STRETCH)))

    def _ask(self, *words: bytes) -> Reply:
        self._stream.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
        self._stream.flush()
        return self._reply()

    def _reply(self) -> Reply:
        line = self._stream.readline()[:-2]
        match line[:1], line[1:]:
            case b"+", text:
                return Simple(text.decode())
            case b"-", text:
                return Failed(text.decode())
            case b":", digits:
                return int(digits)
            case b"$", b"-1":
                return None
            case b"$", digits:
                return self._stream.read(int(digits) + 2)[:-2]
            case b"*", digits:
                return tuple(self._reply() for _ in range(int(digits)))
            case _:
                raise AssertionError(line)


class RelayedRedis(Front):
    """The front, before a real server."""

    def empty_store(self) -> Store:
        return ServerStore(self.clock)
