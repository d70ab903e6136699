"""A cache with a local level, a shared level in Redis, one load at a time, and invalidation that reaches every node."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

FAILURES = (RedisError, OSError)  # TimeoutError is an OSError
CHANNEL = "cache:gone"
THERE, NOWHERE = b"+", b"-"


class NotShared(Exception):
    """The shared level did not take an invalidation: the caller must try again."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a level has for a key; its value may be that there is no such thing."""

    value: str | None


class _Local:
    """The entries of one process, with an age and in the order of their last use."""

    def __init__(self, ttl: float, size: int, clock: Callable[[], float]) -> None:
        self._ttl = ttl
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, _Found]] = OrderedDict()

    def find(self, key: str) -> _Found | None:
        since, found = self._entries.get(key, (0.0, None))
        if found is None or self._clock() - since >= self._ttl:
            return None
        self._entries.move_to_end(key)
        return found

    def keep(self, key: str, found: _Found) -> None:
        self._entries[key] = (self._clock(), found)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


class _Shared:
    """Entries in Redis. Whatever it does takes at most `patience` seconds or fails, with one of FAILURES."""

    def __init__(self, redis: Redis, ttl: float, patience: float) -> None:
        self._redis = redis
        self._milliseconds = max(1, int(ttl * 1000))
        self._patience = patience
        self._node = uuid4().hex

    async def find(self, key: str) -> _Found | None:
        async with asyncio.timeout(self._patience):
            content = await self._redis.get(_name(key))
        if content == NOWHERE:
            return _Found(None)
        with suppress(UnicodeDecodeError):
            if isinstance(content, bytes) and content.startswith(THERE):
                return _Found(content[1:].decode())
        return None

    async def keep(self, key: str, found: _Found) -> None:
        content = NOWHERE if found.value is None else THERE + found.value.encode()
        async with asyncio.timeout(self._patience):
            await self._redis.set(_name(key), content, px=self._milliseconds)

    async def forget(self, key: str) -> None:
        """Delete the entry, then tell the other nodes."""
        async with asyncio.timeout(self._patience):
            await self._redis.delete(_name(key))
        async with asyncio.timeout(self._patience):
            await self._redis.publish(CHANNEL, f"{self._node} {key}")

    async def hear(self, forget: Callable[[str], None], subscribed: Callable[[], None]) -> None:
        """Hand on what other nodes say until the subscription is lost, which raises one of FAILURES."""
        async with self._redis.pubsub() as pubsub:
            async with asyncio.timeout(self._patience):
                await pubsub.subscribe(CHANNEL)
                message = await pubsub.get_message(timeout=None)
            while True:
                match message:
                    case {"type": "subscribe"}:
                        subscribed()
                    case {"type": "message", "data": bytes(data)}:
                        node, _, key = data.decode().partition(" ")
                        if node != self._node:
                            forget(key)
                async with asyncio.timeout(self._patience):  # in here, redis-py connects again before it raises
                    message = await pubsub.get_message(timeout=self._patience / 2)


class Cache:
    """Answers from the local level, else from the shared one, else by loading."""

    def __init__(
        self,
        load: Callable[[str], Awaitable[str | None]],
        *,
        ttl: float,
        size: int,
        shared: Redis | None = None,
        patience: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if ttl <= 0 or patience <= 0 or size < 1:
            raise ValueError("ttl and patience must be above 0, and size at least 1")
        self._load = load
        self._patience = patience
        self._local = _Local(ttl, size, clock)
        self._shared = None if shared is None else _Shared(shared, ttl, patience)
        self._flights: dict[str, asyncio.Task[str | None]] = {}
        self._running: set[asyncio.Task[str | None]] = set()
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._shared is not None:
            tried = asyncio.Event()
            self._listener = asyncio.create_task(self._listen(self._shared, tried))
            await tried.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = [*self._running, *([] if self._listener is None else [self._listener])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def get(self, key: str) -> str | None:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        found = self._local.find(key)
        if found is not None:
            return found.value
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fetch(key))
            self._running.add(flight)
            flight.add_done_callback(self._running.discard)
        return await asyncio.shield(flight)

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        self._forget(key)
        if self._shared is not None:
            try:
                await self._shared.forget(key)
            except FAILURES as error:
                raise NotShared(key) from error
            finally:
                self._forget(key)  # what was found in the shared level before it was deleted there

    async def _fetch(self, key: str) -> str | None:
        try:
            found = await self._shared_entry(key)
            if found is None:
                found = _Found(await self._load(key))
                if self._is_current(key) and self._shared is not None:
                    with suppress(*FAILURES):
                        await self._shared.keep(key, found)
            if self._is_current(key):
                self._local.keep(key, found)
            return found.value
        finally:
            if self._is_current(key):
                del self._flights[key]

    async def _shared_entry(self, key: str) -> _Found | None:
        if self._shared is not None:
            with suppress(*FAILURES):
                return await self._shared.find(key)
        return None

    def _is_current(self, key: str) -> bool:
        """Return whether the key was not invalidated since the running flight began."""
        return self._flights.get(key) is asyncio.current_task()

    def _forget(self, key: str) -> None:
        self._local.forget(key)
        self._flights.pop(key, None)

    def _forget_all(self) -> None:
        self._local.clear()
        self._flights.clear()

    async def _listen(self, shared: _Shared, tried: asyncio.Event) -> None:
        def subscribed() -> None:
            self._forget_all()
            tried.set()

        loop = asyncio.get_running_loop()
        while True:
            next_try = loop.time() + self._patience
            with suppress(*FAILURES):
                await shared.hear(self._forget, subscribed)
            tried.set()
            await asyncio.sleep(next_try - loop.time())


def _name(key: str) -> str:
    return f"cache:entry:{key}"
