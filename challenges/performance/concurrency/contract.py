"""Typed usage of the API of `workers`: checked with `mypy --strict` beside a submission, never run."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import assert_type

from workers import WorkerDied, Workers, ordered


async def fetch(url: str, *, attempts: int = 1) -> bytes:
    return url.encode() * attempts


def count(number: int, *, base: int = 10) -> str:
    return str(number + base)


def eventual(number: int) -> Awaitable[float]:
    return asyncio.sleep(1, number / 2)


class OwnWorkers(Workers):
    pass


async def use(workers: Workers) -> None:
    assert_type(await workers.wait(fetch, "a"), bytes)
    assert_type(await workers.wait(fetch, "a", attempts=2), bytes)
    assert_type(await workers.wait(eventual, 1), float)
    assert_type(await workers.block(count, 1, base=2), str)
    assert_type(await workers.compute(count, 1), str)
    assert_type(await workers.compute(len, "a"), int)
    await workers.wait(count, 1)  # type: ignore[arg-type]
    await workers.wait(fetch)  # type: ignore[call-arg]
    await workers.wait(fetch, 1)  # type: ignore[arg-type]
    await workers.block(count, "1")  # type: ignore[arg-type]
    await workers.block(count, 1, bass=2)  # type: ignore[call-arg]
    await workers.compute(count)  # type: ignore[call-arg]
    await workers.compute(count, 1, base="2")  # type: ignore[arg-type]


async def enter() -> None:
    async with Workers() as workers:
        assert_type(workers, Workers)
    async with Workers(waiting=2, blocking=3, computing=4) as few:
        await use(few)
    async with OwnWorkers() as own:
        assert_type(own, OwnWorkers)
    Workers(waiting="2")  # type: ignore[arg-type]
    Workers(blocking="2")  # type: ignore[arg-type]
    Workers(computing="2")  # type: ignore[arg-type]
    Workers(2)  # type: ignore[call-arg]
    Workers(wating=2)  # type: ignore[call-arg]


async def leave() -> int:
    async with Workers() as workers:
        return await workers.block(int, "1")


async def stream(workers: Workers) -> None:
    results = ordered(eventual, (1, 2), ahead=1)
    assert_type(results, AsyncGenerator[float, None])
    async for result in results:
        assert_type(result, float)
    assert_type(await anext(ordered(lambda number: workers.compute(count, number), [1], ahead=2)), str)
    ordered(eventual, ["a"], ahead=1)  # type: ignore[arg-type]
    ordered(count, [1], ahead=1)  # type: ignore[arg-type]
    ordered(eventual, [1])  # type: ignore[call-arg]
    ordered(eventual, [1], ahead="1")  # type: ignore[arg-type]
    assert_type(ordered(eventual, (number for number in (1, 2)), ahead=2), AsyncGenerator[float, None])


died: Exception = WorkerDied("process 7")
