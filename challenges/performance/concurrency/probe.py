"""Runs beside the submission: brings jobs of every kind to a meeting outside, and drawn programs in virtual time."""

from __future__ import annotations

import os
from asyncio import create_task, current_task, gather, sleep, timeout
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import CancelledError, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from hashlib import sha256
from os import _exit, getpid, kill
from signal import SIGKILL
from threading import Lock
from typing import Any

from probe_kit import plain
from probe_kit.meeting import AsyncMeetingPlace, MeetingPlace
from probe_kit.running import run
from probe_kit.virtual_time import LoopClock, run_virtually

os.cpu_count = lambda: 1  # as on a small machine, wherever this runs

import workers  # noqa: E402

KEPT: list[Any] = []
"""Whatever was used, so that nothing ends because nobody refers to it any more."""
HOPS = 20
"""Enough turns of the event loop for tasks to start, or to end, that wait for no timer."""
CLOCK = LoopClock()


class Trouble(Exception):
    """An exception of a job, which can be pickled."""


ERRORS = (OSError, EOFError, ConnectionResetError, TimeoutError, RuntimeError)
ERRORS_OF_POOLS = (BrokenProcessPool, CancelledError, InvalidStateError)
TROUBLES: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (Trouble, KeyError, ValueError, LookupError, *ERRORS, *ERRORS_OF_POOLS)
}


async def _within(deadline: float, call: Awaitable[Any], again: float = 0.0) -> Any:
    """Await a call, and cancel it after the deadline, and perhaps once more some time later; 0 is never."""
    async with timeout(deadline + again if again else None), timeout(deadline or None):
        return await call


async def _hop() -> None:
    for _ in range(HOPS):
        await sleep(0)


async def _end(how: str) -> None:
    """Raise what this is the name of, or have the current task cancelled; do nothing if it is empty."""
    if how == "cancelled":
        task = current_task()
        assert task is not None
        task.cancel()
        await sleep(0)
    elif how:
        raise TROUBLES[how]("the block")


async def ended(call: Awaitable[Any]) -> list[Any]:
    """Await a call, and return how it ended: `["gave", value]` or `["raised", class, args]`."""
    try:
        return ["gave", plain(await call)]
    except Exception as error:
        return ["raised", type(error).__name__, plain(list(error.args))]


# --- jobs that come to a meeting -------------------------------------------------------------------------------------


def work(word: str, rounds: int) -> str:
    """Compute something that nobody can know before the word is known."""
    data = word.encode()
    for _ in range(rounds):
        data = sha256(data).digest()
    return data.hex()


def visit(address: str, name: str, rounds: int) -> str:
    """Arrive, work on the word of release, arrive with the result, and return it, or raise if the name says so."""
    with MeetingPlace(address) as place:
        result = work(place.arrive(name), rounds)
        place.arrive(result)
    if name.endswith("raises"):
        raise Trouble(name)
    return result


async def visit_async(address: str, name: str, rounds: int) -> str:
    """Do what `visit` does, as a coroutine."""
    async with AsyncMeetingPlace(address) as place:
        result = work(await place.arrive(name), rounds)
        await place.arrive(result)
    return result


