"""The outside end of a container's attached stream: one thread carries the frames for all that wait for them.

    order      one message to the worker, one report back
    Mailbox    what came from one child and has not been read yet
    serve      connections made inside to a port appear at a listening socket here

Whatever arrives is only as trustworthy as the container, so it is bounded: anything more or other than was asked for
ends the stream, and with it the container.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from sandbox.inside import stream
from sandbox.inside.link import MOST, WINDOW, Link, is_current

_HEAD = struct.Struct(">BxxxI")
_STDERR = 2
_WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_MOST_REPORTS = 4
_ROOM = 1 << 16

Found = TypeVar("Found")


class StreamLost(Exception):
    """The stream ended, or carried something that is not allowed."""


class Mailbox:
    """The frames that one child has sent."""

    def __init__(self, *, answer: int, output: int) -> None:
        self.answers = bytearray()
        self.printed = {stream.STDOUT: bytearray(), stream.STDERR: bytearray()}
        self.closed = self.ended = False
        self._most = answer + 4 * stream.CHUNK
        self._output = output

    def take(self, kind: int, payload: bytes) -> None:
        """Store one frame. Raises Malformed."""
        if kind == stream.ANSWERS:
            self.answers += payload
        elif kind in self.printed:
            self.printed[kind] += payload[: self._output - len(self.printed[kind])]
        elif kind == stream.CLOSED:
            self.closed = True
        elif kind == stream.ENDED:
            self.ended = True
        if len(self.answers) > self._most:
            raise stream.Malformed("the worker passed on a longer answer than it may")


class _Attached:
    """The engine's framing of the container's two output streams."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the payload of every complete piece, and the stream that it belongs to."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            which, length = _HEAD.unpack_from(self._buffer)
            if len(self._buffer) < _HEAD.size + length:
                return
            payload = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
            del self._buffer[: _HEAD.size + length]
            yield which, payload


