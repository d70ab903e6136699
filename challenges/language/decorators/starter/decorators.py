"""Retry, rate limit and memoise, for functions, methods and coroutine functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Clock(Protocol):
    """The source of time for the decorators."""

    def time(self) -> float:
        """Seconds from any origin, never backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block for this long."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let other tasks run for this long."""
        ...


class RateLimitExceeded(Exception):
    """The call was refused. `retry_after` is the number of seconds until the next one would go through."""


def retry(
    times: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    delay: float = 0.0,
    factor: float = 1.0,
    clock: Clock | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Call the function up to `times` times."""
    raise NotImplementedError


def rate_limit(
    calls: int, *, per: float, clock: Clock | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let at most `calls` calls through within `per` seconds."""
    raise NotImplementedError


def memoise(
    *,
    max_size: int | None = None,
    ttl: float | None = None,
    per_instance: bool = False,
    clock: Clock | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep results by the values of the parameters."""
    raise NotImplementedError