class Desk:
    """A place where blocking jobs are done; it cannot be pickled."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = Lock()
        self.served: list[str] = []

    def visit(self, name: str, rounds: int) -> str:
        """Arrive, work and arrive again, and note it here."""
        result = visit(self._address, name, rounds)
        with self._lock:
            self.served.append(name)
        return result


def _caller(pool: Any, desk: Desk, address: str, kind: str) -> Callable[[str, int], Awaitable[str]]:
    """Return how a job of this kind is called."""
    match kind:
        case "waiting":
            return lambda name, rounds: pool.wait(visit_async, address, name, rounds)
        case "blocking":
            return lambda name, rounds: pool.block(desk.visit, name, rounds)
        case "other":
            return lambda name, rounds: visit_async(address, name, rounds)
        case _:
            return lambda name, rounds: pool.compute(visit, address, name, rounds)


def ready() -> None:
    """Have the submission imported."""


def meet(address: str, objects: list[dict[str, int]], jobs: list[list[Any]], leaving: str) -> list[Any]:
    """Call jobs `[kind, name, rounds]` at once; return their results, and whom the desk served.

    The objects with these limits are called in turn. Their blocks are left when all jobs have ended if `leaving` is
    empty, and else as soon as they were called: "at once", or as `_end` says. What is of no kind of job runs as a task
    beside them.
    """
    calls: list[Awaitable[Any]] = []

    async def block(desk: Desk) -> None:
        async with AsyncExitStack() as stack:
            pools = [await stack.enter_async_context(workers.Workers(**limits)) for limits in objects]
            KEPT.append(pools)
            for number, (kind, name, rounds) in enumerate(jobs):
                call = _caller(pools[number % len(pools)], desk, address, kind)
                calls.append(create_task(_within(0, call(name, rounds))))
            await (_hop() if leaving else gather(*calls))
            await _end("" if leaving == "at once" else leaving)

    async def main() -> list[Any]:
        desk = Desk(address)
        await gather(create_task(block(desk)), return_exceptions=True)
        return [plain(await gather(*calls)), sorted(desk.served)]

    return run(main())


def abandon(
    address: str, kind: str, limits: dict[str, int], names: list[str], cancelled: list[str], watch: list[str]
) -> list[str]:
    """Call jobs; when `watch` is released with those that run, cancel the callers of some, and wait for the others.

    `watch` has three names: of the watcher's arrivals at that time, once the cancelled callers are released, and once
    the block was left. An empty name does not arrive. Returns how each caller ended.
    """
    endings = dict.fromkeys(names, "")

    async def call(job: Callable[[str, int], Awaitable[str]], name: str) -> None:
        try:
            endings[name] = plain(await job(name, 1))
        except BaseException as error:
            endings[name] = type(error).__name__
            raise

    async def main() -> None:
        desk = Desk(address)
        async with AsyncMeetingPlace(address) as place:
            async with workers.Workers(**limits) as pool:
                KEPT.append(pool)
                job = _caller(pool, desk, address, kind)
                calls = {name: create_task(call(job, name)) for name in names}
                await place.arrive(watch[0])
                for name in cancelled:
                    calls[name].cancel()
                if watch[1]:
                    await gather(*(calls[name] for name in cancelled), return_exceptions=True)
                    await place.arrive(watch[1])
                await gather(*(calls[name] for name in names if name not in cancelled))
                await _hop()
            if watch[2]:
                await place.arrive(watch[2])

    run(main())
    return [endings[name] for name in names]


# --- errors ----------------------------------------------------------------------------------------------------------


class Eventual:
    """An awaitable that is not a coroutine."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        yield from sleep(0).__await__()
        return self._call()


def end_as_told(trouble: str, number: int, arguments: list[Any], /, **keywords: Any) -> Any:
    """Return the number, the arguments and the keywords, or raise."""
    if trouble:
        raise TROUBLES[trouble](*arguments)
    return [number, arguments, keywords]


def endings(limits: dict[str, int], jobs: list[list[Any]]) -> list[Any]:
    """Call jobs `[kind, trouble, arguments, keywords]` at once; return how each ended.

    An ending is `["gave", value]` or `["raised", class, args, number of the job whose own exception object it is]`.
    """
    made: list[Exception] = []

    def raise_new(trouble: str, number: int, arguments: list[Any], /, **keywords: Any) -> Any:
        if trouble:
            raise made[number]
        return end_as_told(trouble, number, arguments, **keywords)

    def eventual(trouble: str, number: int, arguments: list[Any], /, **keywords: Any) -> Eventual:
        return Eventual(lambda: raise_new(trouble, number, arguments, **keywords))

    async def call(pool: Any, number: int, job: list[Any]) -> list[Any]:
        kind, trouble, arguments, keywords = job
        methods = {"waiting": (pool.wait, eventual), "blocking": (pool.block, raise_new)}
        method, function = methods.get(kind, (pool.compute, end_as_told))
        try:
            return ["gave", plain(await method(function, trouble, number, arguments, **keywords))]
        except BaseException as error:
            owner = next((number for number, own in enumerate(made) if own is error), None)
            return ["raised", type(error).__name__, plain(list(error.args)), owner]

    async def main() -> list[Any]:
        made.extend(TROUBLES[trouble or "Trouble"](*arguments) for _kind, trouble, arguments, _keywords in jobs)
        async with workers.Workers(**limits) as pool:
            KEPT.append(pool)
            return list(await gather(*(call(pool, *numbered) for numbered in enumerate(jobs))))

    return run(main())


def die(address: str, name: str, how: str) -> None:
    """Arrive twice, and end this process at once.

    By then, every process has started: a pool that breaks while it starts one may wait for that one for ever.
    """
    with MeetingPlace(address) as place:
        place.arrive(name)
        place.arrive(f"{name} now")
        if how == "killed":
            kill(getpid(), SIGKILL)
        _exit(int(how))


