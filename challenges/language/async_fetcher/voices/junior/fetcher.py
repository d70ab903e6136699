import asyncio
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True)
class Policy:
    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Failure:
    url: str
    reason: str
    status: int | None
    attempts: int


async def fetch_one(session, semaphore, url, policy):
    async with semaphore:
        attempt = 1
        while True:
            status = None
            try:
                async with session.get(url, timeout=aiohttp.ClientTimeout(total=policy.timeout)) as response:
                    body = await response.read()
                    if response.status == 200:
                        return Page(url, response.status, body, attempt)
                    status = response.status
                    reason = "status"
            except asyncio.TimeoutError:
                reason = "timeout"
            except aiohttp.ClientError:
                reason = "connection"
            if status is not None and status < 500:
                return Failure(url, reason, status, attempt)
            if attempt == policy.attempts:
                return Failure(url, reason, status, attempt)
            # wait longer every time
            await asyncio.sleep(policy.backoff * attempt)
            attempt += 1


async def stream(urls, policy=Policy()):
    semaphore = asyncio.Semaphore(policy.total)
    connector = aiohttp.TCPConnector(limit=policy.total, limit_per_host=policy.per_host)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [asyncio.create_task(fetch_one(session, semaphore, url, policy)) for url in set(urls)]
        for task in asyncio.as_completed(tasks):
            yield await task


async def fetch_all(urls, policy=Policy()):
    results = {}
    async for result in stream(urls, policy):
        results[result.url] = result
    return results
