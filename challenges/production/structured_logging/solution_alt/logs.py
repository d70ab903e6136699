"""Structured logging by structlog: a chain of processors behind the standard library's loggers."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import logging
import math
import re
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, Protocol, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from structlog.contextvars import bound_contextvars, clear_contextvars, get_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

P = ParamSpec("P")
T = TypeVar("T")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

_request: contextvars.ContextVar[str | None] = contextvars.ContextVar("request", default=None)


class Sink(Protocol):
    """Anything that takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Return how many bytes were taken."""


# What is bound


def bound(**fields: object) -> AbstractContextManager[object]:
    """Bind fields for a block."""
    return bound_contextvars(**fields)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Take the present context along."""
    now = contextvars.copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return now.copy().run(function, *args, **kwargs)

    return run


def correlation_id() -> str | None:
    """Return the present request's id."""
    return _request.get()


def _context_of(identifier: str) -> contextvars.Context:
    """Return a new context for a request."""
    context = contextvars.copy_context()
    context.run(clear_contextvars)
    context.run(_request.set, identifier)
    return context


# What is written


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def _hide(text: str) -> str:
    text = re.sub(r"(?i)(\bbearer +)[A-Za-z0-9._~+/=-]+", r"\1[redacted]", text)
    text = re.sub(r"""(://[^\s/?#:@"']*:)[^\s/?#"']+@""", r"\1[redacted]@", text)
    return re.sub(
        r"(?<![0-9])[0-9]{13,19}(?![0-9])", lambda card: "[redacted]" if _luhn(card.group()) else card.group(), text
    )


def _say(thing: object) -> str:
    try:
        return str(thing)
    except Exception:
        return "[unprintable]"


class _Scrubber:
    """Walks through a value; what leaves becomes is up to `leaf`, what keys become is up to `key`."""

    def __init__(self, listed: Collection[str], leaf: Callable[[object], object], key: Callable[[Any], Any]) -> None:
        self.listed = {name.casefold() for name in listed}
        self.leaf = leaf
        self.key = key
        self.path: list[int] = []

    def __call__(self, value: object) -> Any:
        if not isinstance(value, dict | list | tuple):
            return self.leaf(value)
        if id(value) in self.path:
            return "..."
        self.path.append(id(value))
        try:
            if isinstance(value, dict):
                return {self.key(name): self.entry(name, item) for name, item in value.items()}
            items = [self(item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        finally:
            self.path.pop()

    def entry(self, name: object, item: object) -> object:
        return "[redacted]" if _say(name).casefold() in self.listed else self(item)


def _leaf(value: object) -> object:
    match value:
        case None | bool():
            return value
        case float() if math.isfinite(value):
            return value
        case int():
            digits = _say(value)
            return value if _hide(digits) == digits else _hide(digits)
        case _:
            return _hide(_say(value))


def _links(error: BaseException | None) -> Iterator[dict[str, str]]:
    listed: list[BaseException] = []
    while error is not None and not any(error is known for known in listed):
        listed.append(error)
        yield {"type": type(error).__name__, "message": _hide(_say(error))}
        follows_the_cause = error.__cause__ is not None or error.__suppress_context__
        error = error.__cause__ if follows_the_cause else error.__context__


USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class _Chain:
    """The processors of one configuration."""

    def __init__(self, listed: Collection[str], clock: Callable[[], int]) -> None:
        self.listed = listed
        self.clock = clock

    def message(self, _logger: object, _name: str, event: EventDict) -> EventDict:
        text, arguments = event["event"], event.pop("positional_args", None)
        try:
            message = (
                text % _Scrubber(self.listed, lambda leaf: leaf, lambda key: key)(arguments) if arguments else text
            )
        except Exception:
            message = text
        return {**event, "message": _hide(message)}

    def describe(self, _logger: object, _name: str, event: EventDict) -> EventDict:
        record: logging.LogRecord = event["_record"]
        extra = {name: value for name, value in vars(record).items() if name not in USUAL}
        fields = {**get_contextvars(), **extra}
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.clock() // 1_000_000)
        return {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": event["message"],
            "correlation_id": _request.get(),
            "fields": _Scrubber(self.listed, _leaf, lambda key: _hide(_say(key)))(fields),
            "errors": list(_links(event["exc_info"][1] if event.get("exc_info") else None)),
        }

    def render(self, _logger: object, _name: str, event: EventDict) -> str:
        return json.dumps(event, allow_nan=False)


class _SinkHandler(logging.Handler):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self.sink = sink
        self.alone = threading.Lock()
        self.prefix = b""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode() + b"\n"
            with self.alone:
                self.write(self.prefix + line)
        except Exception:
            return

    def write(self, data: bytes) -> None:
        self.prefix = b"\n"
        taken = 0
        while taken < len(data):
            taken += self.sink.write(data[taken:])
        self.prefix = b""


_installed = ExitStack()


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send all records to the sink."""
    chain = _Chain(tuple(redact), clock)
    handler = _SinkHandler(sink)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[chain.message, chain.describe, chain.render], use_get_message=False, pass_foreign_args=True
        )
    )
    _installed.close()
    root = logging.getLogger()
    root.addHandler(handler)
    _installed.callback(root.removeHandler, handler)
    root.setLevel(level)


# Requests


def _new_id() -> str:
    return secrets.token_hex(16)


def _is_valid(text: str) -> bool:
    return re.fullmatch("[A-Za-z0-9._-]{1,64}", text) is not None


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _new_id) -> WSGIApplication:
    """Give WSGI requests their id."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_CORRELATION_ID", "")
        identifier = given if _is_valid(given) else new_id()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            others = [header for header in headers if header[0].lower() != "x-correlation-id"]
            return start_response(status, [("X-Correlation-ID", identifier), *others], *error)

        context = _context_of(identifier)
        body = context.run(app, environ, start)
        return _Body(context, body, context.run(_steps, body))

    return wrapped


def _steps(body: Iterable[bytes]) -> Generator[bytes, None, None]:
    yield from body


class _Body:
    """Takes each step in the request's context."""

    def __init__(self, context: contextvars.Context, body: Iterable[bytes], steps: Iterator[bytes]) -> None:
        self.context = context
        self.body = body
        self.steps = steps

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> bytes:
        return self.context.run(next, self.steps)

    def close(self) -> None:
        close = getattr(self.body, "close", None)
        if close is not None:
            self.context.run(close)


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _new_id) -> AsgiApp:
    """Give ASGI requests their id, each in a task of its own."""

    @functools.wraps(app)
    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-correlation-id"), "")
        identifier = given if _is_valid(given) else new_id()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message.get("headers", []) if pair[0].lower() != b"x-correlation-id"]
                message = {**message, "headers": [*others, (b"x-correlation-id", identifier.encode())]}
            await send(message)

        async def serve() -> None:
            await app(scope, receive, sending)

        return await asyncio.get_running_loop().create_task(serve(), context=_context_of(identifier))

    return wrapped
