"""A trusted HTTP server, served into the sandbox: what a submission does to it is counted outside.

    with Site(submission.listen(), submission.listen()) as site:
        a, b = site.url("/a"), site.url("/b", host=1)
        seen = site.begin({a: [Reply(503), Reply(body=b"late")], b: [Reply(body=b"here")]})
        submission.call("fetch", [a, b])
        assert [arrival.url for arrival in seen.arrivals] == [a, b, a]

Each listening socket is a host. `begin` starts a new round, with counters of its own (see `grader.suite.http.round`).
What the server parses is hostile, so everything is capped.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from grader.suite.http.round import POLL_SECONDS, Arrival, Hold, Manner, Reply, Round
from grader.suite.serving import Service

__all__ = ["Arrival", "Hold", "Manner", "Reply", "Round", "Site"]

HEAD_BYTES = 16_384
CONNECTIONS = 256
"""The maximum number of open connections; further ones are closed at once."""
REQUESTS = 5000
"""The maximum number of requests in one round; further ones are neither counted nor answered."""
IDLE_SECONDS = 10.0
"""The longest time for which a client may keep a connection without a request, or leave an answer unfinished."""
TRICKLE_SECONDS = 0.02
CUT_BYTES = 7
"""The number of bytes that are missing from a cut body."""
BROKEN = (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)


class Site(Service):
    """Serves pages on one or more listening sockets, each a host, from its own thread."""

    room = HEAD_BYTES

    def __init__(self, *entrances: tuple[socket.socket, int]) -> None:
        super().__init__(*entrances)
        self._round = Round({})
        self._open = 0

    def url(self, path: str, *, host: int = 0) -> str:
        """Return the URL at which a page is reached from inside."""
        return f"http://127.0.0.1:{self.entrances[host][1]}{path}"

    def begin(self, routes: Mapping[str, Sequence[Reply]], *, hold: Hold | None = None) -> Round:
        """Start a new round with the answers to the first, second, ... request for each page; the last one is
        repeated.
        """
        self._round = Round(routes, hold)
        return self._round

    @property
    def connections(self) -> int:
        """The number of connections open now."""
        return self._open

    def settle(self, seconds: float = 2.0) -> int:
        """Wait up to `seconds` until every connection has ended; return how many are still open."""
        end = time.monotonic() + seconds
        while self._open and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        return self._open

    async def connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self.entrances[entrance][1]
        self._open += 1
        try:
            while self._open <= CONNECTIONS and await self._request(port, reader, writer):
                pass
        except BROKEN:
            self._round.strange += 1
        finally:
            self._open -= 1
            writer.transport.abort()

    async def _request(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether another one may follow on the connection."""
        head = await _head(reader)
        if head is None:
            return False
        method, path, _version = head[0].split(" ")
        round_ = self._round
        if method != "GET" or len(round_.arrivals) >= REQUESTS:
            raise ValueError(f"not served: {method}")
        keep = "connection:close" not in {line.lower().replace(" ", "") for line in head[1:]}
        return await _Answer(round_, f"http://127.0.0.1:{port}{path}", reader, writer, keep=keep).give()


@dataclass
class _Answer:
    """One request that is being answered."""

    round: Round
    url: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    keep: bool

    async def give(self) -> bool:
        """Answer the request; return whether another one may follow on the connection."""
        reply = self.round.arrive(self.url)
        finite = reply.manner in (Manner.WHOLE, Manner.CUT)
        stayed = False
        try:
            stayed = await self._while_there(self._prepare(reply))
        finally:
            self.round.leave(self.url, complete=stayed and finite)
        return stayed and finite and await self._send(reply)

    async def _while_there(self, work: Coroutine[None, None, None]) -> bool:
        """Do the work; return False if the client leaves before the work is done."""
        working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(self.reader.read(1))
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and leaving.result():
                raise ValueError("the client sent more data before its request was answered")
            return working.done() and not leaving.done()
        finally:
            for task in (working, leaving):
                task.cancel()
            await asyncio.gather(working, leaving, return_exceptions=True)

    async def _prepare(self, reply: Reply) -> None:
        """Do everything that happens while the request counts as in flight."""
        await self.round.until_due(reply)
        match reply.manner:
            case Manner.WHOLE | Manner.CUT:
                return
            case Manner.STALLED:
                await asyncio.sleep(IDLE_SECONDS)
            case Manner.TRICKLING:
                await self._trickle(reply)
            case _:
                assert_never(reply.manner)

    async def _trickle(self, reply: Reply) -> None:
        self.writer.write(_head_of(reply, length=1 << 20, keep=True))
        end = time.monotonic() + IDLE_SECONDS
        while time.monotonic() < end:
            self.writer.write(b"x")
            await asyncio.sleep(TRICKLE_SECONDS)

    async def _send(self, reply: Reply) -> bool:
        cut = reply.manner is Manner.CUT
        self.writer.write(_head_of(reply, length=len(reply.body) + CUT_BYTES * cut, keep=self.keep) + reply.body)
        await asyncio.wait_for(self.writer.drain(), IDLE_SECONDS)
        if self.keep and not cut:
            return True
        self.writer.close()
        await self.writer.wait_closed()
        return False


async def _head(reader: asyncio.StreamReader) -> list[str] | None:
    """Return the lines of a request's head, or None if the client sends no more requests."""
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except TimeoutError:
        return None
    return head.decode("latin-1").split("\r\n")


def _head_of(reply: Reply, *, length: int, keep: bool) -> bytes:
    fields = [*reply.headers, ("Content-Length", str(length)), ("Connection", "keep-alive" if keep else "close")]
    lines = [f"HTTP/1.1 {reply.status} Answer", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
