"""Runs nodes: drawn steps on `Cache`s whose loads are requests to a server outside, one line each.

Nodes stay open between calls, and their event loop runs only during calls. Entries age by a clock that only steps move;
the event loop's own clock runs, and steps move it on.
"""

from __future__ import annotations

import asyncio
from asyncio import Future, Runner, SelectorEventLoop, StreamReader, StreamWriter, Task
from collections.abc import Awaitable, Coroutine, Generator
from selectors import SelectSelector
from typing import Any

import cache as candidate
from probe_kit import Clock, plain
from probe_kit.running import unfinished_tasks
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PATIENCE = 5.0
"""Seconds in which a `get` that was begun reaches its load or ends, on a busy machine, too."""
TURNS = 30
"""Turns of the event loop in which a `get` joins a load, which needs no message from anywhere."""
POLLS = 300
PAUSES = (0.001, 0.002, 0.004, 0.008, 0.016)
"""How often, and with which pauses in seconds, a node is asked whether it has read a message. The last one repeats."""
LEAVING = 0.05
"""Seconds after which loads that still run end, for a cache that waits for them when it is left."""

UNTIMED = {"socket_timeout": None, "socket_connect_timeout": None}
"""With a timeout of its own, redis-py calls `asyncio.wait_for`, which loses cancellations before Python 3.12."""


class Loop(SelectorEventLoop):
    """An event loop whose clock can be moved on, so that nobody waits for `patience`."""

    def __init__(self) -> None:
        self.ahead = 0.0
        super().__init__(SelectSelector())

    def time(self) -> float:
        return super().time() + self.ahead


class Refused(Exception):
    """What a load raises when the server says so."""


class RefusedByRedis(Refused, RedisError):
    """A load that has a Redis of its own."""


class RefusedByHost(Refused, ConnectionError):
    """A load that has a network."""


class RefusedByTable(Refused, KeyError):
    """A load that looks something up."""


REFUSALS = {"e": Refused, "r": RefusedByRedis, "o": RefusedByHost, "k": RefusedByTable}


class Loading(Awaitable[str | None]):
    """What a load returns where it is no coroutine."""

    def __init__(self, source: Source, key: str) -> None:
        self._source, self._key = source, key

    def __await__(self) -> Generator[Any, None, str | None]:
        return self._source.load(self._key).__await__()


