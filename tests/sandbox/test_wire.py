"""Both ends of the wire, without a sandbox between them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import wire
from sandbox.inside import wire as inside
from sandbox.outcome import ProbeMisuse, Raised
from sandbox.policy import Caps
from sandbox.session import Call, Plain

CAPS = Caps()

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**4095), 2**4095),
    st.floats(),
    st.text(),
    st.binary(),
)
hashables = st.recursive(
    scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(hashables, inner, max_size=4)
        | st.sets(hashables, max_size=4)
        | st.frozensets(hashables, max_size=4)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """What has to be the same on both sides: exact types, order where there is any, and the sign of a zero."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, [shape(item) for item in value]
    if kind is dict:
        return kind, [(shape(key), shape(item)) for key, item in value.items()]
    if kind in (set, frozenset):
        return kind, sorted(repr(shape(item)) for item in value)
    return kind, repr(value)


def answered(*replies: Any, ident: str = "id") -> bytes:
    return json.dumps({"id": ident, "all": list(replies)}).encode()


@given(plain)
def test_what_a_probe_returns_arrives_as_it_was(value: Plain) -> None:
    """Plain data crosses from inside to outside unchanged, exact types included."""
    sent = inside.Encoder(depth=CAPS.depth, integer_bits=CAPS.integer_bits).encode(value)
    (seen,) = wire.answers(inside.body_of({"id": "id", "all": [{"ok": sent}]}), ident="id", count=1, caps=CAPS)
    assert not isinstance(seen, Raised)
    assert shape(seen) == shape(value)


@given(st.lists(plain, max_size=3), st.dictionaries(st.text(max_size=5), plain, max_size=2))
def test_what_a_suite_asks_arrives_as_it_was(arguments: list[Plain], keywords: dict[str, Plain]) -> None:
    """Arguments cross from outside to inside unchanged, exact types included."""
    frame = wire.request("id", [Call("probe", tuple(arguments), tuple(keywords.items()))], CAPS)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    ((name, sent, named),) = json.loads(frame[4:])["calls"]
    assert name == "probe"
    assert shape([inside.decode(item) for item in sent]) == shape(arguments)
    assert shape({key: inside.decode(item) for key, item in named}) == shape(keywords)