class Stream:
    """The streams of one attached container."""

    def __init__(self, connection: socket.socket, keeper: object = None) -> None:
        """Take over a connection, and hold the object that would otherwise close it."""
        connection.settimeout(0)
        self._connection = connection
        self._keeper = keeper
        self._changed = threading.Condition()
        self._ordering = threading.Lock()
        self._attached, self._parser = _Attached(), stream.Parser()
        self._outgoing = bytearray()
        self._reports: deque[dict[str, object]] = deque()
        self._mailboxes: dict[int, Mailbox] = {}
        self._links: dict[int, Link] = {}
        self._served: dict[int, tuple[socket.AddressFamily, str | tuple[str, int]]] = {}
        self._lost: str | None = None
        self._complaint = bytearray()
        self._awake, self._alarm = socket.socketpair()
        for end in (self._awake, self._alarm):
            end.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._awake, selectors.EVENT_READ, self._woken)
        self._selector.register(connection, selectors.EVENT_READ, self._come)
        self._thread = threading.Thread(target=self._carry, name="sandbox-stream", daemon=True)
        self._thread.start()

    @property
    def complaint(self) -> bytes:
        """The beginning of what the worker wrote to standard error."""
        return bytes(self._complaint)

    # --- for those who wait ------------------------------------------------------------------------------------------

    def order(self, message: dict[str, object], *, patience: float) -> dict[str, object]:
        """Give one order and return its report. Raises StreamLost."""
        with self._ordering:
            self.send(0, stream.ORDER, json.dumps(message).encode())
            return self.report(patience=patience)

    def report(self, *, patience: float) -> dict[str, object]:
        """Return the next report. Raises StreamLost."""
        try:
            return self.wait(
                lambda: self._reports.popleft() if self._reports else None, until=time.monotonic() + patience
            )
        except TimeoutError:
            raise StreamLost(f"the worker sent nothing for {patience:g} s") from None

    def mailbox(self, number: int, *, answer: int, output: int) -> Mailbox:
        """Create the mailbox of a child that is about to be forked, and forget the previous one."""
        with self._changed:
            self._mailboxes = {number: Mailbox(answer=answer, output=output)}
            return self._mailboxes[number]

    def wait(self, look: Callable[[], Found | None], *, until: float) -> Found:
        """Wait until `look` finds something. Raises TimeoutError, and StreamLost once nothing more can come."""
        with self._changed:
            while (found := look()) is None:
                if self._lost is not None:
                    raise StreamLost(self._lost)
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._changed.wait(left)
            return found

    def send(self, channel: int, kind: int, payload: bytes = b"") -> None:
        """Queue a frame, or several, for sending."""
        with self._changed:
            self._outgoing += stream.frames(channel, kind, payload)
        with contextlib.suppress(BlockingIOError, OSError):
            self._alarm.send(b"!")

    def serve(self, port: int, listener: socket.socket) -> None:
        """Make connections to `port` inside appear at `listener`."""
        with self._changed:
            self._served[port] = listener.family, listener.getsockname()

    def close(self) -> None:
        """End the stream and its connections. Idempotent."""
        with self._changed:
            self._lost = self._lost or "it was closed"
        with contextlib.suppress(OSError):
            self._alarm.send(b"!")
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # --- the thread that carries -------------------------------------------------------------------------------------

    def _carry(self) -> None:
        try:
            while self._lost is None:
                with self._changed:
                    writes = selectors.EVENT_WRITE if self._outgoing else 0
                self._selector.modify(self._connection, selectors.EVENT_READ | writes, self._come)
                for key, events in self._selector.select():
                    if is_current(self._selector, key):
                        key.data(events)
            why = self._lost
        except (OSError, ValueError, struct.error) as error:
            why = f"{type(error).__name__}: {error}"
        finally:
            self._end()
        with self._changed:
            self._lost = self._lost or why
            self._changed.notify_all()

    def _end(self) -> None:
        for link in self._links.values():
            link.socket.close()
        self._selector.close()
        for end in (self._keeper, self._connection, self._awake, self._alarm):
            if (close := getattr(end, "close", None)) is not None:
                close()

    def _woken(self, _events: int) -> None:
        self._awake.recv(_ROOM)

    def _come(self, events: int) -> None:
        with contextlib.suppress(*_WAITS):
            if events & selectors.EVENT_WRITE:
                with self._changed:
                    del self._outgoing[: self._connection.send(self._outgoing)]
            if events & selectors.EVENT_READ:
                self._receive()

    def _receive(self) -> None:
        more = True
        while more:
            data = self._connection.recv(_ROOM)
            if not data:
                self._lost = "the container ended"
                return
            with self._changed:
                for source, payload in self._attached.feed(data):
                    if source == _STDERR:
                        self._complaint += payload[: _ROOM - len(self._complaint)]
                    else:
                        for frame in self._parser.feed(payload):
                            self._take(*frame)
                self._changed.notify_all()
            more = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending() > 0

    def _take(self, channel: int, kind: int, payload: bytes) -> None:
        if channel == 0:
            report = json.loads(payload)
            if type(report) is not dict or len(self._reports) >= _MOST_REPORTS:
                raise stream.Malformed("the worker sent a report that was not requested")
            self._reports.append(report)
        elif kind == stream.OPEN:
            self._connect(channel, int.from_bytes(payload, "big"))
        elif channel in self._mailboxes:
            self._mailboxes[channel].take(kind, payload)
        elif channel in self._links:
            self._links[channel].take(kind, payload)
            self._look_after(channel)

    # --- connections -------------------------------------------------------------------------------------------------

    def _connect(self, number: int, port: int) -> None:
        crowded = len(self._links) > MOST + WINDOW // stream.CHUNK
        if number in self._links or number % 2 == 0 or port not in self._served or crowded:
            raise stream.Malformed("the worker opened an invalid connection")
        family, address = self._served[port]
        connection = socket.socket(family, socket.SOCK_STREAM)
        link = self._links[number] = Link(connection, lambda kind, payload: self.send(number, kind, payload))
        if connection.connect_ex(address) not in (0, 115):
            link.drop()
        self._look_after(number)

    def _look_after(self, number: int) -> None:
        """Wait for the events that the connection needs now, or drop the connection once it is over."""
        link = self._links[number]
        if link.socket in self._selector.get_map():
            self._selector.unregister(link.socket)
        if link.is_over:
            del self._links[number]
            link.socket.close()
        elif interest := link.interest():
            self._selector.register(link.socket, interest, lambda events: self._pass_on(number, events))

    def _pass_on(self, number: int, events: int) -> None:
        self._links[number].ready(events)
        self._look_after(number)
