"""A cache with a local level, a shared level in Redis, one load at a time, and invalidation that reaches every node."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "cache-invalidate"
PREFIX = "cache:"

# marker, because None is a valid value in the cache
MISSING: Any = object()


class NotShared(Exception):
    """The shared level did not take an invalidation: the caller must try again."""


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
        if ttl <= 0:
            raise ValueError("ttl must be greater than 0")
        if patience <= 0:
            raise ValueError("patience must be greater than 0")
        if size < 1:
            raise ValueError("size must be at least 1")
        self.load = load
        self.ttl = ttl
        self.size = size
        self.shared = shared
        self.patience = patience
        self.clock = clock
        self.node_id = str(uuid.uuid4())
        # key -> (value, time when it was stored)
        self.entries: OrderedDict[str, tuple[str | None, float]] = OrderedDict()
        # one lock for each key so only one load runs
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self.shared is not None:
            pubsub: Any = None
            try:
                pubsub = await self._subscribe()
            except (RedisError, OSError) as e:
                print(f"cache: could not subscribe: {e}")
            self.listener = asyncio.create_task(self._listen(pubsub))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.listener is not None:
            self.listener.cancel()
            try:
                await self.listener
            except asyncio.CancelledError:
                pass

    async def get(self, key: str) -> str | None:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        value = self._get_local(key)
        if value is not MISSING:
            return value  # type: ignore[no-any-return]

        async with self.locks[key]:
            # somebody else may have loaded it while we waited for the lock
            value = self._get_local(key)
            if value is not MISSING:
                return value  # type: ignore[no-any-return]

            value = await self._get_shared(key)
            if value is MISSING:
                value = await self.load(key)
                await self._set_shared(key, value)
            self._set_local(key, value)
            return value  # type: ignore[no-any-return]

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        self.entries.pop(key, None)
        if self.shared is None:
            return
        try:
            async with asyncio.timeout(self.patience):
                await self.shared.delete(PREFIX + key)
            async with asyncio.timeout(self.patience):
                message = json.dumps({"node": self.node_id, "key": key})
                await self.shared.publish(CHANNEL, message)
        except (RedisError, OSError, TimeoutError) as e:
            raise NotShared(f"could not invalidate {key!r}") from e

    # local level

    def _get_local(self, key: str) -> Any:
        if key not in self.entries:
            return MISSING
        value, stored = self.entries[key]
        if self.clock() - stored >= self.ttl:
            del self.entries[key]
            return MISSING
        self.entries.move_to_end(key)
        return value

    def _set_local(self, key: str, value: str | None) -> None:
        self.entries[key] = (value, self.clock())
        self.entries.move_to_end(key)
        if len(self.entries) > self.size:
            self.entries.popitem(last=False)

    # shared level

    async def _get_shared(self, key: str) -> Any:
        if self.shared is None:
            return MISSING
        try:
            async with asyncio.timeout(self.patience):
                data = await self.shared.get(PREFIX + key)
        except (RedisError, OSError, TimeoutError):
            return MISSING
        if data is None:
            return MISSING
        try:
            return json.loads(data)["value"]
        except (ValueError, KeyError, TypeError):
            # not something we wrote
            return MISSING

    async def _set_shared(self, key: str, value: str | None) -> None:
        if self.shared is None:
            return
        px = max(1, int(self.ttl * 1000))
        try:
            async with asyncio.timeout(self.patience):
                await self.shared.set(PREFIX + key, json.dumps({"value": value}), px=px)
        except (RedisError, OSError, TimeoutError):
            pass

    # invalidation messages of the other nodes

    async def _subscribe(self) -> Any:
        assert self.shared is not None
        pubsub = self.shared.pubsub()
        async with asyncio.timeout(self.patience):
            await pubsub.subscribe(CHANNEL)
        return pubsub

    async def _listen(self, pubsub: Any) -> None:
        while True:
            try:
                if pubsub is None:
                    pubsub = await self._subscribe()
                    # we may have missed messages, so start with an empty cache
                    self.entries.clear()
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        self._handle_message(message["data"])
            except (RedisError, OSError):
                pubsub = None
                await asyncio.sleep(self.patience)

    def _handle_message(self, data: bytes | str) -> None:
        message = json.loads(data)
        if message["node"] != self.node_id:
            self.entries.pop(message["key"], None)
