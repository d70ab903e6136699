"""A cache with a local level, a shared level in Redis, one load at a time, and invalidation that reaches every node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

T = TypeVar("T")

log = logging.getLogger(__name__)

_PREFIX = "cache:entry:"
_CHANNEL = "cache:invalidations"

# How values are written in Redis: a sign in front, so that an empty text and "no such thing" differ.
_TEXT = b"+"
_NOTHING = b"-"

# asyncio.timeout raises TimeoutError, which is an OSError.
_SHARED_ERRORS = (RedisError, OSError)


class NotShared(Exception):
    """The shared level did not take an invalidation: the caller must try again."""


@dataclass(frozen=True, slots=True)
class _Entry:
    value: str | None
    stored: float


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
            raise ValueError("ttl must be positive")
        if patience <= 0:
            raise ValueError("patience must be positive")
        if size < 1:
            raise ValueError("size must be at least 1")
        self._load = load
        self._ttl = ttl
        self._size = size
        self._shared = shared
        self._patience = patience
        self._clock = clock
        self._node = uuid.uuid4().hex
        self._local: OrderedDict[str, _Entry] = OrderedDict()
        # The task that fetches a key. A task that is no longer in here has been invalidated: its result
        # still goes to those who wait for it, but must not be stored.
        self._running: dict[str, asyncio.Task[str | None]] = {}
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._shared is not None:
            first_try = asyncio.Event()
            self._listener = asyncio.create_task(self._listen(self._shared, first_try))
            await first_try.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks: list[asyncio.Task[Any]] = list(self._running.values())
        if self._listener is not None:
            tasks.append(self._listener)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def get(self, key: str) -> str | None:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        entry = self._lookup(key)
        if entry is not None:
            return entry.value
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(key))
            self._running[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # shield: a waiter that is cancelled must not take the others with it
        return await asyncio.shield(task)

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        self._forget(key)
        if self._shared is None:
            return
        try:
            await self._bounded(self._shared.delete(_PREFIX + key))
            await self._bounded(self._shared.publish(_CHANNEL, f"{self._node} {key}"))
        except _SHARED_ERRORS as error:
            raise NotShared(f"the shared level did not take the invalidation of {key!r}") from error

    # --- the local level ---

    def _lookup(self, key: str) -> _Entry | None:
        entry = self._local.get(key)
        if entry is None:
            return None
        if self._clock() - entry.stored >= self._ttl:
            del self._local[key]
            return None
        self._local.move_to_end(key)
        return entry

    def _store(self, key: str, value: str | None) -> None:
        self._local[key] = _Entry(value, self._clock())
        self._local.move_to_end(key)
        while len(self._local) > self._size:
            self._local.popitem(last=False)

    def _forget(self, key: str) -> None:
        self._local.pop(key, None)
        self._running.pop(key, None)

    def _forget_all(self) -> None:
        self._local.clear()
        self._running.clear()

    # --- fetching ---

    async def _fetch(self, key: str) -> str | None:
        me = asyncio.current_task()
        found, value = await self._read_shared(key)
        if not found:
            value = await self._load(key)
            if self._running.get(key) is me:
                await self._write_shared(key, value)
        if self._running.get(key) is me:
            self._store(key, value)
        return value

    def _finished(self, key: str, task: asyncio.Task[str | None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled():
            task.exception()  # avoids "exception was never retrieved" when all waiters were cancelled

    # --- the shared level ---

    async def _bounded(self, call: Awaitable[T]) -> T:
        async with asyncio.timeout(self._patience):
            return await call

    async def _read_shared(self, key: str) -> tuple[bool, str | None]:
        """Return whether something was found, and what."""
        if self._shared is None:
            return False, None
        try:
            raw = await self._bounded(self._shared.get(_PREFIX + key))
        except _SHARED_ERRORS as error:
            log.warning("cannot read %r from the shared level: %r", key, error)
            return False, None
        if isinstance(raw, str):  # decode_responses=True
            raw = raw.encode()
        if raw == _NOTHING:
            return True, None
        if raw is not None and raw.startswith(_TEXT):
            return True, raw[1:].decode()
        return False, None

    async def _write_shared(self, key: str, value: str | None) -> None:
        if self._shared is None:
            return
        raw = _NOTHING if value is None else _TEXT + value.encode()
        try:
            await self._bounded(self._shared.set(_PREFIX + key, raw, px=max(1, int(self._ttl * 1000))))
        except _SHARED_ERRORS as error:
            log.warning("cannot write %r to the shared level: %r", key, error)

    # --- messages of other nodes ---

    async def _listen(self, shared: Redis, first_try: asyncio.Event) -> None:
        while True:
            pubsub = shared.pubsub(ignore_subscribe_messages=True)
            try:
                await self._bounded(pubsub.subscribe(_CHANNEL))
                self._forget_all()  # messages may have been missed until now
                first_try.set()
                async for message in pubsub.listen():
                    self._receive(message["data"])
            except _SHARED_ERRORS as error:
                log.warning("lost the subscription: %r", error)
            finally:
                first_try.set()
                with contextlib.suppress(*_SHARED_ERRORS):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(self._patience)

    def _receive(self, data: bytes | str) -> None:
        text = data if isinstance(data, str) else data.decode()
        node, _, key = text.partition(" ")
        if node != self._node:
            self._forget(key)
