"""A cache with a local level, a shared level in Redis, one load at a time, and invalidation that reaches every node.

Two things carry the rest:

- A *flight* is one asking-and-loading of a key. It runs in a task of its own, so that a waiter who is cancelled takes
  nobody with him. Invalidation grounds a flight: those who wait get what it brings, but it may not keep anything, and
  nobody joins it any more.
- The subscription counts as lost whenever there is any doubt. Once it stands again, everything is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

T = TypeVar("T")

_log = logging.getLogger(__name__)

_NAMES = "two-level-cache:value:"
_CHANNEL = "two-level-cache:gone"
_TEXT, _NOTHING = b"t", b"n"

# TimeoutError, as asyncio.timeout raises it, is an OSError.
_FAILURES = (RedisError, OSError)

_LONGEST_PX = 2**62  # Redis adds the time of day to it, and has 63 bits
_LONGEST_PAUSE = 1.0


class NotShared(Exception):
    """The shared level did not take an invalidation: the caller must try again."""


class _Found(NamedTuple):
    """An answer. Its value may be None, which is not the same as finding nothing."""

    value: str | None


class _Local:
    """At most `size` answers, none older than `ttl`."""

    def __init__(self, ttl: float, size: int, clock: Callable[[], float]) -> None:
        self._ttl = ttl
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[str, tuple[_Found, float]] = OrderedDict()  # the least recently used first

    def get(self, key: str) -> _Found | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        found, since = entry
        if not self._clock() - since < self._ttl:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return found

    def put(self, key: str, found: _Found) -> None:
        self._entries[key] = (found, self._clock())
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


class _Flight:
    """One asking-and-loading of a key. Grounded flights do not keep what they bring."""

    task: asyncio.Task[str | None]

    def __init__(self) -> None:
        self.grounded = False


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
        # Written so that nan is refused, too.
        if not ttl > 0:
            raise ValueError(f"ttl must be more than 0, got {ttl}")
        if not patience > 0:
            raise ValueError(f"patience must be more than 0, got {patience}")
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self._load = load
        self._shared = shared
        self._patience = patience
        self._px = max(1, int(min(ttl * 1000, _LONGEST_PX)))
        self._local = _Local(ttl, size, clock)
        self._flights: dict[str, _Flight] = {}  # those that may be joined; none is grounded
        self._tasks: set[asyncio.Task[Any]] = set()  # all that run, grounded flights and the listener included
        self._node = uuid.uuid4().hex.encode()

    async def __aenter__(self) -> Self:
        if self._shared is not None:
            tried = asyncio.Event()
            self._start(asyncio.create_task(self._listen(self._shared, tried)))
            await tried.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # More than once if need be: wait_for of Python 3.11, which the client uses, can swallow a cancellation.
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=self._patience)

    async def get(self, key: str) -> str | None:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        found = self._local.get(key)
        if found is not None:
            return found.value
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight()
            flight.task = asyncio.create_task(self._fly(key, flight))
            self._start(flight.task)
        return await asyncio.shield(flight.task)

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        self._forget(key)
        shared = self._shared
        if shared is None:
            return
        try:
            await self._bounded(lambda: shared.delete(_NAMES + key))
        except _FAILURES as error:
            raise NotShared(f"could not delete {key!r}") from error
        finally:
            # A get that began in the meantime may have found there what was about to go.
            self._forget(key)
        try:
            await self._bounded(lambda: shared.publish(_CHANNEL, self._node + key.encode()))
        except _FAILURES as error:
            raise NotShared(f"could not tell the other nodes about {key!r}") from error

    # Flights

    def _start(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # asyncio complains about it unless somebody looks, and all who waited may be gone

    async def _fly(self, key: str, flight: _Flight) -> str | None:
        try:
            found = await self._ask(key)
            if found is None:
                found = _Found(await self._load(key))
                if not flight.grounded:
                    await self._share(key, found)
            if not flight.grounded:
                self._local.put(key, found)
            return found.value
        finally:
            if not flight.grounded:
                del self._flights[key]

    def _forget(self, key: str) -> None:
        self._local.forget(key)
        flight = self._flights.pop(key, None)
        if flight is not None:
            flight.grounded = True

    def _forget_everything(self) -> None:
        self._local.clear()
        for flight in self._flights.values():
            flight.grounded = True
        self._flights.clear()

    # The shared level

    async def _bounded(self, call: Callable[[], Awaitable[T]]) -> T:
        async with asyncio.timeout(self._patience):
            return await call()

    async def _ask(self, key: str) -> _Found | None:
        shared = self._shared
        if shared is None:
            return None
        try:
            return _decoded(await self._bounded(lambda: shared.get(_NAMES + key)))
        except _FAILURES as error:
            _log.debug("could not ask for %r: %r", key, error)
            return None

    async def _share(self, key: str, found: _Found) -> None:
        shared = self._shared
        if shared is None:
            return
        try:
            await self._bounded(lambda: shared.set(_NAMES + key, _encoded(found), px=self._px))
        except _FAILURES as error:
            _log.debug("could not share %r: %r", key, error)

    # The subscription

    async def _listen(self, shared: Redis, tried: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        pause = min(self._patience / 2, _LONGEST_PAUSE)
        while True:
            began = loop.time()
            try:
                await self._follow(shared, tried)
            except _FAILURES as error:
                _log.debug("no subscription: %r", error)
            except Exception:
                _log.exception("no subscription, for a reason of which the client does not warn")
            tried.set()
            # From the start of one try to the start of the next; after a subscription that lasted, at once.
            await asyncio.sleep(max(0.0, began + pause - loop.time()))

    async def _follow(self, shared: Redis, tried: asyncio.Event) -> None:
        """Subscribe, and read messages until the subscription is lost: this never returns, it raises."""
        pubsub = shared.pubsub()
        try:
            async with asyncio.timeout(self._patience):
                await pubsub.subscribe(_CHANNEL)
                # This has only sent it. What counts is that Redis confirms it.
                while not self._understand(await pubsub.get_message(timeout=self._patience)):
                    pass
            tried.set()
            while True:
                # A client that loses the connection makes a new one before it says so, and that may take it longer
                # than we have patience; so bound it. The shorter wait inside is the normal one, for nothing to read.
                async with asyncio.timeout(self._patience):
                    self._understand(await pubsub.get_message(timeout=self._patience / 8))
        finally:
            with contextlib.suppress(*_FAILURES):
                async with asyncio.timeout(self._patience):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]

    def _understand(self, message: dict[str, Any] | None) -> bool:
        """Do what the message says. Return whether it confirms a subscription."""
        if message is None:
            return False
        if message["type"] == "subscribe":
            # The first one, or one after the client has connected anew: what was said before was not heard.
            self._forget_everything()
            return True
        if message["type"] == "message":
            self._hear(_as_bytes(message["data"]))
        return False

    def _hear(self, data: bytes) -> None:
        node, key = data[: len(self._node)], data[len(self._node) :]
        if node != self._node:
            self._forget(key.decode(errors="replace"))


def _as_bytes(data: bytes | str) -> bytes:
    return data.encode(errors="surrogateescape") if isinstance(data, str) else data


def _encoded(found: _Found) -> bytes:
    return _NOTHING if found.value is None else _TEXT + found.value.encode()


def _decoded(data: bytes | str | None) -> _Found | None:
    """Return the answer, or None if there is none, or none that `_encoded` can have written."""
    if data is None:
        return None
    data = _as_bytes(data)
    if data == _NOTHING:
        return _Found(None)
    if not data.startswith(_TEXT):
        return None
    try:
        return _Found(data[len(_TEXT) :].decode())
    except UnicodeDecodeError:
        return None
