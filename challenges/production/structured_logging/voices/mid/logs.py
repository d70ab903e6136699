"""Structured logging: JSON lines with a request's context and without its secrets."""

from __future__ import annotations

import json
import logging
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, copy_context
from datetime import datetime, timezone
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

P = ParamSpec("P")
T = TypeVar("T")

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

REDACTED = "[redacted]"
UNPRINTABLE = "[unprintable]"
HEADER = "X-Correlation-ID"
HEADER_BYTES = HEADER.lower().encode()

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BEARER = re.compile(r"(?i)\bbearer +([A-Za-z0-9._~+/=-]+)")
_URL = re.compile(r"""://[^\s/?#:@"']*:([^\s/?#"']+)@""")
_CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")

_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime"}

_fields: ContextVar[dict[str, object] | None] = ContextVar("fields", default=None)
_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def _random_id() -> str:
    return uuid.uuid4().hex


class Sink(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> int:
        """Take at least one byte, and return how many were taken."""


# ---- redaction


def _passes_luhn(number: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _replace_group(match: re.Match[str]) -> str:
    start, end = match.span(1)
    offset = match.start()
    text = match.group()
    return text[: start - offset] + REDACTED + text[end - offset :]


def _replace_card(match: re.Match[str]) -> str:
    return REDACTED if _passes_luhn(match.group()) else match.group()


def _redact_text(text: str) -> str:
    text = _BEARER.sub(_replace_group, text)
    text = _URL.sub(_replace_group, text)
    return _CARD.sub(_replace_card, text)


def _safe_str(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return UNPRINTABLE


def _jsonable(value: object, redact: Collection[str]) -> object:
    """Return what stands for a value in the line."""
    if isinstance(value, dict):
        return {
            _safe_str(key): REDACTED if _safe_str(key).casefold() in redact else _jsonable(item, redact)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_jsonable(item, redact) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _redact_text(_safe_str(value))


def _redact_argument(value: object, redact: Collection[str]) -> object:
    """Return a message's argument without the values of listed keys."""
    if isinstance(value, dict):
        return {
            key: REDACTED if _safe_str(key).casefold() in redact else _redact_argument(item, redact)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_redact_argument(item, redact) for item in value]
    if isinstance(value, tuple):
        return tuple(_redact_argument(item, redact) for item in value)
    return value


# ---- records


def _errors(error: BaseException | None) -> list[dict[str, str]]:
    errors: list[dict[str, str]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        errors.append({"type": type(error).__name__, "message": _redact_text(_safe_str(error))})
        if error.__cause__ is not None:
            error = error.__cause__
        else:
            error = None if error.__suppress_context__ else error.__context__
    return errors


class _JsonHandler(logging.Handler):
    def __init__(self, sink: Sink, redact: Collection[str], clock: Callable[[], int]) -> None:
        super().__init__()
        self._sink = sink
        self._redact = {name.casefold() for name in redact}
        self._clock = clock
        self._is_torn = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            data = self._line(record)
        except Exception:  # a record that cannot be rendered must not hurt the application
            data = self._fallback(record)
        self._write(data)

    def _line(self, record: logging.LogRecord) -> bytes:
        fields = dict(_fields.get() or {})
        fields.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
        return self._encode(record, self._message(record), _jsonable(fields, self._redact))

    def _fallback(self, record: logging.LogRecord) -> bytes:
        return self._encode(record, _redact_text(str(record.msg)), {})

    def _encode(self, record: logging.LogRecord, message: str, fields: object) -> bytes:
        line = {
            "time": self._time(),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "correlation_id": _correlation_id.get(),
            "fields": fields,
            "errors": _errors(record.exc_info[1]) if record.exc_info else [],
        }
        return json.dumps(line).encode() + b"\n"

    def _time(self) -> str:
        seconds, nanoseconds = divmod(self._clock(), 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, timezone.utc)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000:03}Z"

    def _message(self, record: logging.LogRecord) -> str:
        text = str(record.msg)
        if record.args:
            try:
                text = text % _redact_argument(record.args, self._redact)
            except Exception:
                text = str(record.msg)
        return _redact_text(text)

    def _write(self, data: bytes) -> None:
        """Write a line; the handler's lock is held."""
        if self._is_torn:
            data = b"\n" + data
        total = len(data)
        try:
            while data:
                data = data[self._sink.write(data) :]
            self._is_torn = False
        except Exception:
            self._is_torn = self._is_torn or len(data) < total


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send the records of all loggers to the sink."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _JsonHandler):
            root.removeHandler(handler)
    root.addHandler(_JsonHandler(sink, redact, clock))
    root.setLevel(level)


# ---- context


@contextmanager
def _bound(fields: dict[str, object]) -> Iterator[None]:
    token = _fields.set({**(_fields.get() or {}), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def bound(**fields: object) -> AbstractContextManager[object]:
    """Bind fields for a block."""
    return _bound(fields)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function as one that runs in today's context, wherever it is called."""
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.run(function, *args, **kwargs)

    return carried


def correlation_id() -> str | None:
    """Return the id of the request that is being served here."""
    return _correlation_id.get()


# ---- requests


def _request_id(value: str | None, new_id: Callable[[], str]) -> str:
    if value is not None and _ID.fullmatch(value):
        return value
    return new_id()


@contextmanager
def _request(request_id: str) -> Iterator[None]:
    token = _correlation_id.set(request_id)
    try:
        yield
    finally:
        _correlation_id.reset(token)


class _Response:
    """A response's body; each step runs with the request's id."""

    def __init__(self, body: Iterable[bytes], request_id: str) -> None:
        self._body = body
        self._iterator: Iterator[bytes] | None = None
        self._request_id = request_id

    def __iter__(self) -> _Response:
        return self

    def __next__(self) -> bytes:
        with _request(self._request_id):
            if self._iterator is None:
                self._iterator = iter(self._body)
            return next(self._iterator)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            with _request(self._request_id):
                close()


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _random_id) -> WSGIApplication:
    """Give each request of a WSGI application its correlation id."""

    def correlated(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = _request_id(environ.get("HTTP_X_CORRELATION_ID"), new_id)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            kept = [(name, value) for name, value in headers if name.lower() != HEADER.lower()]
            return start_response(status, [*kept, (HEADER, request_id)], *rest)

        with _request(request_id):
            return _Response(app(environ, start), request_id)

    return correlated


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _random_id) -> AsgiApp:
    """Give each HTTP request of an ASGI application its correlation id."""

    async def correlated(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {bytes(name): bytes(value) for name, value in scope.get("headers", ())}
        given = headers.get(HEADER_BYTES)
        request_id = _request_id(given.decode("latin-1") if given is not None else None, new_id)

        async def correlated_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [header for header in message.get("headers", ()) if header[0].lower() != HEADER_BYTES]
                message = {**message, "headers": [*kept, (HEADER_BYTES, request_id.encode())]}
            await send(message)

        with _request(request_id):
            await app(scope, receive, correlated_send)

    return correlated
