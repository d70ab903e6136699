"""Run every job on what suits it: coroutines, threads and processes. See README.md.

* A waiting job is awaited in the task of its caller; a semaphore counts places.
* A blocking job runs in a thread of a pool of its own. A place is a thread: it stays taken until the function returns.
* A computing job has a thread, too, but this only talks to a process through a pipe. So processes are independent: where
  one dies, no other job is hurt, and the next job starts another one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


# --- In the other process ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Returned(Generic[T]):
    value: T

    def unwrap(self) -> T:
        return self.value


@dataclass(frozen=True)
class _Raised(Generic[T]):
    error: Exception

    def unwrap(self) -> T:
        raise self.error


def _serve(connection: Connection) -> None:
    """Answer calls until the other side hangs up."""
    while True:
        try:
            call: Callable[[], object] = connection.recv()
        except EOFError:
            return
        except Exception as error:  # for instance, its module cannot be imported here
            connection.send(_Raised[object](error))
            continue
        _answer(connection, call)


def _answer(connection: Connection, call: Callable[[], object]) -> None:
    try:
        connection.send(_Returned(call()))
    except Exception as error:  # by the call, or as its result cannot be pickled: then nothing was sent
        connection.send(_Raised[object](error))


# --- In this process --------------------------------------------------------------------------------------------------


class _Process:
    """A process for one call after another. Its methods block."""

    def __init__(self) -> None:
        # Not forked: there are threads, and a forked sibling would keep our pipes open.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        try:
            self._process.start()
        finally:
            theirs.close()
        self._broken = False

    @property
    def usable(self) -> bool:
        return not self._broken and self._process.is_alive()

    def ask(self, call: Callable[[], T]) -> T:
        try:
            self._connection.send(call)
            reply: _Returned[T] | _Raised[T] = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            self._broken = True
            raise WorkerDied(f"process {self._process.pid} ended before its job") from error
        return reply.unwrap()

    def stop(self) -> None:
        self._connection.close()
        self._process.join()
        self._process.close()


class _Processes:
    """Processes that have nothing to do. Used by several threads: `deque` is safe for that."""

    def __init__(self) -> None:
        self._idle: deque[_Process] = deque()

    def run(self, call: Callable[[], T]) -> T:
        process = self._take()
        try:
            return process.ask(call)
        finally:
            self._give_back(process)

    def stoppers(self) -> list[Callable[[], None]]:
        return [process.stop for process in self._idle]

    def _take(self) -> _Process:
        while self._idle:
            process = self._idle.pop()
            if process.usable:
                return process
            process.stop()
        return _Process()

    def _give_back(self, process: _Process) -> None:
        if process.usable:
            self._idle.append(process)
        else:
            process.stop()


class _Census:
    """Counts jobs that have not ended yet."""

    def __init__(self) -> None:
        self._count = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def enter(self) -> None:
        self._count += 1
        self._empty.clear()

    def leave(self) -> None:
        self._count -= 1
        if not self._count:
            self._empty.set()

    async def empty(self) -> None:
        await self._empty.wait()


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time."""

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        if min(waiting, blocking, computing) < 1:
            raise ValueError("every limit must be 1 or more")
        self._places = asyncio.Semaphore(waiting)
        self._blocking = ThreadPoolExecutor(blocking, "blocking")
        self._computing = ThreadPoolExecutor(computing, "computing")
        self._processes = _Processes()
        self._jobs = _Census()
        self._open = False

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        await self._jobs.empty()
        await asyncio.gather(*(self._in_thread(self._computing, stop) for stop in self._processes.stoppers()))
        # No thread has anything to do now, so that this does not hold the event loop up.
        self._blocking.shutdown()
        self._computing.shutdown()

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        self._require_open()
        self._jobs.enter()
        try:
            async with self._places:
                return await function(*args, **kwargs)
        finally:
            self._jobs.leave()

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in this process."""
        self._require_open()
        return await self._in_thread(self._blocking, partial(function, *args, **kwargs))

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        self._require_open()
        call = partial(function, *args, **kwargs)
        return await self._in_thread(self._computing, lambda: self._processes.run(call))

    def _require_open(self) -> None:
        if not self._open:
            raise RuntimeError("jobs are only taken inside of the `async with` block")

    async def _in_thread(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        """Run a call. If we are cancelled, it is dropped from the queue, or else keeps its thread until it ends."""
        loop = asyncio.get_running_loop()

        def ended(_: Future[T]) -> None:  # called by any thread, even if nobody waits for the result
            loop.call_soon_threadsafe(self._jobs.leave)

        self._jobs.enter()
        future = pool.submit(call)
        future.add_done_callback(ended)
        return await asyncio.wrap_future(future)


# --- Results in order -------------------------------------------------------------------------------------------------


def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    if ahead < 1:
        raise ValueError("`ahead` must be 1 or more")
    return _ordered(job, iter(items), ahead)


async def _ordered(job: Callable[[A], Awaitable[T]], items: Iterator[A], ahead: int) -> AsyncGenerator[T, None]:
    flying: deque[asyncio.Future[T]] = deque()
    try:
        while True:
            _fill(flying, job, items, ahead)
            if not flying:
                return
            result = await flying[0]
            flying.popleft()
            yield result
    finally:
        for future in flying:
            future.cancel()
        await asyncio.gather(*flying, return_exceptions=True)


def _fill(flying: deque[asyncio.Future[T]], job: Callable[[A], Awaitable[T]], items: Iterator[A], ahead: int) -> None:
    while len(flying) < ahead:
        try:
            item = next(items)
        except StopIteration:
            return
        flying.append(_start(job, item))


def _start(job: Callable[[A], Awaitable[T]], item: A) -> asyncio.Future[T]:
    """Start a job. If it fails before there is anything to await, its turn to say so comes later."""
    try:
        return asyncio.ensure_future(job(item))
    except Exception as error:
        failed: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        failed.set_exception(error)
        return failed
