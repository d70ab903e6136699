"""Fetch many pages at the same time, within limits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Literal

Reason = Literal["status", "timeout", "connection"]


@dataclass(frozen=True)
class Policy:
    """The limits of a fetch."""

    total: int = 10
    per_host: int = 4
    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 0.1


@dataclass(frozen=True)
class Page:
    """A page that could be fetched."""

    url: str
    status: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Failure:
    """A page that could not be fetched."""

    url: str
    reason: Reason
    status: int | None
    attempts: int


def stream(urls: Iterable[str], policy: Policy = Policy()) -> AsyncGenerator[Page | Failure, None]:
    """Yield each result as soon as it is available."""
    raise NotImplementedError


async def fetch_all(urls: Iterable[str], policy: Policy = Policy()) -> dict[str, Page | Failure]:
    """Return all results by URL, in the order of the URLs."""
    raise NotImplementedError
