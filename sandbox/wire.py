"""The outside end of the wire: what is sent is checked, and what comes back can be nothing but the answer.

`sandbox/inside/wire.py` draws the format. Decoding is strict: one JSON value, exactly the one envelope that was
asked for, known tags only, no bare float, no NaN token, no duplicate key, no lone surrogate, caps on depth and
integers, and no dict or set that shrinks when it is built. Everything else is a WireError, which costs the child
its life.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias, cast

from sandbox.outcome import ProbeMisuse, Raised
from sandbox.policy import Caps
from sandbox.session import Call, Plain, Sendable
from sandbox.text import visible

Json: TypeAlias = "bool | int | str | list[Json] | _Pairs | dict[str, Json] | None"

HEAD = 4
_MOST_COLLISIONS = 256  # honest keys do not collide; a dictionary of colliding ones takes quadratic time
_MOST_NAME, _MOST_MESSAGE, _MOST_NAMES = 200, 2000, 40


class WireError(ValueError):
    """The bytes from inside are not an answer."""


class ReboundParts(Exception):
    """In place of answers, the child sent the names of parts that have changed. Claiming so gains nothing."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = tuple(names)


class _Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as written: pairs, in order, including duplicates."""

    __slots__ = ()


# --- sending -----------------------------------------------------------------------------------------------------


def new_id() -> str:
    """Return an identifier that nothing inside can guess before it has read the request."""
    return os.urandom(12).hex()


def request(ident: str, calls: Sequence[Call], caps: Caps) -> bytes:
    """Return the frame that requests `calls`. Raises ProbeMisuse if it cannot be sent."""
    body = _dumps({"id": ident, "calls": [_call(call, caps) for call in calls]}).encode("ascii")
    if len(body) > caps.request:
        raise ProbeMisuse(
            f"the request has {len(body)} bytes; at most {caps.request} can be sent. Make smaller requests."
        )
    return len(body).to_bytes(HEAD, "big") + body


_dumps = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":")).encode


def _call(call: Call, caps: Caps) -> list[Json]:
    module, beside, function = call.name.rpartition(":")
    names = [*(module.split(".") if beside else ()), function]
    if not all(name.isidentifier() for name in names) or function.startswith("_"):
        raise ProbeMisuse(f"{call.name!r} cannot be a probe: its name must be a public identifier.")
    arguments: list[Json] = [encode(value, caps) for value in call.args]
    keywords: list[Json] = [[key, encode(value, caps)] for key, value in call.keywords]
    return [call.name, arguments, keywords]


def encode(value: Sendable, caps: Caps, depth: int = 0) -> Json:
    """Return `value` as something that JSON can carry. Raises ProbeMisuse for anything that is not plain data."""
    if type(value) is str:
        return value if value.isascii() else _sendable_text(value)
    if type(value) is int:
        return _sendable_integer(value, caps)
    if value is None or type(value) is bool:
        return value
    if type(value) is float:
        return {"float": repr(value)}
    if type(value) is bytes:
        return {"bytes": b64encode(value).decode("ascii")}
    return _encode_container(value, caps, depth + 1)


def _encode_container(value: Sendable, caps: Caps, depth: int) -> Json:
    if depth > caps.depth:
        raise ProbeMisuse(f"an argument is nested more than {caps.depth} levels deep. Send flatter data.")
    if type(value) is dict:
        return {"dict": [[encode(key, caps, depth), encode(item, caps, depth)] for key, item in value.items()]}
    if type(value) is list:
        return [encode(item, caps, depth) for item in value]
    if type(value) is tuple or type(value) is set or type(value) is frozenset:
        items: list[Json] = [encode(item, caps, depth) for item in value]
        return {type(value).__name__: items}
    raise ProbeMisuse(f"a value of type {type(value).__name__} is not plain data and cannot be sent.")


def _sendable_text(value: str) -> str:
    if not _is_encodable(value):
        raise ProbeMisuse("a string with a lone surrogate cannot be sent.")
    return value


def _sendable_integer(value: int, caps: Caps) -> int:
    if value.bit_length() > caps.integer_bits:
        raise ProbeMisuse(
            f"an integer of {value.bit_length()} bits cannot be sent; the cap is {caps.integer_bits} bits."
        )
    return value


def _is_encodable(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode("utf-8")) or not text
    except UnicodeEncodeError:
        return False


def dumps(value: Sendable, caps: Caps) -> str:
    """Return plain data as text that `loads` can read. Raises ProbeMisuse."""
    return _dumps(encode(value, caps))


# --- receiving ---------------------------------------------------------------------------------------------------


def answers(body: bytes, *, ident: str, count: int, caps: Caps) -> list[Plain | Raised]:
    """Return the `count` answers in a frame's body. Raises WireError and ReboundParts."""
    whole = _parse(body, caps)
    if type(whole) is _Pairs and [name for name, _content in whole] == ["id", "rebound"]:
        raise ReboundParts(_shown_list(whole[1][1]))
    envelope = _fields(whole, ("id", "all"), "an answer")
    if envelope["id"] != ident or type(envelope["id"]) is not str:
        raise WireError("it answers a different request")
    replies = envelope["all"]
    if type(replies) is not list or len(replies) != count:
        raise WireError(f"it does not contain exactly {count} answers")
    return [_reply(reply, caps) for reply in replies]


def loads(text: str, caps: Caps) -> Plain:
    """Return the data that `dumps` wrote. Raises WireError."""
    return decode(_parse(text.encode(), caps), caps)


