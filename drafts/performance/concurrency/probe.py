"""Runs beside the submission: brings jobs of every kind to a meeting outside, and drawn programs in virtual time."""

from __future__ import annotations

from asyncio import create_task, gather, sleep, timeout
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from hashlib import sha256
from os import _exit, getpid, kill
from signal import SIGKILL
from threading import Lock
from typing import Any

from probe_kit import plain
from probe_kit.meeting import AsyncMeetingPlace, MeetingPlace
from probe_kit.running import run
from probe_kit.virtual_time import LoopClock, run_virtually

import workers

KEPT: list[Any] = []
"""Whatever was used, so that nothing ends because nobody refers to it any more."""
HOPS = 20
"""Enough turns of the event loop for tasks to start, or to end, that wait for no timer."""
CLOCK = LoopClock()


class Trouble(Exception):
    """An exception of a job, which can be pickled."""


TROUBLES: dict[str, type[Exception]] = {kind.__name__: kind for kind in (Trouble, KeyError, ValueError, LookupError)}


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
    """Arrive, work on the word of release, and arrive with the result."""
    with MeetingPlace(address) as place:
        result = work(place.arrive(name), rounds)
        place.arrive(result)
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


def meet(address: str, limits: dict[str, int], jobs: list[list[Any]], exits: bool) -> list[Any]:
    """Call jobs `[kind, name, rounds]` at once; return their results, and whom the desk served. With `exits`, the block
    is left as soon as they were called. What is of no kind of job runs as a task beside them.
    """

    async def main() -> list[Any]:
        desk = Desk(address)
        async with workers.Workers(**limits) as pool:
            KEPT.append(pool)
            calls = [
                create_task(_within(0, _caller(pool, desk, address, kind)(name, rounds))) for kind, name, rounds in jobs
            ]
            await (_hop() if exits else gather(*calls))
        return [plain(await gather(*calls)), sorted(desk.served)]

    return run(main())


async def _within(deadline: float, call: Awaitable[Any]) -> Any:
    """Await a call; a deadline of 0 is none."""
    async with timeout(deadline or None):
        return await call


async def _hop() -> None:
    for _ in range(HOPS):
        await sleep(0)


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


def end_as_told(trouble: str, arguments: list[Any], /, **keywords: Any) -> Any:
    """Return the arguments and the keywords, or raise."""
    if trouble:
        raise TROUBLES[trouble](*arguments)
    return [arguments, keywords]