def deaths(address: str, computing: int, steps: list[list[Any]]) -> list[list[Any]]:
    """Call computing jobs `[name, how]`, step by step; return how each ended. Told how, a job dies, and else it visits.

    A step is `[watcher, jobs]`. A watcher that has a name comes with the jobs, cancels their callers before any of them
    dies, and goes on when everything has come to rest.
    """

    def job(pool: Any, name: str, how: str) -> Awaitable[Any]:
        return pool.compute(die, address, name, how) if how else pool.compute(visit, address, name, 1)

    async def end_of(job: Awaitable[Any]) -> Any:
        try:
            return plain(await job)
        except workers.WorkerDied:
            return "WorkerDied"
        except BaseException as error:
            return type(error).__name__

    async def main() -> list[list[Any]]:
        seen: list[list[Any]] = []
        async with AsyncMeetingPlace(address) as place, workers.Workers(computing=computing) as pool:
            KEPT.append(pool)
            for watcher, jobs in steps:
                calls = [create_task(end_of(job(pool, name, how))) for name, how in jobs]
                if watcher:
                    await place.arrive(watcher)
                    for call in calls:
                        call.cancel()
                seen.append(await gather(*calls))
                if watcher:
                    await place.arrive(f"{watcher} again")
                    await place.arrive(f"{watcher} at rest")
        return seen

    return run(main())


def constructed(limits: list[dict[str, Any]]) -> list[str]:
    """Return the names of what the constructor raises."""
    seen = []
    for own in limits:
        try:
            workers.Workers(**own)
            seen.append("")
        except Exception as error:
            seen.append(type(error).__name__)
    return seen


def uninvited(kinds: list[str], seconds: float, value: int) -> list[Any]:
    """Call jobs before the block is entered, while it is being left, and after it; return what each call raised, and
    the result of the job that the leaving waits for.
    """
    seen: list[Any] = []

    def called() -> None:
        seen.append(["called"])

    def awaited() -> Awaitable[None]:
        seen.append(["called"])
        return sleep(0)

    async def attempts(pool: Any) -> list[str]:
        methods = {
            "waiting": (pool.wait, awaited),
            "blocking": (pool.block, called),
            "computing": (pool.compute, called),
        }
        calls = (methods[kind] for kind in kinds)
        return [(await ended(method(function)))[1] for method, function in calls]

    async def late(pool: Any) -> None:
        await sleep(seconds / 2)
        seen.append(await attempts(pool))

    async def main() -> None:
        pool = workers.Workers()
        seen.append(await attempts(pool))
        async with pool:
            lasting, caller = create_task(ended(pool.wait(sleep, seconds, value))), create_task(late(pool))
            await sleep(seconds / 4)
        seen.append(await attempts(pool))
        await caller
        seen.append(await lasting)

    run_virtually(main(), threads=True)
    return seen


# --- programs in virtual time ----------------------------------------------------------------------------------------


class Ledger:
    """Waiting jobs by their number: when each was called, began and ended."""

    def __init__(self) -> None:
        self._called: dict[int, list[Any]] = {}
        self._began: dict[int, list[Any]] = {}
        self._gone: dict[int, list[Any]] = {}

    def job(self, number: int, seconds: float, trouble: str, cleanup: float, untidy: str = "") -> Awaitable[int]:
        """Return a job that waits and then returns its number or raises; when cancelled, it takes some time to clean
        up, and may raise something else then. Without seconds, raise at once.
        """
        self._called[number] = [CLOCK()]
        if not seconds:
            raise TROUBLES[trouble](number)
        return self._wait(number, seconds, trouble, cleanup, untidy)

    async def _wait(self, number: int, seconds: float, trouble: str, cleanup: float, untidy: str) -> int:
        self._began[number], how = [CLOCK()], "ended"
        try:
            await sleep(seconds)
        except BaseException:
            how = "cancelled"
            await sleep(cleanup)
            await sleep(0)
            if untidy:
                raise TROUBLES[untidy](number) from None
            raise
        finally:
            self._gone[number] = [how, CLOCK()]
        if trouble:
            raise TROUBLES[trouble](number)
        return number

    def unfinished(self) -> list[int]:
        """Return the jobs that have begun and not ended."""
        return sorted(self._began.keys() - self._gone.keys())

    def facts(self) -> dict[str, Any]:
        """Return rows for each job that was called, that began and that ended."""
        return {"called": rows(self._called), "began": rows(self._began), "gone": rows(self._gone)}


def rows(facts: dict[int, list[Any]]) -> list[list[Any]]:
    """Return the facts in the order of their numbers."""
    return [[number, *facts[number]] for number in sorted(facts)]


