"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Literal, assert_never, assert_type

from fetcher import Failure, Page, Policy, Reason, fetch_all, stream


def policies() -> Policy:
    assert_type(Policy().total, int)
    assert_type(Policy(timeout=3).timeout, float)
    policy = Policy(total=5, per_host=2, timeout=1.5, attempts=2, backoff=0)
    policy.total = 6  # type: ignore[misc]
    Policy(total="5")  # type: ignore[arg-type]
    Policy(retries=3)  # type: ignore[call-arg]
    return policy


async def everything(urls: list[str], lazily: Iterator[str], policy: Policy) -> None:
    assert_type(await fetch_all(urls), dict[str, Page | Failure])
    assert_type(await fetch_all(lazily, policy), dict[str, Page | Failure])
    await fetch_all(urls, policy=policy)
    await fetch_all(3)  # type: ignore[arg-type]
    await fetch_all(urls, 10)  # type: ignore[arg-type]
    (await fetch_all(urls))["a"].body  # type: ignore[union-attr]


async def streaming(urls: set[str], policy: Policy) -> None:
    assert_type(stream(urls), AsyncGenerator[Page | Failure, None])
    async with aclosing(stream(urls, policy)) as results:
        async for result in results:
            assert_type(result, Page | Failure)
            assert_type(result.url, str)
            assert_type(result.attempts, int)
    stream([b"http://a/"])  # type: ignore[list-item]
    for result in stream(urls):  # type: ignore[attr-defined]
        print(result)


def telling(result: Page | Failure) -> Reason:
    match result:
        case Page():
            assert_type(result.status, int)
            assert_type(result.body, bytes)
            result.body = b""  # type: ignore[misc]
            return "status"
        case Failure():
            assert_type(result.status, int | None)
            assert_type(result.reason, Literal["status", "timeout", "connection"])
            result.body  # type: ignore[attr-defined]
            result.reason = "status"  # type: ignore[misc]
            return result.reason
        case other:
            assert_never(other)


def making() -> tuple[Page, Failure]:
    Failure("http://a/", "refused", None, 1)  # type: ignore[arg-type]
    Page("http://a/", 200, "text", 1)  # type: ignore[arg-type]
    return Page("http://a/", 200, b"", attempts=1), Failure("http://a/", "status", 404, attempts=3)