HOSTILE = {
    "nothing": b"",
    "not_json": b"hello",
    "not_utf8": b"\xff\xfe",
    "byte_order_mark": b"\xef\xbb\xbf" + answered({"ok": 1}),
    "no_envelope": b"1",
    "wrong_id": answered({"ok": 1}, ident="other"),
    "number_as_id": answered({"ok": 1}).replace(b'"id": "id"', b'"id": 1'),
    "no_id": b'{"all": [{"ok": 1}]}',
    "one_field_more": b'{"id": "id", "all": [{"ok": 1}], "score": 100}',
    "duplicate_id": b'{"id": "id", "id": "id", "all": [{"ok": 1}]}',
    "duplicate_answer": b'{"id": "id", "all": [{"ok": 1, "ok": 2}]}',
    "ok_and_err": b'{"id": "id", "all": [{"ok": 1, "err": {}}]}',
    "no_answer": answered(),
    "two_answers": answered({"ok": 1}, {"ok": 2}),
    "answer_not_tagged": answered(1),
    "trailing_json": answered({"ok": 1}) + b" 1",
    "trailing_space": answered({"ok": 1}) + b" ",
    "leading_space": b" " + answered({"ok": 1}),
    "bare_float": answered({"ok": 1.5}),
    "bare_exponent": b'{"id": "id", "all": [{"ok": 1e5}]}',
    "nan_token": b'{"id": "id", "all": [{"ok": NaN}]}',
    "infinity_token": b'{"id": "id", "all": [{"ok": -Infinity}]}',
    "unknown_tag": answered({"ok": {"object": []}}),
    "two_tags": answered({"ok": {"set": [], "tuple": []}}),
    "no_tag": answered({"ok": {}}),
    "tuple_of_text": answered({"ok": {"tuple": "ab"}}),
    "dict_of_triples": answered({"ok": {"dict": [[1, 2, 3]]}}),
    "dict_of_text": answered({"ok": {"dict": ["ab"]}}),
    "dict_that_shrinks": answered({"ok": {"dict": [[1, "a"], [True, "b"]]}}),
    "dict_that_shrinks_by_float": answered({"ok": {"dict": [[1, "a"], [{"float": "1.0"}, "b"]]}}),
    "dict_with_list_key": answered({"ok": {"dict": [[[], 1]]}}),
    "dict_with_deep_unhashable_key": answered({"ok": {"dict": [[{"tuple": [[]]}, 1]]}}),
    "set_that_shrinks": answered({"ok": {"set": [0, False]}}),
    "set_of_sets": answered({"ok": {"set": [{"set": []}]}}),
    "float_in_other_words": answered({"ok": {"float": "1_0.0"}}),
    "float_with_spaces": answered({"ok": {"float": " 1.0"}}),
    "float_as_number": answered({"ok": {"float": 1}}),
    "float_of_many_digits": answered({"ok": {"float": "1" * 5000}}),
    "base64_with_rubbish": answered({"ok": {"bytes": "QQ==!"}}),
    "base64_not_canonical": answered({"ok": {"bytes": "QR=="}}),
    "bytes_as_list": answered({"ok": {"bytes": [1]}}),
    "lone_surrogate": answered({"ok": "\ud800"}),
    "lone_surrogate_in_key": answered({"ok": {"dict": [["\udfff", 1]]}}),
    "lone_surrogate_as_tag": answered({"ok": {"\ud800": 1}}),
    "huge_integer": b'{"id": "id", "all": [{"ok": ' + b"9" * 4000 + b"}]}",
    "integer_past_every_limit": b'{"id": "id", "all": [{"ok": ' + b"9" * 200_000 + b"}]}",
    "nested_too_deeply": answered({"ok": json.loads("[" * 61 + "]" * 61)}),
    "nested_past_every_limit": b'{"id": "id", "all": [{"ok": ' + b"[" * 100_000,
    "colliding_keys": answered({"ok": {"set": [number * (2**61 - 1) for number in range(1, 5000)]}}),
    "exception_without_fields": answered({"err": {}}),
    "exception_with_one_field_more": answered(
        {"err": {"kind": "E", "bases": [], "message": "", "where": [], "score": 1}}
    ),
    "exception_of_numbers": answered({"err": {"kind": 1, "bases": [], "message": "", "where": []}}),
    "exception_with_nested_bases": answered({"err": {"kind": "E", "bases": [["E"]], "message": "", "where": []}}),
    "exception_with_endless_bases": answered({"err": {"kind": "E", "bases": ["E"] * 1000, "message": "", "where": []}}),
    "exception_with_surrogate": answered({"err": {"kind": "E", "bases": [], "message": "\ud800", "where": []}}),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_frame_is_not_an_answer(body: bytes) -> None:
    """Whatever is not exactly the one answer that was asked for is a WireError, and nothing else."""
    with pytest.raises(wire.WireError):
        wire.answers(body, ident="id", count=1, caps=CAPS)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_random_bytes_are_not_an_answer(body: bytes) -> None:
    """Bytes that do not hold the secret identifier are never an answer, and never an error of another kind."""
    with pytest.raises(wire.WireError):
        wire.answers(body, ident=wire.new_id(), count=1, caps=CAPS)


def test_an_exception_is_shown_without_control_characters() -> None:
    """Text from inside can neither steer a terminal nor reorder a line, and is capped."""
    content = {"kind": "E\x1b[31m", "bases": ["E\n"], "message": "a\u202eb\x07" + "x" * 9000, "where": ["f\r:1"]}
    (raised,) = wire.answers(answered({"err": content}), ident="id", count=1, caps=CAPS)
    assert isinstance(raised, Raised)
    for text in (raised.kind, *raised.bases, raised.message, *raised.where, str(raised)):
        assert text.isprintable()
    assert raised.kind == "E\\x1b[31m"
    assert len(raised.message) < 2100


class Text(str):
    """A subclass."""


@pytest.mark.parametrize(
    "value",
    [object(), Text("x"), bytearray(b"x"), 1j, range(3), "\ud800", 1 << 5000, [[Text("x")]], {"k": {1, Text("x")}}],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_data_is_not_sent(value: Any) -> None:
    """The trusted side's mistake is told to the trusted side, before anything is sent."""
    with pytest.raises(ProbeMisuse):
        wire.request("id", [Call("probe", (value,))], CAPS)


@pytest.mark.parametrize("name", ["_private", "__import__", "a.b", "", "a b", "a:", ":b", "a:_b", "a..b:c", "a:b:c"])
def test_only_public_functions_can_be_asked_for(name: str) -> None:
    """A probe is called by a public identifier."""
    with pytest.raises(ProbeMisuse):
        wire.request("id", [Call(name)], CAPS)


def test_a_request_that_is_too_large_is_the_suites_mistake() -> None:
    """A request above the cap is ProbeMisuse, and its message says both sizes."""
    with pytest.raises(ProbeMisuse, match="at most 4194304"):
        wire.request("id", [Call("probe", ("x" * CAPS.request,))], CAPS)
    deep: Plain = []
    for _ in range(CAPS.depth):
        deep = [deep]
    with pytest.raises(ProbeMisuse, match="nested"):
        wire.request("id", [Call("probe", (deep,))], CAPS)


@pytest.mark.parametrize(
    "value", [object(), Text("x"), True.__class__, 1 << 4097, "\udcff"], ids=lambda v: type(v).__name__
)
def test_what_is_not_plain_data_is_refused_inside(value: Any) -> None:
    """A probe's rich object is refused where it is made, with a message about its type."""
    with pytest.raises(inside.UnencodableObservation):
        inside.Encoder(depth=60, integer_bits=4096).encode([value])
