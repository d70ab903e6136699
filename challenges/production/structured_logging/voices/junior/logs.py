"""Structured logging: JSON lines with a request's context and without its secrets."""

import contextvars
import json
import logging
import re
import time
import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Awaitable, Callable, Collection, MutableMapping, ParamSpec, Protocol, TypeAlias, TypeVar
from wsgiref.types import WSGIApplication

P = ParamSpec("P")
T = TypeVar("T")

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_fields = contextvars.ContextVar("fields", default={})
_id = contextvars.ContextVar("id", default=None)

HEADER = "X-Correlation-ID"

BEARER = re.compile(r"(?i)\bbearer +([A-Za-z0-9._~+/=-]+)")
URL = re.compile(r"://[^\s/?#:@\"']*:([^\s/?#\"']+)@")
CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")

# everything that a LogRecord has anyway
STANDARD = [
    "name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text",
    "stack_info", "lineno", "funcName", "created", "msecs", "relativeCreated", "thread", "threadName",
    "processName", "process", "taskName", "message", "asctime",
]


def _random_id() -> str:
    return uuid.uuid4().hex


class Sink(Protocol):
    """Where lines go."""

    def write(self, data: bytes, /) -> int:
        """Take at least one byte, and return how many were taken."""


def luhn(number):
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit)
        if position % 2 == 1:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0


def clean_text(text):
    """Redact tokens, passwords and card numbers."""
    for match in BEARER.findall(text):
        text = text.replace(match, "[redacted]")
    for match in URL.findall(text):
        text = text.replace(match, "[redacted]")
    text = CARD.sub(lambda match: "[redacted]" if luhn(match.group()) else match.group(), text)
    return text


def clean(value, redact):
    """Make a value ready for JSON."""
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            if str(key).lower() in redact:
                result[str(key)] = "[redacted]"
            else:
                result[str(key)] = clean(item, redact)
        return result
    if isinstance(value, (list, tuple)):
        return [clean(item, redact) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    try:
        return clean_text(str(value))
    except Exception:
        return "[unprintable]"


def get_errors(record):
    errors = []
    if record.exc_info:
        error = record.exc_info[1]
        while error is not None:
            try:
                message = str(error)
            except Exception:
                message = "[unprintable]"
            errors.append({"type": type(error).__name__, "message": clean_text(message)})
            error = error.__cause__ or error.__context__
    return errors


class JsonHandler(logging.Handler):
    def __init__(self, sink, redact, clock):
        super().__init__()
        self.sink = sink
        self.redact = [name.lower() for name in redact]
        self.clock = clock

    def get_time(self):
        seconds = self.clock() / 1_000_000_000
        text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return text[:-3] + "Z"

    def get_message(self, record):
        args = record.args
        if isinstance(args, dict):
            args = clean_args(args, self.redact)
        elif args:
            args = tuple(clean_args(arg, self.redact) for arg in args)
        try:
            message = record.msg % args if args else record.msg
        except Exception:
            message = record.msg
        return clean_text(message)

    def emit(self, record):
        try:
            fields = dict(_fields.get())
            for key, value in record.__dict__.items():
                if key not in STANDARD:
                    fields[key] = value
            line = {
                "time": self.get_time(),
                "level": record.levelname,
                "logger": record.name,
                "message": self.get_message(record),
                "correlation_id": _id.get(),
                "fields": clean(fields, self.redact),
                "errors": get_errors(record),
            }
            data = json.dumps(line).encode("utf-8") + b"\n"
            while data:
                count = self.sink.write(data)
                data = data[count:]
        except Exception:
            pass  # logging must never break the application


def clean_args(arg, redact):
    """Redact the listed keys in a dict that is an argument."""
    if isinstance(arg, dict):
        return {key: "[redacted]" if str(key).lower() in redact else value for key, value in arg.items()}
    return arg


def configure(
    sink: Sink, *, redact: Collection[str] = (), clock: Callable[[], int] = time.time_ns, level: int = logging.INFO
) -> None:
    """Send the records of all loggers to the sink."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(JsonHandler(sink, redact, clock))
    root.setLevel(level)


@contextmanager
def bound(**fields: object):
    """Bind fields for a block."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function as one that runs in today's context, wherever it is called."""
    fields = _fields.get()
    current_id = _id.get()

    def carried(*args, **kwargs):
        _fields.set(fields)
        _id.set(current_id)
        return function(*args, **kwargs)

    return carried


def correlation_id() -> str | None:
    """Return the id of the request that is being served here."""
    return _id.get()


def get_id(value, new_id):
    if value and re.match(r"^[A-Za-z0-9._-]{1,64}$", value):
        return value
    return new_id()


def correlate_wsgi(app: WSGIApplication, *, new_id: Callable[[], str] = _random_id) -> WSGIApplication:
    """Give each request of a WSGI application its correlation id."""

    def wrapped(environ, start_response):
        request_id = get_id(environ.get("HTTP_X_CORRELATION_ID"), new_id)

        def my_start_response(status, headers, exc_info=None):
            headers = [(name, value) for name, value in headers if name.lower() != HEADER.lower()]
            headers.append((HEADER, request_id))
            return start_response(status, headers, exc_info)

        token = _id.set(request_id)
        try:
            response = app(environ, my_start_response)
            # the id must still be there while the response is made
            yield from response
            if hasattr(response, "close"):
                response.close()
        finally:
            _id.reset(token)

    return wrapped


def correlate_asgi(app: AsgiApp, *, new_id: Callable[[], str] = _random_id) -> AsgiApp:
    """Give each HTTP request of an ASGI application its correlation id."""

    async def wrapped(scope, receive, send):
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = get_id(headers.get(b"x-correlation-id", b"").decode("latin-1"), new_id)

        async def my_send(message):
            if message["type"] == "http.response.start":
                message["headers"] = [h for h in message.get("headers", []) if h[0] != b"x-correlation-id"]
                message["headers"].append((b"x-correlation-id", request_id.encode()))
            await send(message)

        token = _id.set(request_id)
        await app(scope, receive, my_send)
        _id.reset(token)

    return wrapped
