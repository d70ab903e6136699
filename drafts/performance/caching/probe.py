"""Runs one node: drawn steps on a `Cache` whose loads are requests to a server outside, one line each.

A node stays open between calls, and its event loop runs only during calls. Time is a clock that only steps move.
"""

from __future__ import annotations

import asyncio
from asyncio import Runner, SelectorEventLoop, StreamReader, StreamWriter, Task
from selectors import SelectSelector
from typing import Any

from probe_kit import Clock, plain
from probe_kit.running import unfinished_tasks
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

import cache as candidate

PATIENCE = 5.0
"""Seconds in which a `get` that was begun reaches its load or ends, on a busy machine, too."""
JOINING = 0.03
"""Seconds for a `get` of a key that is being loaded, which may just wait."""
POLLS, PAUSE = 400, 0.01
"""How often, and with which pause in seconds, a node is asked whether it has read a message."""

UNTIMED = {"socket_timeout": None, "socket_connect_timeout": None}
"""With a timeout of its own, redis-py calls `asyncio.wait_for`, which loses cancellations before Python 3.12."""


class Refused(Exception):
    """What a load raises when the server says so."""


class Source:
    """The loads: a request and a reply on one connection, and a gate that keeps some keys waiting afterwards."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writer = writer
        self._replies: dict[str, asyncio.Future[str]] = {}
        self._sent = 0
        self._reading = asyncio.create_task(self._read(reader))
        self.held: set[str] = set()
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()
        self.loading: list[str] = []

    async def load(self, key: str) -> str | None:
        self.loading.append(key)
        self.entered.set()
        try:
            self._sent += 1
            number = f"{self._sent:x}"
            self._replies[number] = asyncio.get_running_loop().create_future()
            self._writer.write(f"{number} {key.encode().hex()}\n".encode())
            reply = await self._replies[number]
            if key in self.held:
                await self.gate.wait()
        finally:
            self.loading.remove(key)
        if reply.startswith("e"):
            raise Refused(reply)
        return None if reply == "n" else bytes.fromhex(reply[1:]).decode()

    async def _read(self, reader: StreamReader) -> None:
        while line := await reader.readline():
            number, _, reply = line.decode().strip().partition(" ")
            self._replies.pop(number).set_result(reply)

    def close(self) -> None:
        self._reading.cancel()
        self._writer.transport.abort()


class Node:
    """One process with its cache, and the steps that it is asked to take."""

    def __init__(self) -> None:
        self._runner = Runner(loop_factory=lambda: SelectorEventLoop(SelectSelector()))
        self._clock = Clock(1000.0)
        self._begun: list[Task[Any]] = []
        self._cache: Any = None

    def open(self, source: int, redis: int | None, settings: dict[str, Any], version: int) -> list[Any]:
        return self._runner.run(self._open(source, redis, settings, version))

    async def _open(self, source: int, redis: int | None, settings: dict[str, Any], version: int) -> list[Any]:
        self._source = Source(*await asyncio.open_connection("127.0.0.1", source))
        self._redis = redis and Redis(port=redis, protocol=version, retry=Retry(NoBackoff(), 0), **UNTIMED)
        shared = {"shared": self._redis} if self._redis else {}
        made = candidate.Cache(self._source.load, **settings, **shared, clock=lambda: self._clock.now)
        self._cache = await made.__aenter__()
        return ["open"]

    def run(self, steps: list[Any]) -> list[Any]:
        """Return what came of each step."""

        async def taken() -> list[Any]:
            return [await getattr(self, f"_{name}")(*arguments) for name, *arguments in steps]

        return self._runner.run(taken())

    def close(self) -> int:
        """Leave the cache, and return how many tasks are left."""

        async def left() -> int:
            await self._cache.__aexit__(None, None, None)
            self._source.close()
            if self._redis:
                await self._redis.aclose()
            await asyncio.sleep(0)
            return unfinished_tasks()

        with self._runner:
            return self._runner.run(left())

    # --- steps -------------------------------------------------------------------------------------------------------

    async def _get(self, *keys: str) -> list[Any]:
        """Ask for all of these at once."""
        return await asyncio.gather(*(self._asked(key) for key in keys))

    async def _asked(self, key: str) -> list[Any]:
        try:
            return ["gave", plain(await self._cache.get(key))]
        except Refused as error:
            return ["refused", *error.args]
        except asyncio.CancelledError:
            return ["cancelled"]
        except Exception as error:
            return ["raised", type(error).__name__]

    async def _wait(self, seconds: float) -> None:
        self._clock.advance(seconds)

    async def _invalidate(self, key: str) -> list[Any]:
        try:
            return ["gave", plain(await self._cache.invalidate(key))]
        except candidate.NotShared:
            return ["NotShared"]
        except (RedisError, OSError) as error:
            return ["raised", type(error).__name__]

    async def _hold(self, *keys: str) -> None:
        """From now on, loads of these keys get no further than their reply."""
        self._source.held = set(keys)
        self._source.gate.clear()

    async def _begin(self, key: str) -> None:
        """Ask, and go on when that has reached its load, or has ended, or may have joined another one."""
        source = self._source
        patience = JOINING if key in source.loading else PATIENCE
        source.entered.clear()
        task = asyncio.create_task(self._asked(key))
        self._begun.append(task)
        entered = asyncio.create_task(source.entered.wait())
        await asyncio.wait({task, entered}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        entered.cancel()

    async def _cancel(self, number: int) -> None:
        self._begun[number].cancel()
        await asyncio.sleep(0)

    async def _release(self) -> list[Any]:
        """Let all loads end, and return what came of what was begun."""
        self._source.gate.set()
        begun, self._begun = self._begun, []
        return await asyncio.gather(*begun)

    async def _until(self, key: str, old: str) -> list[Any]:
        """Ask until another answer comes, as it does when a message has been read."""
        for _ in range(POLLS):
            answer = await self._asked(key)
            if answer != ["gave", old]:
                break
            await asyncio.sleep(PAUSE)
        return answer


def refuses(settings: dict[str, Any]) -> list[Any]:
    """What becomes of a cache with these settings."""

    async def load(key: str) -> str:
        return key

    try:
        candidate.Cache(load, **settings)
    except ValueError:
        return ["ValueError"]
    return ["made"]


_node = Node()


def start(source: int, redis: int | None, settings: dict[str, Any], version: int = 3) -> list[Any]:
    """Open this process's node anew."""
    global _node
    _node = Node()
    return _node.open(source, redis, settings, version)


def run(steps: list[Any]) -> list[Any]:
    return _node.run(steps)


def stop() -> int:
    return _node.close()
