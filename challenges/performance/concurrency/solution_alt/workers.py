"""Run every job on what suits it: one lane per kind, one thread or process per job."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")

_forked = multiprocessing.get_context("fork")
_starting = threading.Lock()  # a process must not inherit the sending end of another's pipe, or its end would not show


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


class _Lane:
    """Starts jobs in the order of the calls, as many at a time as its width."""

    def __init__(self, width: int) -> None:
        if width < 1:
            raise ValueError("every limit must be at least 1")
        self.free = width
        self.queue: dict[asyncio.Future[None], None] = {}
        self.running = 0
        self.empty = asyncio.Event()
        self.empty.set()

    async def enter(self) -> None:
        """Take a place. Cancelled meanwhile, the caller leaves the queue."""
        self.running += 1
        self.empty.clear()
        if self.free:
            self.free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self.queue[turn] = None
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                del self.queue[turn]
                self._count_down()
            else:  # it was its turn already
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next in the queue."""
        turn = next((turn for turn in self.queue if not turn.cancelled()), None)
        if turn is None:
            self.free += 1
        else:
            del self.queue[turn]
            turn.set_result(None)
        self._count_down()

    def _count_down(self) -> None:
        self.running -= 1
        if not self.running:
            self.empty.set()


class _Ending(Generic[T]):
    """How a function ended, to be looked at in the event loop."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.error: Exception | None = None
        try:
            self.values = [call()]
        except Exception as error:
            self.error = error

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.values[0]


def _send(ours: Connection, theirs: Connection, call: Callable[[], T]) -> None:
    ours.close()
    theirs.send(_Ending(call))


def _in_a_process(call: Callable[[], T]) -> T:
    """Run a function in a new process, and wait for it in this thread."""
    with _starting:
        ours, theirs = _forked.Pipe(duplex=False)
        process = _forked.Process(target=_send, args=(ours, theirs, call))
        process.start()
        theirs.close()
    try:
        ending: _Ending[T] = ours.recv()
    except EOFError:
        raise WorkerDied(f"process {process.pid} ended without a result") from None
    finally:
        process.join()
        ours.close()
    return ending.result()


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time."""

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        self._waiting, self._blocking, self._computing = _Lane(waiting), _Lane(blocking), _Lane(computing)
        self._threads: set[threading.Thread] = set()
        self._usable = False

    async def __aenter__(self) -> Self:
        self._usable = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._usable = False
        for lane in (self._waiting, self._blocking, self._computing):
            await lane.empty.wait()
        for thread in self._threads:
            thread.join()

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        self._check()
        await self._waiting.enter()
        try:
            return await function(*args, **kwargs)
        finally:
            self._waiting.leave()

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in a thread."""
        self._check()
        await self._blocking.enter()
        return await self._in_a_thread(self._blocking, lambda: function(*args, **kwargs))

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        self._check()
        await self._computing.enter()
        return await self._in_a_thread(self._computing, lambda: _in_a_process(lambda: function(*args, **kwargs)))

    def _check(self) -> None:
        if not self._usable:
            raise RuntimeError("call jobs only while the block is being run")

    async def _in_a_thread(self, lane: _Lane, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[_Ending[T]] = loop.create_future()

        def finish(ending: _Ending[T]) -> None:
            self._threads.discard(thread)
            thread.join()
            lane.leave()
            if not ended.done():
                ended.set_result(ending)

        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(finish, _Ending(call)))
        self._threads.add(thread)
        thread.start()
        return (await ended).result()


class _Ahead(Generic[A, T]):
    """The jobs that are ahead of the results."""

    def __init__(self, job: Callable[[A], Awaitable[T]], items: Iterable[A]) -> None:
        self._job, self._items = job, iter(items)
        self.tasks: list[asyncio.Task[T]] = []

    async def _one(self, item: A) -> T:
        return await self._job(item)

    def fill(self, count: int) -> bool:
        """Take items until there are so many; return whether there is any."""
        while len(self.tasks) < count:
            try:
                item = next(self._items)
            except StopIteration:
                break
            self.tasks.append(asyncio.create_task(self._one(item)))
        return bool(self.tasks)

    async def abandon(self) -> None:
        """Cancel all, and wait for their ends, whoever is cancelled meanwhile."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    if ahead < 1:
        raise ValueError("ahead must be at least 1")
    return _ordered(_Ahead(job, items), ahead)


async def _ordered(flights: _Ahead[A, T], ahead: int) -> AsyncGenerator[T, None]:
    try:
        while flights.fill(ahead):
            result = await flights.tasks[0]
            del flights.tasks[0]
            yield result
    finally:
        await flights.abandon()
