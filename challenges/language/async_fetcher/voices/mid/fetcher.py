"""Concurrent fetching of pages with aiohttp."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Literal, Optional, Union
from urllib.parse import urlsplit

import aiohttp

logger = logging.getLogger(__name__)

Reason = Literal["status", "timeout", "connection"]


@dataclass(frozen=True)
class Policy:
    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1

    def __post_init__(self) -> None:
        if self.total < 1 or self.per_host < 1 or self.attempts < 1:
            raise ValueError("total, per_host and attempts must be at least 1")
        if self.timeout <= 0:
            raise ValueError("timeout must be positive")
        if self.backoff < 0:
            raise ValueError("backoff must not be negative")


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Failure:
    url: str
    reason: Reason
    status: Optional[int]
    attempts: int


Result = Union[Page, Failure]


class _Fetcher:
    def __init__(self, policy: Policy, session: aiohttp.ClientSession) -> None:
        self.policy = policy
        self.session = session
        self.total = asyncio.Semaphore(policy.total)
        self.hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(policy.per_host))

    async def attempt(self, url: str, number: int) -> Result:
        try:
            async with self.session.get(url, allow_redirects=False) as response:
                if 200 <= response.status < 300:
                    return Page(url, response.status, await response.read(), number)
                return Failure(url, "status", response.status, number)
        except asyncio.TimeoutError:
            return Failure(url, "timeout", None, number)
        except (aiohttp.ClientError, OSError) as error:
            logger.debug("%s: %s", url, error)
            return Failure(url, "connection", None, number)

    async def fetch(self, url: str) -> Result:
        host = urlsplit(url).netloc
        number = 1
        while True:
            # host first, so that pages waiting for their host do not take a slot from the others
            async with self.hosts[host]:
                async with self.total:
                    result = await self.attempt(url, number)
            if isinstance(result, Page) or not is_temporary(result):
                return result
            if number >= self.policy.attempts:
                return result
            await asyncio.sleep(self.policy.backoff * 2 ** (number - 1))
            number += 1


def is_temporary(failure: Failure) -> bool:
    if failure.status is None:
        return True
    return failure.status == 429 or failure.status >= 500


async def stream(urls: Iterable[str], policy: Policy = Policy()) -> AsyncGenerator[Result, None]:
    timeout = aiohttp.ClientTimeout(total=policy.timeout)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        fetcher = _Fetcher(policy, session)
        tasks = [asyncio.create_task(fetcher.fetch(url)) for url in dict.fromkeys(urls)]
        try:
            for next_done in asyncio.as_completed(tasks):
                yield await next_done
        finally:
            for task in tasks:
                task.cancel()


async def fetch_all(urls: Iterable[str], policy: Policy = Policy()) -> dict[str, Result]:
    unique = list(dict.fromkeys(urls))
    results = {}
    async for result in stream(unique, policy):
        results[result.url] = result
    return {url: results[url] for url in unique}