def plain(body: bytes, caps: Caps) -> Plain:
    """Return the one plain value in a body. Raises WireError."""
    return decode(_parse(body, caps), caps)


def _reply(reply: Json, caps: Caps) -> Plain | Raised:
    if type(reply) is not _Pairs or len(reply) != 1:
        raise WireError("an answer is neither a value nor an exception")
    ((name, content),) = reply
    if name == "ok":
        return decode(content, caps)
    if name == "err":
        return _raised(content)
    raise WireError("an answer is neither a value nor an exception")


def _raised(content: Json) -> Raised:
    fields = _fields(content, ("kind", "bases", "message", "where"), "an exception")
    return Raised(
        _shown(fields["kind"], _MOST_NAME),
        bases=_shown_list(fields["bases"]),
        message=_shown(fields["message"], _MOST_MESSAGE),
        where=_shown_list(fields["where"]),
    )


def _shown(value: Json, most: int) -> str:
    if type(value) is not str or not _is_encodable(value):
        raise WireError("an exception is described by something other than text")
    return visible(value, most=most)


def _shown_list(value: Json) -> tuple[str, ...]:
    if type(value) is not list or len(value) > _MOST_NAMES:
        raise WireError("an exception is described by something other than a short list")
    return tuple(_shown(item, _MOST_NAME) for item in value)


def _fields(value: Json, names: tuple[str, ...], what: str) -> dict[str, Json]:
    if type(value) is not _Pairs or tuple(name for name, _content in value) != names:
        raise WireError(f"{what} does not have exactly the fields {', '.join(names)}")
    return dict(value)


def _parse(body: bytes, caps: Caps) -> Json:
    decoder = json.JSONDecoder(
        object_pairs_hook=_Pairs,
        parse_float=_refuse_number,
        parse_constant=_refuse_number,
        parse_int=_integer_reader(caps.integer_bits),
    )
    try:
        text = body.decode("utf-8")
        value, end = decoder.raw_decode(text)
    except WireError:
        raise
    except UnicodeDecodeError:
        raise WireError("it is not UTF-8") from None
    except RecursionError:
        raise WireError("it is nested too deeply") from None
    except ValueError:
        raise WireError("it is not JSON") from None
    if end != len(text):
        raise WireError("something follows the answer")
    return cast(Json, value)


def _refuse_number(text: str) -> NoReturn:
    raise WireError(f"the number {text[:20]} is not in the required format")


def _integer_reader(bits: int) -> Callable[[str], int]:
    digits = bits * 30103 // 100000 + 2

    def read(text: str) -> int:
        if len(text) > digits:
            raise WireError(f"an integer has more than {bits} bits")
        return int(text)

    return read


def decode(value: Json, caps: Caps, depth: int = 0) -> Plain:
    """Return the plain value that was encoded. Raises WireError."""
    if type(value) is int or value is None or type(value) is bool:
        return value
    if type(value) is str:
        if not value.isascii() and not _is_encodable(value):
            raise WireError("a string contains a lone surrogate")
        return value
    if type(value) is list:
        return _items(value, caps, depth + 1)
    if type(value) is not _Pairs or len(value) != 1:
        raise WireError("an object does not have exactly one tag")
    ((tag, body),) = value
    return _tagged(tag, body, caps, depth + 1)


def _tagged(tag: str, body: Json, caps: Caps, depth: int) -> Plain:
    match tag:
        case "float":
            return _float(body)
        case "bytes":
            return _bytes(body)
        case "tuple":
            return tuple(_items(body, caps, depth))
        case "dict":
            return _dict(body, caps, depth)
        case "set":
            return set(_distinct(_items(body, caps, depth)))
        case "frozenset":
            return frozenset(_distinct(_items(body, caps, depth)))
        case _:
            raise WireError(f"the tag {visible(tag, most=20)!r} is unknown")


def _items(body: Json, caps: Caps, depth: int) -> list[Plain]:
    if type(body) is not list:
        raise WireError("the content of a container is not a list")
    if depth > caps.depth:
        raise WireError(f"it is nested more than {caps.depth} levels deep")
    return [decode(item, caps, depth) for item in body]


def _dict(body: Json, caps: Caps, depth: int) -> dict[Plain, Plain]:
    pairs: list[tuple[Plain, Plain]] = []
    for pair in _items(body, caps, depth):
        if type(pair) is not list or len(pair) != 2:
            raise WireError("the content of a dict is not a list of pairs")
        pairs.append((pair[0], pair[1]))
    _distinct([key for key, _value in pairs])
    return dict(pairs)


def _distinct(keys: list[Plain]) -> list[Plain]:
    """Refuse keys that are unhashable, equal to each other, or chosen to slow down a dict of them."""
    try:
        hashes = {hash(key) for key in keys}
    except TypeError:
        raise WireError("a key or a member is not hashable") from None
    if len(keys) - len(hashes) > _MOST_COLLISIONS:
        raise WireError("too many keys or members have the same hash")
    if len(set(keys)) != len(keys):
        raise WireError("two keys or members are equal")
    return keys


def _float(body: Json) -> float:
    try:
        if type(body) is str and len(body) < 40 and repr(number := float(body)) == body:
            return number
    except ValueError:
        pass
    raise WireError("a float is not in the required format")


def _bytes(body: Json) -> bytes:
    try:
        if type(body) is str and b64encode(data := b64decode(body, validate=True)).decode("ascii") == body:
            return data
    except (Base64Error, ValueError):
        pass
    raise WireError("bytes are not in the required format")
