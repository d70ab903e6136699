"""Structured logging: JSON lines with a request's context and without its secrets."""

from __future__ import annotations

import json
import logging
import math
import re
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

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


# ---- context: one immutable value in one variable


@dataclass(frozen=True)
class _State:
    """What belongs to all records that are logged here."""

    id: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


_state: ContextVar[_State] = ContextVar("state", default=_State())


@contextmanager
def _set(state: _State) -> Iterator[None]:
    token = _state.set(state)
    try:
        yield
    finally:
        with suppress(ValueError):  # an asynchronous generator may be finished in another context
            _state.reset(token)


@contextmanager
def _bound(fields: Mapping[str, object]) -> Iterator[None]:
    around = _state.get()
    with _set(_State(around.id, {**around.fields, **fields})):
        yield


def bound(**fields: object) -> AbstractContextManager[object]:
    """Bind fields for a block."""
    return _bound(fields)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function as one that runs in today's context, wherever it is called."""
    state = _state.get()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        with _set(state):
            return function(*args, **kwargs)

    return carried


def correlation_id() -> str | None:
    """Return the id of the request that is being served here."""
    return _state.get().id


# ---- redaction

_REDACTED = "[redacted]"
_UNPRINTABLE = "[unprintable]"
_GROUPS = (
    re.compile(r"(?i)\bbearer +([A-Za-z0-9._~+/=-]+)"),
    re.compile(r"""://[^\s/?#:@"']*:([^\s/?#"']+)@"""),
)
_CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")


def _without_group(match: re.Match[str]) -> str:
    text = match.string
    return text[match.start() : match.start(1)] + _REDACTED + text[match.end(1) : match.end()]


def _without_card(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in reversed(match[0])]
    total = sum(digits[::2]) + sum(2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2])
    return match[0] if total % 10 else _REDACTED


def _cleaned(text: str) -> str:
    """Return a text without what the patterns find."""
    for pattern in _GROUPS:
        text = pattern.sub(_without_group, text)
    return _CARD.sub(_without_card, text)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return _UNPRINTABLE


class _Arguments:
    """Copies a message's arguments without the values of listed keys; everything else stays the same object."""

    def __init__(self, redact: Collection[str]) -> None:
        self._redact = redact
        self._copies: dict[int, object] = {}  # by identity, for containers that contain themselves

    def copy(self, value: object) -> object:
        """Return a value without secrets."""
        if type(value) not in (dict, list, tuple):
            return value
        if id(value) not in self._copies:
            self._copies[id(value)] = self._container(value)
        return self._copies[id(value)]

    def _container(self, value: object) -> object:
        if isinstance(value, dict):
            copied: dict[object, object] = {}
            self._copies[id(value)] = copied
            copied.update((key, self._item(key, item)) for key, item in value.items())
            return copied
        items: list[object] = []
        self._copies[id(value)] = items
        if isinstance(value, (list, tuple)):
            items.extend(self.copy(item) for item in value)
        return tuple(items) if isinstance(value, tuple) else items

    def _item(self, key: object, item: object) -> object:
        return _REDACTED if _text(key).casefold() in self._redact else self.copy(item)


