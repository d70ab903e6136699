"""A cache with a local level, a shared level in Redis, one load at a time, and invalidation that reaches every node."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from redis.asyncio import Redis


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
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def get(self, key: str) -> str | None:
        """Return what `load` returned for this key, at most `ttl` seconds ago; None: there is no such thing."""
        raise NotImplementedError

    async def invalidate(self, key: str) -> None:
        """Forget the key on every node. Raises NotShared if the shared level did not take it."""
        raise NotImplementedError
