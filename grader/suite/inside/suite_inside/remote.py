"""The inside end of an implementation under test: a stub module asks, and the implementation answers from outside.

A message is one line of JSON; the tags of values are those of `sandbox/inside/wire.py`.

    inside  -> outside  ["new", class, [argument, ...], eager]            arguments are ["plain", value] or ["opaque"]
                        ["call", number, method, [argument, ...], eager]
                        ["answer", value] | ["failed"]                    in reply to ["ask", callback]
    outside -> inside   ["ok", value] | ["made", number] | ["value", name, {field: value}]
                        ["raised", name, builtin base or null, text, {field: value}]
                        ["ask", callback] | ["stopped"]

`eager` is a list of at most one reading of the object's callback, so that most calls need no second message. The
implementation decides everything; this file is the same for all implementations.
"""

from __future__ import annotations

import _socket
import builtins
import json
import os
import threading
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Callbacks = Mapping[str, Callable[[], object]]

_dumps = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_loads = json.loads
_getpid = os.getpid
MOST_BITS = 8000
MOST_DEPTH = 20
ROOM = 1 << 16


class Raised(NamedTuple):
    """The answer if the implementation raised an exception."""

    name: str
    base: str | None
    text: str
    fields: dict[str, Any]


class Value(NamedTuple):
    """The answer if it is one of the implementation's own values."""

    name: str
    fields: dict[str, Any]


def result(answer: Any, classes: Mapping[str, type]) -> Any:
    """Return what the implementation returned, or raise what it raised; `classes` are the stub's own, by name."""
    match answer:
        case Value(name, fields):
            return _filled(classes[name], (), fields)
        case Raised(name, None, text, fields):
            raise _filled(classes[name], (text,), fields)
        case Raised(name, str(base), text, _):
            kind = getattr(builtins, base)
            raise (kind if name == base else type(name, (kind,), {}))(text)
        case _:
            return answer


def _filled(kind: Any, arguments: tuple[object, ...], fields: dict[str, Any]) -> Any:
    """Return an instance with exactly these attributes, whatever the class's own `__init__` requires."""
    made = kind.__new__(kind, *arguments)
    made.__dict__.update(fields)
    return made


class _Opaque(TypeError):
    """A value that cannot be sent."""


class Remote:
    """A connection to the implementation. Each process has its own."""

    def __init__(self) -> None:
        self.port = 0
        self._lock = threading.Lock()
        self._holder = 0
        self._process = 0
        self._socket: _socket.socket
        self._rest = b""

    def new(self, name: str, arguments: Sequence[object], callbacks: Callbacks, *, eager: str) -> int:
        """Make an object outside and return its number. `eager` names the callback whose result is read in advance."""
        answer = self._ask(["new", name, [*map(_argument, arguments)]], callbacks, eager)
        assert type(answer) is int
        return answer

    def call(self, number: int, method: str, arguments: Sequence[object], callbacks: Callbacks, *, eager: str) -> Any:
        """Call a method outside. Returns plain data, a Value or a Raised."""
        return self._ask(["call", number, method, [*map(_argument, arguments)]], callbacks, eager)

    def _ask(self, message: list[Any], callbacks: Callbacks, eager: str) -> Any:
        reading = [_encoded(callbacks[eager]())]
        if self._holder == threading.get_ident() and self._lock.locked():
            raise RuntimeError("a callback must not use the object that calls it")
        with self._lock:
            self._holder = threading.get_ident()
            self._send([*message, reading])
            failure: BaseException | None = None
            while True:
                kind, *rest = self._receive()
                if kind == "ask":
                    failure = self._answer(callbacks[rest[0]])
                elif kind == "stopped":
                    assert failure is not None
                    raise failure
                else:
                    break
        if kind == "raised":
            return Raised(rest[0], rest[1], rest[2], _decoded_fields(rest[3]))
        return Value(rest[0], _decoded_fields(rest[1])) if kind == "value" else _decoded(rest[0])

    def _answer(self, callback: Callable[[], object]) -> BaseException | None:
        try:
            value = _encoded(callback())
        except BaseException as error:  # whatever it is: it goes on its way through the caller, as it would without us
            self._send(["failed"])
            return error
        self._send(["answer", value])
        return None

    def _send(self, message: list[Any]) -> None:
        if self._process != _getpid():
            self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
            self._socket.connect(("127.0.0.1", self.port))
            self._process, self._rest = _getpid(), b""
        data = _dumps(message).encode("ascii") + b"\n"
        while data:
            data = data[self._socket.send(data) :]

    def _receive(self) -> list[Any]:
        while b"\n" not in self._rest:
            data = self._socket.recv(ROOM)
            if not data:
                raise ConnectionError("the module under test no longer responds")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        message = _loads(line)
        assert type(message) is list
        return message


def _argument(value: object) -> list[Any]:
    try:
        return ["plain", _encoded(value)]
    except _Opaque:
        return ["opaque"]


def _encoded(value: Any, depth: int = 0) -> Any:
    """Return plain data for JSON; an instance of a subclass is sent as its base type."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        text = str.__str__(value)
        return text if text.isprintable() or text.isascii() else _sendable(text)
    if isinstance(value, int):
        number = int.__index__(value)
        if number.bit_length() > MOST_BITS:
            raise _Opaque
        return number
    if isinstance(value, float):
        return {"float": float.__repr__(value)}
    if isinstance(value, bytes):
        return {"bytes": b64encode(bytes(value)).decode("ascii")}
    if depth > MOST_DEPTH:
        raise _Opaque
    return _encoded_items(value, depth + 1)


def _encoded_items(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {"dict": [[_encoded(key, depth), _encoded(item, depth)] for key, item in value.items()]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            items = [_encoded(item, depth) for item in value]
            return items if kind is list else {kind.__name__: items}
    raise _Opaque(f"{type(value).__name__} is not plain data")


def _sendable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _Opaque from None
    return text


def _decoded(value: Any) -> Any:
    if type(value) is list:
        return [_decoded(item) for item in value]
    if type(value) is not dict:
        return value
    ((tag, body),) = value.items()
    match tag:
        case "float":
            return float(body)
        case "bytes":
            return b64decode(body)
        case "dict":
            return {_decoded(key): _decoded(item) for key, item in body}
        case "tuple":
            return tuple(_decoded(item) for item in body)
        case "set" | "frozenset":
            return {"set": set, "frozenset": frozenset}[tag](_decoded(item) for item in body)
        case _:
            raise ValueError(tag)


def _decoded_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _decoded(value) for name, value in fields.items()}


REMOTE = Remote()
"""The connection to the implementation of this run."""
