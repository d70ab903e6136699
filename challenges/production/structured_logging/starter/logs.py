"""Structured logging: JSON lines with a request's context and without its secrets. README.md says more."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar
from wsgiref.types import WSGIApplication

P = ParamSpec("P")
T = TypeVar("T")

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


def _random_id() -> str:
    return uuid.uuid4().hex


class Sink(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> int:
        """Take at least one byte, and return how many were taken."""


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send the records of all loggers to the sink."""
    raise NotImplementedError


def bound(**fields: object) -> AbstractContextManager[object]:
    """Bind fields for a block."""
    raise NotImplementedError


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function as one that runs in today's context, wherever it is called."""
    raise NotImplementedError


def correlation_id() -> str | None:
    """Return the id of the request that is being served here."""
    raise NotImplementedError


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _random_id) -> WSGIApplication:
    """Give each request of a WSGI application its correlation id."""
    raise NotImplementedError


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _random_id) -> AsgiApp:
    """Give each HTTP request of an ASGI application its correlation id."""
    raise NotImplementedError
