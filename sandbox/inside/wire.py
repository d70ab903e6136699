"""The inside end of the wire: frames on private descriptors, plain data in tagged JSON.

    frame     4 bytes, big-endian: the length of the body; then the body, UTF-8 JSON
    request   {"id": "...", "calls": [[name, [arguments], [[keyword, value], ...]], ...]}
    answer    {"id": "...", "all": [{"ok": value} | {"err": {"kind", "bases", "message", "where"}}, ...]}
              {"id": "...", "rebound": ["time.sleep"]}   and no further answer (`guarded.py`)

    value     null, true, 1, "text", [value, ...]     as they are
              {"float": "0.1"}   {"bytes": "base64"}   {"tuple": [...]}   {"dict": [[key, value], ...]}
              {"set": [...]}     {"frozenset": [...]}

Types are exact: a subclass is refused, so that no object's own `__eq__`, `__iter__` or `items` decides what is sent.
What is read here comes from the trusted side and is taken as it is; `sandbox/wire.py` is the strict end.
"""

from __future__ import annotations

import json
import os
from binascii import a2b_base64, b2a_base64

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable
    from typing import Any

_dumps = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":")).encode
_loads = json.loads
_read = os.read
_write = os.write
CHUNK = 1 << 16


class UnencodableObservation(TypeError):
    """The probe returned something that cannot be sent outside."""


class Encoder:
    """Turns plain data into what JSON can carry, within the caps that the trusted side announced."""

    def __init__(self, *, depth: int, integer_bits: int) -> None:
        self._depth = depth
        self._bits = integer_bits

    def encode(self, value: Any, depth: int = 0) -> Any:
        """Return `value` for JSON, or raise UnencodableObservation."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return _checked_text(value)
        if kind is int:
            return self._checked_integer(value)
        if kind is float:
            return {"float": float.__repr__(value)}
        if kind is bytes:
            return {"bytes": b2a_base64(value, newline=False).decode("ascii")}
        return self._container(value, kind, depth + 1)

    def _container(self, value: Any, kind: type, depth: int) -> Any:
        if depth > self._depth:
            raise UnencodableObservation(f"the probe returned data nested more than {self._depth} levels deep")
        if kind is list:
            return [self.encode(item, depth) for item in value]
        if kind is tuple:
            return {"tuple": [self.encode(item, depth) for item in value]}
        if kind is dict:
            return {"dict": [[self.encode(k, depth), self.encode(v, depth)] for k, v in value.items()]}
        if kind is set:
            return {"set": [self.encode(item, depth) for item in value]}
        if kind is frozenset:
            return {"frozenset": [self.encode(item, depth) for item in value]}
        raise UnencodableObservation(f"the probe returned a value of type {_name(kind)}, which is not plain data")

    def _checked_integer(self, value: int) -> int:
        if value.bit_length() > self._bits:
            bits = value.bit_length()
            raise UnencodableObservation(
                f"the probe returned an integer of {bits} bits; at most {self._bits} are accepted"
            )
        return value


def _checked_text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise UnencodableObservation("the probe returned a string with a lone surrogate") from None
    return value


def _name(kind: type) -> str:
    name = type.__dict__["__name__"].__get__(kind)
    return name if type(name) is str else "?"


def decode(value: Any) -> Any:
    """Undo the trusted side's encoding, without checking it."""
    kind = type(value)
    if kind is list:
        return [decode(item) for item in value]
    if kind is not dict:
        return value
    ((tag, body),) = value.items()
    return _DECODERS[tag](body)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "bytes": a2b_base64,
    "tuple": lambda body: tuple(decode(item) for item in body),
    "dict": lambda body: {decode(key): decode(item) for key, item in body},
    "set": lambda body: {decode(item) for item in body},
    "frozenset": lambda body: frozenset(decode(item) for item in body),
}


class Frames:
    """Reads requests from one descriptor and writes answers to another."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""

    def receive(self) -> Any:
        """Return the next request as JSON, or None at the end of the stream."""
        head = self._take(4)
        body = self._take(int.from_bytes(head, "big")) if head else b""
        return _loads(body) if body else None

    def send(self, data: bytes) -> None:
        view = memoryview(len(data).to_bytes(4, "big") + data)
        while view:
            view = view[_write(self._answers, view) :]

    def _take(self, count: int) -> bytes:
        parts, have = [self._buffer], len(self._buffer)
        while have < count:
            chunk = _read(self._requests, max(CHUNK, count - have))
            if not chunk:
                return b""
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        self._buffer = data[count:]
        return data[:count]


def body_of(answer: Any) -> bytes:
    """Return an answer as the body of a frame."""
    return _dumps(answer).encode("ascii")
