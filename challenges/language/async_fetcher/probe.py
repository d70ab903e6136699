"""Runs beside the submission: lets it fetch, stream, be cancelled and be closed. What it does is seen by the server.

`signal` asks a server of the hidden suite for a page whose answer waits until something has happened out there.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from probe_kit.running import run as run_alone
from probe_kit.running import unfinished_tasks

import fetcher


def fetch(urls: list[str], policy: dict[str, Any]) -> list[Any]:
    """All results, in the order of the dict that `fetch_all` gives."""
    return [[url, result] for url, result in found(urls, policy).items()]


def found(urls: list[str], policy: dict[str, Any], settled: str | None = None) -> dict[str, Any]:
    """All results by URL."""

    async def run() -> dict[str, Any]:
        results = await fetcher.fetch_all(iter(urls), _policy(policy))
        if settled is not None:
            await _signal(settled)
        return {_exact(url): _plain(result) for url, result in results.items()}

    return run_alone(run())


def stream(urls: list[str], policy: dict[str, Any], echo: str) -> list[Any]:
    """All results in the order in which `stream` gives them; the server is told of each as it comes."""

    async def run() -> list[Any]:
        given = []
        async with aclosing(fetcher.stream(urls, _policy(policy))) as results:
            async for result in results:
                given.append(_plain(result))
                await _signal(f"{echo}/{len(given)}")
        return given

    return run_alone(run())


def take(urls: list[str], policy: dict[str, Any], count: int, settled: str) -> list[Any]:
    """The first `count` results, then the stream is closed; and how many tasks are left behind."""

    async def run() -> list[Any]:
        given: list[Any] = []
        async with aclosing(fetcher.stream(urls, _policy(policy))) as results:
            async for result in results:
                given.append(_plain(result))
                if len(given) == count:
                    break
        left = unfinished_tasks()
        await _signal(settled)
        return [given, left]

    return run_alone(run())


def cancel(how: str, urls: list[str], policy: dict[str, Any], ripe: str, settled: str) -> list[Any]:
    """Cancel the task that fetches when the server says so; how the task ended, what had come until then, and how many
    tasks are left behind.
    """
    given: list[Any] = []

    async def consume() -> None:
        if how == "fetch_all":
            await fetcher.fetch_all(urls, _policy(policy))
            return
        async with aclosing(fetcher.stream(urls, _policy(policy))) as results:
            async for result in results:
                given.append(_plain(result))

    async def run() -> list[Any]:
        task = asyncio.create_task(consume())
        await _signal(ripe)
        task.cancel()
        try:
            await task
            ended = "finished"
        except asyncio.CancelledError:
            ended = "cancelled"
        left = unfinished_tasks()
        await _signal(settled)
        return [ended, given, left]

    return run_alone(run())


def policy(values: dict[str, Any]) -> list[Any]:
    """The fields of a policy, or what making it raised."""
    try:
        made = _policy(values)
    except ValueError:
        return ["raised", "ValueError"]
    return ["policy", *map(_exact, (made.total, made.per_host, made.timeout, made.attempts, made.backoff))]


def _policy(values: dict[str, Any]) -> Any:
    return fetcher.Policy(**values)


def _plain(result: Any) -> list[Any]:
    match result:
        case fetcher.Page():
            return ["Page", *map(_exact, (result.url, result.status, result.body, result.attempts))]
        case fetcher.Failure():
            return ["Failure", *map(_exact, (result.url, result.reason, result.status, result.attempts))]
    return ["neither", _exact(result)]


def _exact(value: Any) -> Any:
    """The value in the types that the brief promises: a subclass of one is right, anything else is named."""
    match value:
        case None | bool():
            return value
        case int():
            return int.__int__(value)
        case float():
            return float.__float__(value)
        case str():
            return str.__str__(value)
        case bytes():
            return bytes(memoryview(value))
    return ["neither plain nor promised", type.__dict__["__name__"].__get__(type(value))]


async def _signal(url: str) -> None:
    place, path = url.removeprefix("http://").split("/", 1)
    address, port = place.split(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()
    await writer.wait_closed()


def facts() -> dict[str, Any]:
    """What the two functions return, when there is nothing to fetch."""
    return {"fetch-all-async": _fetching, "stream-generator": _streaming}


def _fetching() -> dict[str, Any]:
    made = fetcher.fetch_all([], _policy({}))
    waits = inspect.isawaitable(made)
    run_alone(_until(made))
    return {"coroutine": waits}


async def _until(made: Any) -> None:
    await made


def _streaming() -> dict[str, Any]:
    return {"generator": isinstance(fetcher.stream([], _policy({})), AsyncGenerator)}
