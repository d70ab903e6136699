"""A fetcher with a scheduler: a task starts what the limits allow, waits for something to happen, and starts again.

Results go through a queue, so that the scheduler does not wait for whoever consumes them.
"""

import asyncio
import heapq
import itertools
import math
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Literal

import httpx

Reason = Literal["status", "timeout", "connection"]


@dataclass(frozen=True, slots=True)
class Policy:
    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1

    def __post_init__(self) -> None:
        lowest = {"timeout": math.ulp(0.0), "backoff": 0.0}
        for field in fields(self):
            if not getattr(self, field.name) >= lowest.get(field.name, 1):
                raise ValueError(f"{field.name}={getattr(self, field.name)} makes no sense")


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Failure:
    url: str
    reason: Reason
    status: int | None
    attempts: int


@dataclass(order=True, slots=True)
class Job:
    """A page that is due at a time, by the clock of the event loop."""

    due: float
    number: int
    url: str
    attempts: int = 0

    @property
    def host(self) -> str:
        return self.url.split("/")[2]


async def attempt(client: httpx.AsyncClient, job: Job, timeout: float) -> Page | Failure:
    job.attempts += 1
    try:
        async with asyncio.timeout(timeout):
            answer = await client.get(job.url)
    except TimeoutError:
        return Failure(job.url, "timeout", None, job.attempts)
    except (httpx.TransportError, OSError):
        return Failure(job.url, "connection", None, job.attempts)
    if answer.is_success:
        return Page(job.url, answer.status_code, answer.content, job.attempts)
    return Failure(job.url, "status", answer.status_code, job.attempts)


def is_final(result: Page | Failure, policy: Policy) -> bool:
    if isinstance(result, Page) or result.attempts == policy.attempts:
        return True
    return result.status is not None and result.status != 429 and result.status // 100 != 5


class Scheduler:
    def __init__(self, client: httpx.AsyncClient, urls: Iterable[str], policy: Policy) -> None:
        self.client = client
        self.policy = policy
        self.now = asyncio.get_running_loop().time
        self.waiting = [Job(-math.inf, number, url) for number, url in enumerate(dict.fromkeys(urls))]
        self.running: dict[asyncio.Task[Page | Failure], Job] = {}
        self.numbers = itertools.count(len(self.waiting))
        self.results: asyncio.Queue[Page | Failure | None] = asyncio.Queue()

    async def run(self) -> None:
        """Put every result into the queue, and None after the last."""
        try:
            while self.waiting or self.running:
                self.start_what_may()
                for result in await self.step():
                    self.results.put_nowait(result)
        finally:
            await self.stop()
            self.results.put_nowait(None)

    def start_what_may(self) -> None:
        busy = Counter(job.host for job in self.running.values())
        kept: list[Job] = []
        while self.waiting and self.waiting[0].due <= self.now() and len(self.running) < self.policy.total:
            job = heapq.heappop(self.waiting)
            if busy[job.host] == self.policy.per_host:
                kept.append(job)
                continue
            busy[job.host] += 1
            self.running[asyncio.create_task(attempt(self.client, job, self.policy.timeout))] = job
        for job in kept:
            heapq.heappush(self.waiting, job)

    def next_pause(self) -> float | None:
        pauses = [job.due - self.now() for job in self.waiting if job.due > -math.inf]
        return max(min(pauses), 0.001) if pauses else None

    async def step(self) -> Iterator[Page | Failure]:
        """Wait until a request has ended or a pause is over; the results that are final."""
        pause = self.next_pause()
        if not self.running:
            await asyncio.sleep(pause or 0)
            return iter(())
        done, _ = await asyncio.wait(self.running, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        return iter([result for task in done for result in self.settle(task)])

    def settle(self, task: asyncio.Task[Page | Failure]) -> Iterator[Page | Failure]:
        job, result = self.running.pop(task), task.result()
        if is_final(result, self.policy):
            yield result
            return
        job.due = self.now() + self.policy.backoff * 2.0 ** (job.attempts - 1)
        job.number = next(self.numbers)
        heapq.heappush(self.waiting, job)

    async def stop(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


async def stream(urls: Iterable[str], policy: Policy = Policy()) -> AsyncGenerator[Page | Failure, None]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=2 * policy.timeout, limits=limits, trust_env=False) as client:
        scheduler = Scheduler(client, urls, policy)
        runner = asyncio.create_task(scheduler.run())
        try:
            while result := await scheduler.results.get():
                yield result
        finally:
            runner.cancel()
            await asyncio.gather(runner, return_exceptions=True)


async def fetch_all(urls: Iterable[str], policy: Policy = Policy()) -> dict[str, Page | Failure]:
    results: dict[str, Page | Failure] = dict.fromkeys(urls, Failure("", "status", None, 0))
    generator = stream(results, policy)
    try:
        async for result in generator:
            results[result.url] = result
    finally:
        await generator.aclose()
    return results
