"""asyncio in virtual time: no real time passes, and whatever waits for a timer is woken at exactly its time.

    async def main(): ...
    result = run_virtually(main(), start=1000.0)

`asyncio.sleep`, `wait_for`, `timeout` and `loop.call_later` are all virtual. When nothing can happen any more, because
everything waits for something that no timer brings, the run raises Stuck. Threads and sockets are outside virtual time:
`to_thread` raises Stuck at once, and a task that waits for a socket is stuck. With `threads=True`, functions run in
threads as ever, and virtual time stands still meanwhile.
"""

from __future__ import annotations

from asyncio import Future, Runner, SelectorEventLoop, TimerHandle, all_tasks, get_running_loop
from collections.abc import Callable, Coroutine
from selectors import SelectorKey, SelectSelector
from typing import Any, TypeVar

Result = TypeVar("Result")
RESOLUTION = 1e-9
"""The clock's resolution: zero would let the loop spin for ever on a timer that is due by rounding."""


class Stuck(RuntimeError):
    """Everything is waiting, and nothing in virtual time will end it."""


class _Jump(SelectSelector):
    """A selector that advances the time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        assert self.loop is not None
        if self.loop.in_threads:
            return super().select(None)
        if timeout is None:
            raise Stuck("everything waits for something that never happens in virtual time")
        self.loop.jump(timeout)
        return []


class VirtualLoop(SelectorEventLoop):
    """An event loop with its own clock."""

    def __init__(self, start: float = 0.0, *, threads: bool = False) -> None:
        self.in_threads = 0
        self._threads = threads
        self._now = start
        selector = _Jump()
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = RESOLUTION

    def time(self) -> float:
        return self._now

    def jump(self, timeout: float) -> None:
        """Jump to the next timer's own time, which a sum with `timeout` would miss by a rounding error."""
        scheduled: list[TimerHandle] = getattr(self, "_scheduled", [])
        self._now = scheduled[0].when() if scheduled else self._now + timeout

    def run_in_executor(  # type: ignore[override] # the variadic types would be all of its text
        self, executor: Any, function: Callable[..., Any], *arguments: Any
    ) -> Future[Any]:
        """Refuse to run in a thread, since chance would decide whether it finished before the next timer; or else keep
        the time from passing until it has finished.
        """
        if not self._threads:
            raise Stuck("a thread cannot be used, because it runs outside virtual time")
        running = super().run_in_executor(executor, function, *arguments)
        self.in_threads += 1
        running.add_done_callback(self._back_from_thread)
        return running

    async def shutdown_default_executor(self, *arguments: Any) -> None:
        """Wait for the threads of the default executor, without the time passing."""
        self.in_threads += 1
        try:
            await super().shutdown_default_executor(*arguments)
        finally:
            self.in_threads -= 1

    def _back_from_thread(self, _running: Future[Any]) -> None:
        self.in_threads -= 1

    def advance(self, seconds: float) -> None:
        """Move the time forwards while a task works; timers that come due meanwhile run when it yields."""
        self._now += max(0.0, seconds)


def run_virtually(main: Coroutine[Any, Any, Result], *, start: float = 0.0, threads: bool = False) -> Result:
    """Run a coroutine to completion in virtual time. Raises Stuck."""
    loop = VirtualLoop(start, threads=threads)
    with Runner(loop_factory=lambda: loop) as runner:
        try:
            return runner.run(main)
        except Stuck:
            for task in all_tasks(loop):  # cancelled by the runner, they would wait, and be stuck, again
                task.cancel()
            raise


class LoopClock:
    """A clock for coroutines, which tells the running loop's time and waits until a given time."""

    def __call__(self) -> float:
        """Return the running loop's time."""
        return get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of virtual time."""
        await self.sleep_until(self() + seconds)

    async def sleep_until(self, when: float) -> None:
        """Wait until exactly `when`; no sum of sleeps shifts this time by a rounding error."""
        loop = get_running_loop()
        if when > loop.time():
            due = loop.create_future()
            timer = loop.call_at(when, lambda: None if due.done() else due.set_result(None))
            try:
                await due
            finally:
                timer.cancel()
