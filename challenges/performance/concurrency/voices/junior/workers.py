"""Run every job on what suits it: coroutines, threads and processes. See README.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time."""

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        if waiting < 1 or blocking < 1 or computing < 1:
            raise ValueError("limits must be at least 1")
        self.computing = computing
        self.wait_semaphore = asyncio.Semaphore(waiting)
        self.block_semaphore = asyncio.Semaphore(blocking)
        self.compute_semaphore = asyncio.Semaphore(computing)
        self.pool: Any = None
        self.running = False
        self.active = 0  # number of jobs that are not finished

    async def __aenter__(self) -> Self:
        self.pool = ProcessPoolExecutor(max_workers=self.computing)
        self.running = True
        return self

    async def __aexit__(self, *args: Any) -> None:
        self.running = False
        # wait until all jobs are done
        while self.active > 0:
            await asyncio.sleep(0.01)
        self.pool.shutdown(wait=True)

    def check_running(self) -> None:
        if not self.running:
            raise RuntimeError("Workers is not running")

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        self.check_running()
        self.active += 1
        try:
            async with self.wait_semaphore:
                return await function(*args, **kwargs)
        finally:
            self.active -= 1

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in this process."""
        self.check_running()
        self.active += 1
        try:
            async with self.block_semaphore:
                return await asyncio.to_thread(function, *args, **kwargs)
        finally:
            self.active -= 1

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        self.check_running()
        self.active += 1
        loop = asyncio.get_running_loop()
        try:
            async with self.compute_semaphore:
                result: Any = await loop.run_in_executor(self.pool, partial(function, *args, **kwargs))
                return result
        except BrokenProcessPool:
            # the pool can not be used any more, so make a new one
            self.pool = ProcessPoolExecutor(max_workers=self.computing)
            raise WorkerDied("a worker process died")
        finally:
            self.active -= 1


async def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    if ahead < 1:
        raise ValueError("ahead must be at least 1")
    tasks: list[Any] = []
    try:
        for item in items:
            tasks.append(asyncio.ensure_future(job(item)))
            if len(tasks) >= ahead:
                yield await tasks.pop(0)
        while tasks:
            yield await tasks.pop(0)
    except Exception:
        # something went wrong, stop the other jobs
        for task in tasks:
            task.cancel()
        raise