def schedule(waiting: int, calls: list[list[Any]], leave: float, how: str) -> dict[str, Any]:
    """Call waiting jobs `[at, seconds, trouble, deadline, cleanup, again]`; leave the block then, as `_end` says.

    A deadline of 0 is none; `again` seconds after it, the caller is cancelled once more. Returns when each job was
    called, began and ended, how and when its caller's call ended, and how and when the block ended.
    """
    ledger = Ledger()
    answers: dict[int, list[Any]] = {}
    callers: list[Awaitable[None]] = []

    async def caller(pool: Any, number: int, call: list[Any]) -> None:
        at, seconds, trouble, deadline, cleanup, again = call
        await CLOCK.sleep_until(at)
        waiting = pool.wait(ledger.job, number, seconds, trouble, cleanup)
        answers[number] = [*(await ended(_within(deadline, waiting, again)))[:2], CLOCK()]

    async def block() -> None:
        pool = workers.Workers(waiting=waiting)
        KEPT.append(pool)
        async with pool:
            callers.extend(create_task(caller(pool, number, call)) for number, call in enumerate(calls))
            await CLOCK.sleep_until(leave)
            await _end(how)

    async def main() -> list[Any]:
        ending = "left"
        try:
            await create_task(block())
        except BaseException as error:
            ending = type(error).__name__
        left = CLOCK()
        await gather(*callers)
        return [ending, left]

    seen = run_virtually(main(), threads=True)
    return {**ledger.facts(), "answers": rows(answers), "block": seen}


def coincide(rounds: list[list[Any]]) -> dict[str, Any]:
    """Play rounds `[seconds, turns of the event loop]` with a single place.

    In each, four jobs of as many seconds are called: one that runs, two that wait for the place, and another one by the
    caller of the first, as soon as it has its result. In the moment in which the first job ends, and some turns
    later, the caller of the second is cancelled. Returns when each job began.
    """
    ledger = Ledger()

    async def play(pool: Any, first: int, seconds: float, turns: int) -> None:
        async def call(*numbers: int) -> None:
            for number in numbers:
                await pool.wait(ledger.job, number, seconds, "", 0.0)

        until = CLOCK() + seconds
        calls = [create_task(call(first, first + 3)), create_task(call(first + 1)), create_task(call(first + 2))]
        await CLOCK.sleep_until(until)
        for _ in range(turns):
            await sleep(0)
        calls[1].cancel()
        await gather(*calls, return_exceptions=True)

    async def main() -> None:
        async with workers.Workers(waiting=1) as pool:
            for number, (seconds, turns) in enumerate(rounds):
                await play(pool, 4 * number, seconds, turns)

    run_virtually(main(), threads=True)
    return ledger.facts()


def stream(ahead: int, items: list[list[Any]], requests: list[list[float]], close: float) -> dict[str, Any]:
    """Ask `ordered` for results: each request is `[pause before it, deadline, again]`, and afterwards it is closed.

    Items are `[seconds, trouble, cleanup, untidy]`. The program ends with the first request that gives no result.
    Returns what was taken, what came, and how each job and the whole ended.
    """
    ledger = Ledger()
    took: list[list[Any]] = []
    gave: list[list[Any]] = []

    def source() -> Iterator[int]:
        for number in range(len(items)):
            took.append([number, CLOCK()])
            yield number

    async def ask(results: AsyncGenerator[int, None]) -> list[Any]:
        for pause, deadline, again in requests:
            await sleep(pause)
            how, *rest = await ended(_within(deadline, anext(results), again))
            if how == "raised":
                return rest
            gave.append([*rest, CLOCK()])
        await sleep(close)
        how, *rest = await ended(results.aclose())
        return rest if how == "raised" else ["closed", []]

    async def main() -> list[Any]:
        results = workers.ordered(lambda number: ledger.job(number, *items[number]), source(), ahead=ahead)
        return [*await ask(results), CLOCK(), ledger.unfinished()]

    end = run_virtually(main(), threads=True)
    return {**ledger.facts(), "took": took, "gave": gave, "end": end}


def streams(aheads: list[int]) -> list[Any]:
    """Return what `ordered` gives or the name of what it raises for each `ahead`, at once or when it is asked."""

    async def first(ahead: int) -> int:
        return await anext(workers.ordered(lambda number: sleep(1, number), [ahead], ahead=ahead))

    async def main() -> list[Any]:
        return [(await ended(first(ahead)))[1] for ahead in aheads]

    return run_virtually(main(), threads=True)
