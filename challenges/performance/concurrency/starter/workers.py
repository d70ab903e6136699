"""Run every job on what suits it: coroutines, threads and processes. See README.md."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")


class WorkerDied(Exception):
    """The process that ran a computing job ended before the job did."""


class Workers:
    """Runs jobs that wait, block or compute, at most so many of each kind at the same time."""

    def __init__(self, *, waiting: int = 100, blocking: int = 8, computing: int = 3) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def wait(self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a job in the event loop."""
        raise NotImplementedError

    async def block(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that blocks, in this process."""
        raise NotImplementedError

    async def compute(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that computes, in another process."""
        raise NotImplementedError


def ordered(job: Callable[[A], Awaitable[T]], items: Iterable[A], *, ahead: int) -> AsyncGenerator[T, None]:
    """Yield the results of the jobs in the order of their items, at most `ahead` items ahead."""
    raise NotImplementedError
