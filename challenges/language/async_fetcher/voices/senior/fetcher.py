"""Fetch many pages at the same time, within limits.

Every page has a task that tries, pauses and tries again until it has a result. What a task needs for one attempt is a
slot, and `_Slots` alone decides who has the next. The tasks of all pages belong to one producer task, which owns the
HTTP session as well: to stop everything is to cancel the producer and to wait for its end.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import aiohttp

__all__ = ["Failure", "Page", "Policy", "Reason", "fetch_all", "stream"]

Reason = Literal["status", "timeout", "connection"]


@dataclass(frozen=True)
class Policy:
    """How to fetch."""

    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1

    def __post_init__(self) -> None:
        for name in ("total", "per_host", "attempts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if not self.timeout > 0:
            raise ValueError("timeout must be above 0")
        if not self.backoff >= 0:
            raise ValueError("backoff must not be below 0")


@dataclass(frozen=True)
class Page:
    """A page that could be fetched."""

    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Failure:
    """A page that could not be fetched."""

    url: str
    reason: Reason
    status: int | None
    attempts: int

    @property
    def _may_be_temporary(self) -> bool:
        return self.status is None or self.status == 429 or 500 <= self.status <= 599


@dataclass
class _Host:
    """The queue for one host. A ticket is a place in the order of all who asked, and the future that is waited for."""

    name: str
    free: int
    waiting: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)
    is_candidate: bool = False

    def first(self) -> int | None:
        """The number of the first ticket that may be served now."""
        while self.waiting and self.waiting[0][1].done():  # given up
            self.waiting.popleft()
        return self.waiting[0][0] if self.waiting and self.free else None


class _Slots:
    """Hands out slots, to the first who asked among those whose host has one free."""

    def __init__(self, total: int, per_host: int) -> None:
        self._free = total
        self._hosts: dict[str, _Host] = {}
        self._per_host = per_host
        self._tickets = 0
        self._candidates: list[tuple[int, str]] = []  # a heap: what `first` was for each host that has one

    @asynccontextmanager
    async def one(self, host_name: str) -> AsyncIterator[None]:
        host = self._hosts.setdefault(host_name, _Host(host_name, self._per_host))
        await self._take(host)
        try:
            yield
        finally:
            self._give_back(host)

    async def _take(self, host: _Host) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tickets += 1
        host.waiting.append((self._tickets, granted))
        self._propose(host)
        self._serve()
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._give_back(host)
            raise

    def _give_back(self, host: _Host) -> None:
        self._free += 1
        host.free += 1
        self._propose(host)
        self._serve()

    def _propose(self, host: _Host) -> None:
        ticket = host.first()
        if ticket is not None and not host.is_candidate:
            host.is_candidate = True
            heapq.heappush(self._candidates, (ticket, host.name))

    def _serve(self) -> None:
        while self._free and self._candidates:
            ticket, host_name = heapq.heappop(self._candidates)
            host = self._hosts[host_name]
            host.is_candidate = False
            if host.first() == ticket:  # otherwise it was given up meanwhile
                _, granted = host.waiting.popleft()
                self._free -= 1
                host.free -= 1
                granted.set_result(None)
            self._propose(host)


def _host_of(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]


class _Fetcher:
    """Fetches pages and puts their results into a queue."""

    def __init__(self, policy: Policy, session: aiohttp.ClientSession) -> None:
        self._policy = policy
        self._session = session
        self._slots = _Slots(policy.total, policy.per_host)

    async def fetch(self, url: str) -> Page | Failure:
        pause = self._policy.backoff
        for number in range(1, self._policy.attempts):
            result = await self._attempt_in_slot(url, number)
            if isinstance(result, Page) or not result._may_be_temporary:
                return result
            await asyncio.sleep(pause)
            pause *= 2
        return await self._attempt_in_slot(url, self._policy.attempts)

    async def _attempt_in_slot(self, url: str, number: int) -> Page | Failure:
        async with self._slots.one(_host_of(url)):
            try:
                return await self._attempt(url, number)
            finally:
                await asyncio.sleep(0)  # a transport closes its socket in the next turn of the loop

    async def _attempt(self, url: str, number: int) -> Page | Failure:
        try:
            async with asyncio.timeout(self._policy.timeout):
                async with self._session.get(url, allow_redirects=False) as response:
                    body = await response.read()
        except TimeoutError:
            return Failure(url, "timeout", None, number)
        except Exception:  # whatever happens to a page becomes its result
            return Failure(url, "connection", None, number)
        if 200 <= response.status <= 299:
            return Page(url, response.status, body, number)
        return Failure(url, "status", response.status, number)


async def _produce(urls: Iterable[str], policy: Policy, results: asyncio.Queue[Page | Failure | None]) -> None:
    """Put the result of each page into the queue as soon as it is there, and None at the end."""

    async def produce_one(fetcher: _Fetcher, url: str) -> None:
        results.put_nowait(await fetcher.fetch(url))

    try:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=policy.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        ) as session:
            fetcher = _Fetcher(policy, session)
            async with asyncio.TaskGroup() as group:
                for url in urls:
                    group.create_task(produce_one(fetcher, url))
    finally:
        await asyncio.sleep(0)
        results.put_nowait(None)


async def stream(urls: Iterable[str], policy: Policy = Policy()) -> AsyncGenerator[Page | Failure, None]:
    """Give each result as soon as it is there."""
    results: asyncio.Queue[Page | Failure | None] = asyncio.Queue()
    producer = asyncio.create_task(_produce(dict.fromkeys(urls), policy, results))
    try:
        while (result := await results.get()) is not None:
            yield result
        await producer
    finally:
        producer.cancel()
        await asyncio.wait([producer])


async def fetch_all(urls: Iterable[str], policy: Policy = Policy()) -> dict[str, Page | Failure]:
    """Give all results by URL, in the order of the URLs."""
    order = list(dict.fromkeys(urls))
    async with aclosing(stream(order, policy)) as results:
        found = {result.url: result async for result in results}
    return {url: found[url] for url in order}
