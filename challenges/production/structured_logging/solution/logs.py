"""Structured logging: JSON lines with a request's context and without its secrets."""

from __future__ import annotations

import json
import logging
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

P = ParamSpec("P")
T = TypeVar("T")

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

HEADER = "X-Correlation-ID"
REDACTED = "[redacted]"
UNPRINTABLE = "[unprintable]"
CIRCLE = "[...]"


# ---- context ----------------------------------------------------------------------------------------------------


class _Bound(NamedTuple):
    """What a record says beyond itself."""

    correlation_id: str | None
    fields: Mapping[str, object]


_bound: ContextVar[_Bound] = ContextVar("bound", default=_Bound(None, {}))


@contextmanager
def _binding(values: _Bound) -> Iterator[None]:
    token = _bound.set(values)
    try:
        yield
    finally:
        _bound.reset(token)


def bound(**fields: object) -> AbstractContextManager[object]:
    """Bind fields for a block."""
    now = _bound.get()
    return _binding(now._replace(fields={**now.fields, **fields}))


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function as one that runs in today's context, wherever it is called."""
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.copy().run(function, *args, **kwargs)  # a context is entered by one call at a time

    return carried


def correlation_id() -> str | None:
    """Return the id of the request that is being served here."""
    return _bound.get().correlation_id


# ---- redaction --------------------------------------------------------------------------------------------------

SECRETS = (re.compile(r"(?i)\bbearer +([A-Za-z0-9._~+/=-]+)"), re.compile(r"""://[^\s/?#:@"']*:([^\s/?#"']+)@"""))
CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")


def _passes_luhn(digits: str) -> bool:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[::-2]))) % 10 == 0


def _without_group(match: re.Match[str]) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + REDACTED + match[0][end:]


def _without_card(match: re.Match[str]) -> str:
    return REDACTED if _passes_luhn(match[0]) else match[0]


def _without_patterns(text: str) -> str:
    for secret in SECRETS:
        text = secret.sub(_without_group, text)
    return CARD.sub(_without_card, text)


def _printed(value: object) -> str:
    try:
        return str(value)
    except Exception:  # whatever somebody's __str__ does
        return UNPRINTABLE


def _is_plain(value: object) -> bool:
    """Return whether JSON has the value, and nothing in it must go."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _without_patterns(_printed(value)).lstrip("-").isdigit()
    return value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value))


class _Redactor:
    """Knows the listed keys."""

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(key.casefold() for key in keys)

    def _map(self, convert: Callable[[Any], object], key: object, value: object) -> object:
        return REDACTED if _printed(key).casefold() in self._keys else convert(value)

    def argument(self, value: object, around: tuple[int, ...] = ()) -> object:
        """Return a message's argument without the values of listed keys."""
        if not isinstance(value, dict | list | tuple):
            return value
        if id(value) in around:
            return CIRCLE
        inner = partial(self.argument, around=(*around, id(value)))
        if isinstance(value, dict):
            return {key: self._map(inner, key, item) for key, item in value.items()}
        items = map(inner, value)
        return list(items) if isinstance(value, list) else tuple(items)

    def field(self, value: object, around: tuple[int, ...] = ()) -> object:
        """Return a field's value as JSON knows it, without what must not be read."""
        if isinstance(value, dict | list | tuple):
            inner = partial(self.field, around=(*around, id(value)))
            return CIRCLE if id(value) in around else self._container(value, inner)
        return value if _is_plain(value) else _without_patterns(_printed(value))

    def _container(self, value: Any, inner: Callable[[Any], object]) -> object:
        if isinstance(value, dict):
            return {_without_patterns(_printed(key)): self._map(inner, key, item) for key, item in value.items()}
        return [inner(item) for item in value]


# ---- records ----------------------------------------------------------------------------------------------------

STANDARD = frozenset(vars(logging.makeLogRecord({})))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception and its causes, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        cause, context = error.__cause__, None if error.__suppress_context__ else error.__context__
        error = context if cause is None else cause


class _Handler(logging.Handler):
    """Writes each record as a line. The lock of `handle` keeps lines apart."""

    def __init__(self, sink: Sink, redactor: _Redactor, clock: Callable[[], int]) -> None:
        super().__init__()
        self._sink = sink
        self._redactor = redactor
        self._clock = clock
        self._in_a_line = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, or lose it."""
        with suppress(Exception):  # logging must not break what it logs
            self._write(json.dumps(self._entry(record)).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        data = b"\n" + line if self._in_a_line else line
        self._in_a_line = True
        while data:
            data = data[self._sink.write(data) :]
        self._in_a_line = False

    def _entry(self, record: logging.LogRecord) -> dict[str, object]:
        correlation, fields = _bound.get()
        extra = {key: value for key, value in vars(record).items() if key not in STANDARD}
        error = record.exc_info[1] if record.exc_info else None
        return {
            "time": self._time(),
            "level": record.levelname,
            "logger": record.name,
            "message": _without_patterns(self._message(record)),
            "correlation_id": correlation,
            "fields": self._redactor.field({**fields, **extra}),
            "errors": [
                {"type": type(link).__name__, "message": _without_patterns(_printed(link))} for link in _chain(error)
            ],
        }

    def _time(self) -> str:
        seconds, nanoseconds = divmod(self._clock(), 10**9)
        moment = datetime.fromtimestamp(seconds, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 10**6:03}Z"

    def _message(self, record: logging.LogRecord) -> str:
        text = str(record.msg)
        try:
            return text % self._redactor.argument(record.args) if record.args else text
        except Exception:  # the arguments do not fit
            return text


class Sink(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> int:
        """Take at least one byte, and return how many were taken."""


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send the records of all loggers to the sink."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(sink, _Redactor(redact), clock))
    root.setLevel(level)


# ---- requests ---------------------------------------------------------------------------------------------------

VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _random_id() -> str:
    return uuid.uuid4().hex


def _id_of(header: str, new_id: Callable[[], str]) -> str:
    return header if VALID_ID.fullmatch(header) else new_id()


class _Response:
    """A WSGI response that is iterated and closed in its request's context."""

    def __init__(self, context: Context, body: Iterable[bytes]) -> None:
        self._context = context
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        steps = self._context.run(iter, self._body)
        while (chunk := self._context.run(next, steps, None)) is not None:
            yield chunk

    def close(self) -> None:
        """Close what the application returned."""
        if hasattr(self._body, "close"):
            self._context.run(self._body.close)


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _random_id) -> WSGIApplication:
    """Give each request of a WSGI application its correlation id."""

    def correlated(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _id_of(environ.get("HTTP_X_CORRELATION_ID", ""), new_id)

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
            kept = [(name, value) for name, value in headers if name.lower() != HEADER.lower()]
            return start_response(status, [*kept, (HEADER, request)], *exc_info)

        context = copy_context()
        context.run(_bound.set, _Bound(request, {}))
        return _Response(context, context.run(app, environ, start))

    return correlated


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _random_id) -> AsgiApp:
    """Give each HTTP request of an ASGI application its correlation id."""
    name = HEADER.lower().encode()

    async def correlated(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request = _id_of(dict(scope["headers"]).get(name, b"").decode("latin-1"), new_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(key, value) for key, value in message.get("headers", ()) if key.lower() != name]
                message = {**message, "headers": [*kept, (name, request.encode())]}
            await send(message)

        with _binding(_Bound(request, {})):
            await app(scope, receive, send_with_id)

    return correlated
