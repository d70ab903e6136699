"""Fetch many pages at the same time, within limits.

    fetch_all -> stream -> one task a page -> attempts, each within a slot of its host and one of all

The slots of all and of the hosts are given out in one place: of two semaphores, one taken after the other, the second
would let others overtake a page that waits at the first.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import aiohttp

Reason: TypeAlias = Literal["status", "timeout", "connection"]


@dataclass(frozen=True)
class Policy:
    """How to fetch. Times are in seconds."""

    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1

    def __post_init__(self) -> None:
        for name in ("total", "per_host", "attempts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be above 0, got {self.timeout}")
        if not self.backoff >= 0:
            raise ValueError(f"backoff must not be negative, got {self.backoff}")


@dataclass(frozen=True)
class Page:
    """A page that could be fetched."""

    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Failure:
    """A page that could not be fetched, as its last attempt went."""

    url: str
    reason: Reason
    status: int | None
    attempts: int

    @property
    def may_pass(self) -> bool:
        """Whether another attempt may go better."""
        return self.status is None or self.status == 429 or 500 <= self.status <= 599


async def stream(urls: Iterable[str], policy: Policy = Policy()) -> AsyncGenerator[Page | Failure, None]:
    """Give each result as soon as it is there."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        fetcher = _Fetcher(session, policy)
        tasks = [asyncio.create_task(fetcher.fetch(url)) for url in urls]
        try:
            for finished in asyncio.as_completed(tasks):
                yield await finished
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def fetch_all(urls: Iterable[str], policy: Policy = Policy()) -> dict[str, Page | Failure]:
    """Give all results by URL, in the order of the URLs."""
    wanted = list(urls)
    async with aclosing(stream(wanted, policy)) as results:
        found = {result.url: result async for result in results}
    return {url: found[url] for url in wanted}


class _Slots:
    """The requests that may be in flight. Whoever has waited longest is next, unless its host has no slot left."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._busy: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}

    @asynccontextmanager
    async def one_of(self, host: str) -> AsyncIterator[None]:
        """Wait for a slot of this host and hold it."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = host
        self._admit()
        await turn
        try:
            yield
        finally:
            self._busy[host] -= 1
            self._admit()

    def _admit(self) -> None:
        """Give out the slots that are free. Those who wait when the stream ends are cancelled before anybody leaves."""
        for turn, host in list(self._waiting.items()):
            if self._busy.total() >= self._policy.total:
                return
            if self._busy[host] < self._policy.per_host and not turn.done():
                self._busy[host] += 1
                del self._waiting[turn]
                turn.set_result(None)


class _Fetcher:
    """Fetches pages with the slots of one policy."""

    def __init__(self, session: aiohttp.ClientSession, policy: Policy) -> None:
        self._session = session
        self._policy = policy
        self._slots = _Slots(policy)

    async def fetch(self, url: str) -> Page | Failure:
        """Try until there is a page, a failure that is final, or no attempt left."""
        attempt = 1
        result = await self._attempt(url, attempt)
        while isinstance(result, Failure) and result.may_pass and attempt < self._policy.attempts:
            await asyncio.sleep(self._policy.backoff * 2 ** (attempt - 1))
            attempt += 1
            result = await self._attempt(url, attempt)
        return result

    async def _attempt(self, url: str, attempt: int) -> Page | Failure:
        async with self._slots.one_of(urlsplit(url).netloc):
            try:
                async with asyncio.timeout(self._policy.timeout):
                    return await self._get(url, attempt)
            except TimeoutError:
                return Failure(url, "timeout", None, attempt)
            except (aiohttp.ClientError, OSError):
                return Failure(url, "connection", None, attempt)

    async def _get(self, url: str, attempt: int) -> Page | Failure:
        async with self._session.get(url, allow_redirects=False) as response:
            body = await response.read()
            if 200 <= response.status <= 299:
                return Page(url, response.status, body, attempt)
            return Failure(url, "status", response.status, attempt)
