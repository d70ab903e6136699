"""Run every job on what suits it: coroutines in the event loop, threads, processes.

A job takes a place of its kind before it starts and gives it back when it has really ended, which may be long after
its caller was cancelled. Places are given in the order of asking, so whoever has them all knows that no job is left.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from types import TracebackType
from typing import NoReturn, ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


def _gave(result: T) -> T:
    return result


def _raised(error: Exception) -> NoReturn:
    raise error


def _ending(job: Callable[[], T]) -> Callable[[], T]:
    """Run a job; return what gives its result, or raises its exception, which no pool can take for its own then."""
    try:
        return partial(_gave, job())
    except Exception as error:
        return partial(_raised, error)


class _Places(asyncio.Semaphore):
    """The places of one kind of job."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"a limit must be at least 1, got {count}")
        super().__init__(count)
        self._count = count

    async def take_all(self) -> None:
        """Wait until every job that has asked for a place has ended."""
        for _ in range(self._count):
            await self.acquire()


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time."""

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        self._waiting = _Places(waiting)
        self._blocking = _Places(blocking)
        self._computing = _Places(computing)
        self._threads = ThreadPoolExecutor(blocking)
        self._new_pool = partial(ProcessPoolExecutor, computing)
        self._pools: list[ProcessPoolExecutor] = []
        self._pool: ProcessPoolExecutor | None = None
        self._open = False

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        for places in (self._waiting, self._blocking, self._computing):
            await places.take_all()
        for executor in (self._threads, *self._pools):
            executor.shutdown()

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        self._require_open()
        async with self._waiting:
            return await function(*args, **kwargs)

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in a thread."""
        self._require_open()
        job = partial(function, *args, **kwargs)
        return (await self._run(self._blocking, lambda: self._threads.submit(_ending, job)))()

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        self._require_open()
        job = partial(function, *args, **kwargs)
        try:
            ended = await self._run(self._computing, lambda: self._submit(job))
        except BrokenExecutor as error:
            raise WorkerDied("a process ended while it ran a job") from error
        return ended()

    def _require_open(self) -> None:
        if not self._open:
            raise RuntimeError("jobs can be called only inside the block")

    def _submit(self, job: Callable[[], T]) -> Future[Callable[[], T]]:
        """Hand a job to the pool of processes: to a new one if there is none, or if one of its processes has died."""
        if self._pool is not None:
            with suppress(BrokenExecutor):
                return self._pool.submit(_ending, job)
        # Threads may be running, and a forked copy of a lock that one of them holds would never be free.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["asyncio", "concurrent.futures.process"])
        self._pool = self._new_pool(context)
        self._pools.append(self._pool)
        return self._pool.submit(_ending, job)

    async def _run(self, places: _Places, submit: Callable[[], Future[T]]) -> T:
        """Run what cannot be interrupted, in a place that it keeps to its own end."""
        loop = asyncio.get_running_loop()
        await places.acquire()
        try:
            future = submit()
        except BaseException:
            places.release()
            raise
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(places.release))
        return await asyncio.wrap_future(future)


async def _called(job: Callable[[A], Awaitable[T]], item: A) -> T:
    return await job(item)


async def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    if ahead < 1:
        raise ValueError(f"ahead must be at least 1, got {ahead}")
    source = iter(items)
    flights: deque[asyncio.Task[T]] = deque()
    try:
        while True:
            flights.extend(asyncio.create_task(_called(job, item)) for item in islice(source, ahead - len(flights)))
            if not flights:
                return
            await asyncio.wait([flights[0]])  # cancelled here, it is cancelled with all the others, not before them
            yield flights.popleft().result()
    finally:
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
