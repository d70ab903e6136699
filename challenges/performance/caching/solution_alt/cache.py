"""A cache with a local and a shared level: small parts that know nothing of each other, put together in `Cache`."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

T = TypeVar("T")
Value = str | None
PREFIX, TOPIC = "two-levels/", "two-levels"


class NotShared(Exception):
    """The shared level did not take an invalidation: the caller must try again."""


class Unreachable(Exception):
    """Redis failed, or was too slow."""


class Recent:
    """Values in a plain dict, whose order is that of their last use."""

    def __init__(self, *, size: int, ttl: float, clock: Callable[[], float]) -> None:
        self.size, self.ttl, self.clock = size, ttl, clock
        self.values: dict[str, tuple[Value, float]] = {}

    def __getitem__(self, key: str) -> Value:
        value, end = self.values.pop(key)
        if self.clock() >= end:
            raise KeyError(key)
        self.values[key] = value, end
        return value

    def __setitem__(self, key: str, value: Value) -> None:
        self.values.pop(key, None)
        while len(self.values) >= self.size:
            del self.values[next(iter(self.values))]
        self.values[key] = value, self.clock() + self.ttl


class Flight(Generic[T]):
    """A piece of work that many await, whoever of them leaves."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.is_overtaken = False
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._fly(work))

    async def _fly(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            result = await work
        except Exception as error:
            self.done.set_exception(error)
            self.done.exception()
        else:
            self.done.set_result(result)

    async def landing(self) -> T:
        return await asyncio.shield(self.done)


class Cache:
    """Answers from the local level, else from the shared one, else by loading."""

    def __init__(
        self,
        load: Callable[[str], Awaitable[Value]],
        *,
        ttl: float,
        size: int,
        shared: Redis | None = None,
        patience: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (ttl > 0 and patience > 0 and size >= 1):
            raise ValueError(f"ttl={ttl}, patience={patience}, size={size}")
        self.load, self.redis, self.patience = load, shared, patience
        self.recent = Recent(size=size, ttl=ttl, clock=clock)
        self.expiry = max(int(ttl * 1000), 1)
        self.me = secrets.token_hex(8)
        self.flights: dict[str, Flight[Value]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.hears = asyncio.Event()

    async def __aenter__(self) -> Self:
        if self.redis is not None:
            first = asyncio.Event()
            self._keep(asyncio.create_task(self._attend(self.redis, first)))
            await first.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            await asyncio.wait(self.tasks)

    async def get(self, key: str) -> Value:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        try:
            return self.recent[key]
        except KeyError:
            flight = self.flights.get(key)
        if flight is None:
            flight = self.flights[key] = Flight(self._brought(key))
            self._keep(flight.task)
        return await flight.landing()

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        self._overtake(key)
        if self.redis is None:
            return
        try:
            await self._within(self.redis.delete(PREFIX + key))
            self._overtake(key)
            await self._within(self.redis.publish(TOPIC, json.dumps([self.me, key])))
        except Unreachable as error:
            self._overtake(key)
            raise NotShared(f"{key!r} may still be in the shared level") from error

    # --- one flight --------------------------------------------------------------------------------------------------

    async def _brought(self, key: str) -> Value:
        flight = self.flights[key]
        try:
            was_shared, value = await self._asked(key)
            if not was_shared:
                value = await self.load(key)
                if not flight.is_overtaken:
                    await self._written(key, value)
            if not flight.is_overtaken:
                self.recent[key] = value
            return value
        finally:
            if self.flights.get(key) is flight:
                del self.flights[key]

    async def _asked(self, key: str) -> tuple[bool, Value]:
        if self.redis is None:
            return False, None
        try:
            content = await self._within(self.redis.get(PREFIX + key))
            match json.loads(content or "0"):
                case [str() | None as value]:
                    return True, value
        except (Unreachable, ValueError):
            pass
        return False, None

    async def _written(self, key: str, value: Value) -> None:
        if self.redis is not None:
            try:
                await self._within(self.redis.set(PREFIX + key, json.dumps([value]), px=self.expiry))
            except Unreachable:
                return

    async def _within(self, request: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self.patience):
                return await request
        except (RedisError, OSError) as error:
            raise Unreachable from error

    def _overtake(self, key: str) -> None:
        self.recent.values.pop(key, None)
        flight = self.flights.pop(key, None)
        if flight is not None:
            flight.is_overtaken = True

    def _keep(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # --- hearing -----------------------------------------------------------------------------------------------------

    async def _attend(self, redis: Redis, first: asyncio.Event) -> None:
        """Subscribe, listen, and begin again whenever that has failed."""
        clock = asyncio.get_running_loop().time
        while True:
            end = clock() + self.patience
            try:
                async with redis.pubsub() as pubsub:
                    await self._within(self._subscribed(pubsub))
                    self._missed()
                    first.set()
                    while True:  # redis-py connects again before it raises: a bound for that, too
                        self._heed(await self._within(pubsub.get_message(timeout=self.patience / 2)))
            except (Unreachable, RedisError, OSError):
                first.set()
            await asyncio.sleep(end - clock())

    async def _subscribed(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(TOPIC)
        await pubsub.get_message(timeout=None)

    def _heed(self, message: Mapping[str, Any] | None) -> None:
        if message is not None and message["type"] == "message":
            speaker, key = json.loads(message["data"])
            if speaker != self.me:
                self._overtake(key)

    def _missed(self) -> None:
        for key in list(self.flights):
            self._overtake(key)
        self.recent.values.clear()