class _Fields:
    """Turns fields into what JSON can hold, without secrets."""

    def __init__(self, redact: Collection[str]) -> None:
        self._redact = redact
        self._around: set[int] = set()

    def value(self, value: object) -> object:
        """Return what stands for a value."""
        if isinstance(value, (dict, list, tuple)):
            return self._container(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return _number(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        return _cleaned(_text(value))

    def _container(self, value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> object:
        if id(value) in self._around:
            return "[...]"
        self._around.add(id(value))
        try:
            return self.table(value) if isinstance(value, dict) else [self.value(item) for item in value]
        except RecursionError:
            return _UNPRINTABLE
        finally:
            self._around.discard(id(value))

    def table(self, table: Mapping[Any, object]) -> dict[str, object]:
        """Return what stands for a dict."""
        return {_cleaned(text): self._item(text, item) for text, item in ((_text(k), v) for k, v in table.items())}

    def _item(self, key: str, item: object) -> object:
        return _REDACTED if key.casefold() in self._redact else self.value(item)


def _number(value: int) -> object:
    plain = int(value)
    text = _text(plain)  # too long a number has no text
    cleaned = _cleaned(text)
    return plain if cleaned == text and text != _UNPRINTABLE else cleaned


# ---- records

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def _time(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03}Z"


def _message(record: logging.LogRecord, redact: Collection[str]) -> str:
    text = str(record.msg)
    if record.args:
        with suppress(Exception):
            text = text % _Arguments(redact).copy(record.args)
    return _cleaned(text)


def _next_error(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__


def _errors(error: BaseException | None) -> list[dict[str, str]]:
    errors: list[dict[str, str]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        errors.append({"type": type(error).__name__, "message": _cleaned(_text(error))})
        error = _next_error(error)
    return errors


class _Handler(logging.Handler):
    """Writes records to a sink."""

    def __init__(self, sink: Sink, redact: Collection[str], clock: Callable[[], int]) -> None:
        super().__init__()
        self._sink = sink
        self._redact = frozenset(name.casefold() for name in redact)
        self._clock = clock
        self._writing = threading.Lock()
        self._is_torn = False

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a record. Only writing is locked: what is logged may have a `__str__` that waits for other threads."""
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        line = self._line(record)
        with self._writing, suppress(Exception):
            self._write(line)

    def _line(self, record: logging.LogRecord) -> bytes:
        state = _state.get()
        extra = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        line = {
            "time": _time(self._clock()),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record, self._redact),
            "correlation_id": state.id,
            "fields": _Fields(self._redact).table({**state.fields, **extra}),
            "errors": _errors(record.exc_info[1] if record.exc_info else None),
        }
        return json.dumps(line).encode() + b"\n"

    def _write(self, line: bytes) -> None:
        """Write a line, after a line break if an earlier one may have been left unfinished."""
        rest = b"\n" + line if self._is_torn else line
        self._is_torn = True
        while rest:
            rest = rest[self._sink.write(rest) :]
        self._is_torn = False


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send the records of all loggers to the sink."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Handler):
            root.removeHandler(handler)
    root.addHandler(_Handler(sink, redact, clock))
    root.setLevel(level)


# ---- requests

_HEADER = "X-Correlation-ID"
_RAW_HEADER = b"x-correlation-id"
_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _request_id(given: str, new_id: Callable[[], str]) -> str:
    return given if _GOOD_ID.fullmatch(given) else new_id()


class _Response:
    """A WSGI response whose steps run in the context of its request."""

    def __init__(self, response: Iterable[bytes], context: Context) -> None:
        self._response = response
        self._context = context
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._context.run(self._step)

    def _step(self) -> bytes:
        if self._iterator is None:
            self._iterator = iter(self._response)
        return next(self._iterator)

    def close(self) -> None:
        """Close the application's response, if it can be closed."""
        close = getattr(self._response, "close", None)
        if close is not None:
            self._context.run(close)


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _random_id) -> WSGIApplication:
    """Give each request of a WSGI application its correlation id."""

    def correlated(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = _request_id(environ.get("HTTP_X_CORRELATION_ID", ""), new_id)

        def start(status: str, headers: list[tuple[str, str]], /, *exc_info: Any) -> Callable[[bytes], object]:
            kept = [header for header in headers if header[0].lower() != _HEADER.lower()]
            return start_response(status, [*kept, (_HEADER, request_id)], *exc_info)

        context = copy_context()
        context.run(_state.set, _State(request_id))
        return _Response(context.run(app, environ, start), context)

    return correlated


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _random_id) -> AsgiApp:
    """Give each HTTP request of an ASGI application its correlation id."""

    async def correlated(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = next((value for name, value in scope.get("headers", ()) if name == _RAW_HEADER), b"")
        request_id = _request_id(given.decode("latin-1"), new_id)

        async def correlated_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [header for header in message.get("headers", ()) if header[0].lower() != _RAW_HEADER]
                message = {**message, "headers": [*kept, (_RAW_HEADER, request_id.encode())]}
            await send(message)

        with _set(_State(request_id)):
            await app(scope, receive, correlated_send)

    return correlated