def endings(limits: dict[str, int], jobs: list[list[Any]]) -> list[Any]:
    """Call jobs `[kind, trouble, arguments, keywords]` at once; return how each ended.

    The first of a job's arguments is its number. An ending is `["gave", value]` or `["raised", class, args, number of
    the job whose own exception object it is]`.
    """
    made: list[Exception] = []

    def raise_new(trouble: str, arguments: list[Any], /, **keywords: Any) -> Any:
        if trouble:
            raise made[arguments[0]]
        return end_as_told(trouble, arguments, **keywords)

    def eventual(trouble: str, arguments: list[Any], /, **keywords: Any) -> Eventual:
        return Eventual(lambda: raise_new(trouble, arguments, **keywords))

    async def call(pool: Any, kind: str, trouble: str, arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
        methods = {"waiting": (pool.wait, eventual), "blocking": (pool.block, raise_new)}
        method, function = methods.get(kind, (pool.compute, end_as_told))
        try:
            return ["gave", plain(await method(function, trouble, arguments, **keywords))]
        except Exception as error:
            number = next((number for number, own in enumerate(made) if own is error), None)
            return ["raised", type(error).__name__, plain(list(error.args)), number]

    async def main() -> list[Any]:
        made.extend(TROUBLES[trouble or "Trouble"](*arguments) for _kind, trouble, arguments, _keywords in jobs)
        async with workers.Workers(**limits) as pool:
            KEPT.append(pool)
            return list(await gather(*(call(pool, *job) for job in jobs)))

    return run(main())


def die(address: str, name: str, how: str) -> None:
    """Arrive, and end this process at once.

    By then, every process has started: a pool that breaks while it starts one may wait for that one for ever.
    """
    with MeetingPlace(address) as place:
        place.arrive(name)
        if how == "killed":
            kill(getpid(), SIGKILL)
        _exit(int(how))


def deaths(address: str, program: list[list[str]]) -> list[list[Any]]:
    """Call computing jobs `[name, how, waits]`, one after the other, which visit or, if they are told how, die.

    Only one may run at a time. If `waits` is a name, a job of that name is called at the same time, and waits for its
    place. Returns how both ended.
    """

    async def end_of(job: Awaitable[Any]) -> Any:
        try:
            return plain(await job)
        except workers.WorkerDied:
            return "WorkerDied"
        except Exception as error:
            return type(error).__name__

    async def main() -> list[list[Any]]:
        seen: list[list[Any]] = []
        async with workers.Workers(computing=1) as pool:
            KEPT.append(pool)
            for name, how, waits in program:
                job = pool.compute(die, address, name, how) if how else pool.compute(visit, address, name, 1)
                after = [pool.compute(visit, address, waits, 1)] if waits else []
                seen.append([*await gather(*map(end_of, [job, *after])), *([] if waits else [""])])
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

    async def awaited() -> None:
        seen.append(["awaited"])

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
    """Waiting jobs by their number, and when each began and ended."""

    def __init__(self) -> None:
        self._began: dict[int, list[Any]] = {}
        self._gone: dict[int, list[Any]] = {}

    async def job(self, number: int, seconds: float, trouble: str, cleanup: float, hops: int) -> int:
        """Wait, then return the number or raise; when cancelled, take some time and turns of the loop to clean up."""
        self._began[number] = [CLOCK()]
        try:
            await sleep(seconds)
            self._gone[number] = ["ended", CLOCK()]
        except BaseException:
            await sleep(cleanup)
            for _ in range(hops):
                await sleep(0)
            self._gone[number] = ["cancelled", CLOCK()]
            raise
        if trouble:
            raise TROUBLES[trouble](number)
        return number

    def unfinished(self) -> list[int]:
        """Return the jobs that have begun and not ended."""
        return sorted(self._began.keys() - self._gone.keys())

    def facts(self) -> dict[str, Any]:
        """Return rows for each job that began and each that ended."""
        return {"began": rows(self._began), "gone": rows(self._gone)}


def rows(facts: dict[int, list[Any]]) -> list[list[Any]]:
    """Return the facts in the order of their numbers."""
    return [[number, *facts[number]] for number in sorted(facts)]


def schedule(waiting: int, calls: list[list[Any]], leave: float, crash: str) -> dict[str, Any]:
    """Call waiting jobs `[at, seconds, trouble, deadline, cleanup]`; leave the block then, perhaps by an exception.

    A deadline of 0 is none. Returns when each job began and ended, how and when its caller's call ended, and how and
    when the block ended.
    """
    ledger = Ledger()
    answers: dict[int, list[Any]] = {}

    async def caller(pool: Any, number: int, call: list[Any]) -> None:
        at, seconds, trouble, deadline, cleanup = call
        await CLOCK.sleep_until(at)
        waiting = pool.wait(ledger.job, number, seconds, trouble, cleanup, hops=1)
        answers[number] = [*(await ended(_within(deadline, waiting)))[:2], CLOCK()]

    async def main() -> list[Any]:
        ending = "left"
        pool = workers.Workers(waiting=waiting)
        KEPT.append(pool)
        try:
            async with pool:
                callers = [create_task(caller(pool, number, call)) for number, call in enumerate(calls)]
                await CLOCK.sleep_until(leave)
                if crash:
                    raise TROUBLES[crash]("the block")
        except Exception as error:
            ending = type(error).__name__
        left = CLOCK()
        await gather(*callers)
        return [ending, left]

    block = run_virtually(main(), threads=True)
    return {**ledger.facts(), "answers": rows(answers), "block": block}


def stream(ahead: int, items: list[list[Any]], requests: list[list[float]], close: float) -> dict[str, Any]:
    """Ask `ordered` for results: each request is `[pause before it, deadline]`, and afterwards it is closed.

    Items are `[seconds, trouble, hops of the event loop that cleaning up takes]`. The program ends with the first
    request that gives no result. Returns what was taken, what came, and how each job and the whole ended.
    """
    ledger = Ledger()
    took: list[list[Any]] = []
    gave: list[list[Any]] = []

    def source() -> Iterator[int]:
        for number in range(len(items)):
            took.append([number, CLOCK()])
            yield number

    async def job(number: int) -> int:
        seconds, trouble, hops = items[number]
        return await ledger.job(number, seconds, trouble, 0.0, hops)

    async def ask(results: AsyncGenerator[int, None]) -> list[Any]:
        for pause, deadline in requests:
            await sleep(pause)
            how, *rest = await ended(_within(deadline, anext(results)))
            if how == "raised":
                return rest
            gave.append([*rest, CLOCK()])
        await sleep(close)
        await results.aclose()
        return ["closed", []]

    async def main() -> list[Any]:
        end = await ask(workers.ordered(job, source(), ahead=ahead))
        return [*end, CLOCK(), ledger.unfinished()]

    end = run_virtually(main(), threads=True)
    return {**ledger.facts(), "took": took, "gave": gave, "end": end}


def streams(aheads: list[int]) -> list[Any]:
    """Return what `ordered` gives or the name of what it raises for each `ahead`, at once or when it is asked."""

    async def first(ahead: int) -> int:
        return await anext(workers.ordered(lambda number: sleep(1, number), [ahead], ahead=ahead))

    async def main() -> list[Any]:
        return [(await ended(first(ahead)))[1] for ahead in aheads]

    return run_virtually(main(), threads=True)
