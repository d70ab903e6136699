"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

import io
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, assert_type
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from logs import Sink, bound, carry, configure, correlate_asgi, correlate_wsgi, correlation_id

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Tape:
    """Structural: it writes, and does not inherit."""

    def write(self, data: bytes, /) -> int:
        return len(data)


class Silent:
    """Not a sink."""

    def write(self) -> int:
        return 0


def charge(cents: int, *, currency: str = "EUR") -> str:
    return f"{cents} {currency}"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b""]


async def asynchronous(scope: Message, receive: Receive, send: Send) -> None:
    await send(await receive())


def made() -> str:
    return "id"


sink: Sink = Tape()
configure(sink)
configure(Tape(), redact=["password"], clock=time.time_ns, level=logging.DEBUG)
configure(io.FileIO("log", "w"), redact={"password"})
configure(sys.stdout.buffer, redact=("password",))
configure(Silent())  # type: ignore[arg-type]
configure(Tape(), clock=made)  # type: ignore[arg-type]
configure(Tape(), level="DEBUG")  # type: ignore[arg-type]

with bound(user=7, name="x", tags=["a"]):
    assert_type(correlation_id(), str | None)
bound({"user": 7})  # type: ignore[arg-type, call-arg, misc, unused-ignore]

assert_type(carry(charge)(100, currency="USD"), str)
assert_type(carry(len)([1]), int)
carry(charge)("100")  # type: ignore[arg-type]
carry(charge)(100, curency="USD")  # type: ignore[call-arg]

wrapped: WSGIApplication = correlate_wsgi(application)
correlate_wsgi(application, new_id=made)
correlate_wsgi(asynchronous)  # type: ignore[arg-type]
correlate_wsgi(application, new_id=3)  # type: ignore[arg-type]


async def serve(scope: Message, receive: Receive, send: Send) -> None:
    await correlate_asgi(asynchronous)(scope, receive, send)
    await correlate_asgi(asynchronous, new_id=made)(scope, receive, send)
    correlate_asgi(application)  # type: ignore[arg-type]
