"""Run every job on what suits it: coroutines, threads and processes. See README.md."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time.

    The executors limit the number of blocking and computing jobs themselves (a job occupies its
    worker until it has ended, whether somebody waits for it or not), and their queues are first
    in, first out. Only jobs in the event loop need a semaphore.
    """

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        for name, limit in {"waiting": waiting, "blocking": blocking, "computing": computing}.items():
            if limit < 1:
                raise ValueError(f"{name} must be at least 1, not {limit}")
        self._computing = computing
        self._semaphore = asyncio.Semaphore(waiting)
        self._threads = ThreadPoolExecutor(max_workers=blocking)  # starts threads on demand
        self._processes: ProcessPoolExecutor | None = None
        self._open = False
        self._jobs = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        await self._idle.wait()
        # Callers may have been cancelled while their functions still run: do not block the loop.
        await asyncio.to_thread(self._shutdown)

    def _shutdown(self) -> None:
        self._threads.shutdown(wait=True)
        if self._processes is not None:
            self._processes.shutdown(wait=True)

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        with self._job():
            async with self._semaphore:
                return await function(*args, **kwargs)

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in this process."""
        with self._job():
            return await self._run(self._threads, partial(function, *args, **kwargs))

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        with self._job():
            pool = self._process_pool()
            try:
                return await self._run(pool, partial(function, *args, **kwargs))
            except BrokenProcessPool as error:
                if self._processes is pool:  # the first to notice; the next call makes a new pool
                    self._processes = None
                raise WorkerDied(str(error)) from error

    @contextmanager
    def _job(self) -> Iterator[None]:
        """Count a job as long as its caller waits for it."""
        if not self._open:
            raise RuntimeError("Workers can only be used inside of its `async with` block")
        self._jobs += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._jobs -= 1
            if self._jobs == 0:
                self._idle.set()

    def _process_pool(self) -> ProcessPoolExecutor:
        if self._processes is None:
            # Forking is not safe, as there may be threads.
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(max_workers=self._computing, mp_context=context)
        return self._processes

    @staticmethod
    async def _run(executor: Executor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, call)


async def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    if ahead < 1:
        raise ValueError(f"ahead must be at least 1, not {ahead}")
    iterator = iter(items)
    tasks: deque[asyncio.Future[T]] = deque()
    try:
        while True:
            for item in iterator:
                tasks.append(asyncio.ensure_future(job(item)))
                if len(tasks) >= ahead:
                    break
            if not tasks:
                return
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
