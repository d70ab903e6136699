"""Uses of the API that have to type-check, and misuse that must not."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import assert_type

from cache import Cache, NotShared
from redis.asyncio import Redis


async def load(key: str) -> str | None:
    return key or None


def later(key: str) -> Awaitable[str]:
    raise NotImplementedError


def blocking(key: str) -> str:
    return key


async def number(key: str) -> int:
    return len(key)


async def numbered(key: int) -> str:
    return str(key)


async def first(cache: Cache) -> str | None:
    async with cache:  # which lets exceptions through
        return await cache.get("key")


async def uses(client: Redis) -> None:
    async with Cache(load, ttl=5, size=10) as cache:
        assert_type(cache, Cache)
        assert_type(await cache.get("key"), str | None)
        await cache.invalidate("key")
        await cache.get(7)  # type: ignore[arg-type]
        (await cache.get("key")).upper()  # type: ignore[union-attr]
    Cache(later, ttl=0.5, size=10, shared=client, patience=0.5, clock=lambda: 1.0)
    Cache(blocking, ttl=5.0, size=10)  # type: ignore[arg-type]
    Cache(number, ttl=5.0, size=10)  # type: ignore[arg-type]
    Cache(numbered, ttl=5.0, size=10)  # type: ignore[arg-type]
    Cache(load, ttl="5", size=10)  # type: ignore[arg-type]
    Cache(load, ttl=5.0, size="10")  # type: ignore[arg-type]
    Cache(load, ttl=5.0, size=10, patience="1")  # type: ignore[arg-type]
    Cache(load, ttl=5.0, size=10, clock="now")  # type: ignore[arg-type]
    Cache(load, ttl=5.0)  # type: ignore[call-arg]
    Cache(load, 5.0, 10)  # type: ignore[call-arg]
    Cache(load, ttl=5.0, size=10, shared="localhost")  # type: ignore[arg-type]
    error: Exception = NotShared("key")
    raise error
