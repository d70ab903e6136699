"""The inside end of `grader.suite.Meeting`: connects to its address, announces an arrival, and waits for the release.

    with MeetingPlace(address) as place:
        word = place.arrive("job 7")        # returns when the group is released, with a word that was drawn outside
        place.arrive(digest(word))          # a second meeting, for those that did the work of the first

The trusted side speaks first, and each `arrive` exchanges one line each way.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from types import TracebackType

MOST = 1024


class MeetingPlace:
    """A connection to a meeting. It blocks, and cannot be pickled: make it in the process that is to be seen."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"\0{address}")
        self._line()

    def arrive(self, text: str) -> str:
        """Announce our arrival and return the word of release. Raises ConnectionError if there is none."""
        self._socket.sendall(f"{text}\n".encode())
        return self._line()

    def _line(self) -> str:
        data = b""
        while not data.endswith(b"\n"):
            part = self._socket.recv(MOST)
            if not part:
                raise ConnectionError("the meeting is over")
            data += part
        return data.decode().rstrip("\n")

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> MeetingPlace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def meet(address: str, text: str) -> str:
    """Meet once: connect, arrive, be released, leave."""
    with MeetingPlace(address) as place:
        return place.arrive(text)


class AsyncMeetingPlace:
    """A connection for coroutines: `async with AsyncMeetingPlace(address) as place: await place.arrive("job 7")`."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def __aenter__(self) -> AsyncMeetingPlace:
        import asyncio  # only those who meet in coroutines pay for it

        streams = await asyncio.open_unix_connection(f"\0{self._address}")
        self._reader: StreamReader
        self._writer: StreamWriter
        self._reader, self._writer = streams
        await self._line()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def arrive(self, text: str) -> str:
        """Announce our arrival and return the word of release. Raises ConnectionError if there is none."""
        self._writer.write(f"{text}\n".encode())
        await self._writer.drain()
        return await self._line()

    async def _line(self) -> str:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the meeting is over")
        return line.decode().rstrip("\n")
