"""The base of our servers that a hidden suite serves into sandboxes, from a thread with its own event loop.

Clients are hostile, so a subclass caps everything that it reads.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from functools import partial
from types import TracebackType
from typing import Self


class Service:
    """Serves connections at one or more listening sockets. A subclass defines how a connection is served."""

    room = 1 << 14
    """The number of bytes that a stream buffers before it stops reading."""

    def __init__(self, *entrances: tuple[socket.socket, int]) -> None:
        self.entrances = entrances
        self.failure: Exception | None = None
        """The first error on our side while something was served; it is raised at the end."""
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="service", daemon=True)

    async def connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, made to the entrance with that number, until it ends."""
        raise NotImplementedError

    def soon(self, work: asyncio.Event) -> None:
        """Set one of the serving thread's events, from any thread."""
        self._loop.call_soon_threadsafe(work.set)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.soon(self._stop)
        self._thread.join()
        if self.failure is not None and error is None:
            raise self.failure

    async def _connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.connected(entrance, reader, writer)
        except Exception as error:
            self.failure = self.failure or error
        finally:
            writer.transport.abort()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        servers = [
            await asyncio.start_server(partial(self._connected, number), sock=listener, limit=self.room)
            for number, (listener, _port) in enumerate(self.entrances)
        ]
        self._started.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