class Source:
    """The loads: a request and a reply on one connection, and for some keys a wait afterwards until told to end."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writer = writer
        self._replies: dict[str, Future[str]] = {}
        self._sent = 0
        self._reading = asyncio.create_task(self._read(reader))
        self.held: set[str] = set()
        self.holding: list[Future[None]] = []
        self.entered = asyncio.Event()

    async def load(self, key: str) -> str | None:
        self._sent += 1
        number = f"{self._sent:x}"
        self._replies[number] = asyncio.get_running_loop().create_future()
        self._writer.write(f"{number} {key.encode().hex()}\n".encode())
        reply = await self._replies[number]
        if key in self.held:
            self.holding.append(asyncio.get_running_loop().create_future())
            self.entered.set()
            await self.holding[-1]
        self.entered.set()
        if reply[0] in REFUSALS:
            raise REFUSALS[reply[0]](reply)
        return None if reply == "n" else bytes.fromhex(reply[1:]).decode()

    def end(self, *numbers: int) -> None:
        """Let these of the loads that were held end, or all of them, and those to come."""
        if not numbers:
            self.held.clear()
        for number in numbers or range(len(self.holding)):
            if number < len(self.holding) and not self.holding[number].done():
                self.holding[number].set_result(None)

    async def _read(self, reader: StreamReader) -> None:
        while line := await reader.readline():
            number, _, reply = line.decode().strip().partition(" ")
            waiting = self._replies.pop(number)
            if not waiting.done():
                waiting.set_result(reply)

    def close(self) -> None:
        self._reading.cancel()
        self._writer.transport.abort()


class Node:
    """One cache, and the steps that it is asked to take."""

    def __init__(self, loop: Loop, source: Source, redis: Redis | None, now: float) -> None:
        self._loop, self._source, self._redis = loop, source, redis
        self._clock = Clock(now)
        self._begun: list[Task[Any]] = []
        self._cache: Any = None

    async def open(self, settings: dict[str, Any], *, is_coroutine: bool) -> None:
        load = self._source.load if is_coroutine else lambda key: Loading(self._source, key)
        shared = {"shared": self._redis} if self._redis else {}
        made = candidate.Cache(load, **settings, **shared, clock=lambda: self._clock.now)
        self._cache = await made.__aenter__()

    async def leave(self) -> None:
        made, self._cache = self._cache, None
        if made is not None:
            timer = asyncio.get_running_loop().call_later(LEAVING, self._source.end)
            await made.__aexit__(None, None, None)
            timer.cancel()

    async def disconnect(self) -> None:
        self._source.close()
        if self._redis:
            await self._redis.aclose()

    async def take(self, steps: list[Any]) -> list[Any]:
        """Return what came of each step."""
        return [await getattr(self, f"_{name}")(*arguments) for name, *arguments in steps]

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

    async def _sleep(self, seconds: float) -> None:
        """Let the event loop run."""
        await asyncio.sleep(seconds)

    async def _invalidate(self, key: str) -> list[Any]:
        try:
            return ["gave", plain(await self._cache.invalidate(key))]
        except candidate.NotShared:
            return ["NotShared"]
        except (RedisError, OSError) as error:
            return ["raised", type(error).__name__]

    async def _jump(self, seconds: float) -> None:
        """Move the event loop's clock on, and let those run who waited for that."""
        self._loop.ahead += seconds
        await self._turns()

    async def _hold(self, *keys: str) -> None:
        """From now on, loads of these keys get no further than their reply."""
        self._source.held = set(keys)

    async def _begin(self, key: str) -> None:
        """Ask, and go on when that has reached a load of its own, or has ended."""
        self._source.entered.clear()
        task = asyncio.create_task(self._asked(key))
        self._begun.append(task)
        entered = asyncio.create_task(self._source.entered.wait())
        await asyncio.wait({task, entered}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        entered.cancel()

    async def _join(self, *keys: str) -> None:
        """Ask for these, one after the other, and go on when that has had its turns."""
        for key in keys:
            await self._start(self._asked(key))

    async def _invalidating(self, *keys: str) -> None:
        """Begin to invalidate these, one after the other."""
        for key in keys:
            await self._start(self._invalidate(key))

    async def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        self._begun.append(asyncio.create_task(work))
        await self._turns()

    async def _turns(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _cancel(self, *numbers: int) -> None:
        """Cancel these that were begun; the next step comes in the same turn of the event loop."""
        for number in numbers:
            self._begun[number].cancel()

    async def _done(self) -> list[bool]:
        """Return which of these that were begun have ended."""
        return [task.done() for task in self._begun]

    async def _end(self, *numbers: int) -> None:
        self._source.end(*numbers)

    async def _landed(self, *numbers: int) -> list[Any]:
        """Return what came of these that were begun or joined, or of all of them."""
        tasks = [self._begun[number] for number in numbers or range(len(self._begun))]
        await asyncio.wait(tasks, timeout=PATIENCE)
        return [task.result() if task.done() else ["waits"] for task in tasks]

    async def _until(self, key: str, old: str) -> list[Any]:
        """Ask until another answer comes, as it does when a message has been read."""
        for number in range(POLLS):
            answer = await self._asked(key)
            if answer != ["gave", old]:
                break
            await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        return answer


class Process:
    """The nodes of this process, on one event loop."""

    def __init__(self) -> None:
        self._loop = Loop()
        self._runner = Runner(loop_factory=lambda: self._loop)
        self._nodes: list[Node] = []

    def open(self, source: int, redis: list[int | None], options: dict[str, Any], settings: dict[str, Any]) -> None:
        """Open a node for each Redis; those of one port share a client."""
        protocol = {"protocol": options["version"], "retry": Retry(NoBackoff(), 0)}

        async def opened() -> None:
            clients = {port: port and Redis(port=port, **protocol, **UNTIMED) for port in redis}
            for port in redis:
                loads = Source(*await asyncio.open_connection("127.0.0.1", source))
                self._nodes.append(Node(self._loop, loads, clients[port], options["now"]))
            await asyncio.gather(*(node.open(settings, is_coroutine=options["is_coroutine"]) for node in self._nodes))

        self._runner.run(opened())

    def run(self, programs: list[Any]) -> list[Any]:
        """Run a program on each node, at once."""

        async def taken() -> list[Any]:
            return await asyncio.gather(*(node.take(steps) for node, steps in zip(self._nodes, programs, strict=True)))

        return self._runner.run(taken())

    def leave(self, number: int) -> int:
        """Leave a cache, and return how many tasks there are in the same turn of the loop, but for the probe's own."""

        async def left() -> int:
            await self._nodes[number].leave()
            return unfinished_tasks() - len(self._nodes)

        return self._runner.run(left())

    def close(self) -> None:
        async def left() -> None:
            for node in self._nodes:
                await node.leave()
            for node in self._nodes:
                await node.disconnect()

        with self._runner:
            self._runner.run(left())


def refuses(settings: dict[str, Any]) -> list[Any]:
    """What becomes of a cache with these settings."""

    async def load(key: str) -> str:
        return key

    try:
        candidate.Cache(load, **settings)
    except ValueError:
        return ["ValueError"]
    return ["made"]


_process: Any = None


def start(source: int, redis: list[int | None], options: dict[str, Any], settings: dict[str, Any]) -> list[Any]:
    """Open this process's nodes anew, one for each Redis."""
    global _process
    _process = Process()
    _process.open(source, redis, options, settings)
    return ["open"]


def run(programs: list[Any]) -> list[Any]:
    """Take steps on each node, at once."""
    return _process.run(programs)


def leave(number: int) -> int:
    """Leave one of the caches, and return how many tasks are left."""
    return _process.leave(number)


def stop() -> list[Any]:
    """Leave all caches, and close what they used."""
    _process.close()
    return ["closed"]
