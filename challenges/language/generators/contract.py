"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import assert_type

from streams import (
    BadFrame,
    Comparable,
    LineTooLong,
    Node,
    StreamError,
    Unsorted,
    batched,
    frame_parser,
    merge,
    read_lines,
    walk,
)


def lines(chunks: Iterator[bytes], texts: list[str]) -> None:
    assert_type(read_lines(chunks), Generator[str, None, None])
    assert_type(read_lines([b"a"], limit=10), Generator[str, None, None])
    read_lines(texts)  # type: ignore[arg-type]
    read_lines(chunks, 10)  # type: ignore[call-arg]
    read_lines(chunks, limit="10")  # type: ignore[arg-type]


def batches(numbers: Iterable[int]) -> None:
    assert_type(batched(numbers, 3), Generator[list[int], None, None])
    for batch in batched({"a", "b"}, size=2):
        assert_type(batch, list[str])
    batched(numbers, "3")  # type: ignore[arg-type]
    batched(3, 3)  # type: ignore[arg-type]


def merging(numbers: list[int], pairs: Iterator[tuple[int, bytes]]) -> None:
    def first(pair: tuple[int, bytes]) -> int:
        return pair[0]

    def nothing(pair: tuple[int, bytes]) -> object:
        return pair

    comparable: Callable[[tuple[int, bytes]], Comparable] = first
    assert_type(merge(numbers, numbers), Generator[int, None, None])
    assert_type(merge(pairs, key=comparable), Generator[tuple[int, bytes], None, None])
    assert_type(merge(pairs, pairs, key=first), Generator[tuple[int, bytes], None, None])
    merge(pairs, key=nothing)  # type: ignore[arg-type]
    merge(numbers, key=first)  # type: ignore[arg-type]
    merge(numbers, 3)  # type: ignore[arg-type]


def walking(root: Node[str], children: Iterator[Node[str]]) -> Generator[str, None, None]:
    assert_type(walk(root), Generator[str, None, int])
    assert_type(root.value, str)
    assert_type(Node(1), Node[int])
    Node("root", children)
    mixed: Node[int] = Node(1, children)  # type: ignore[arg-type]
    assert_type(mixed, Node[int])
    root.value = "other"  # type: ignore[misc]
    count = yield from walk(root)
    assert_type(count, int)


def parsing() -> None:
    parser = frame_parser(limit=100)
    assert_type(parser, Generator[list[bytes], bytes | None, int])
    assert_type(parser.send(b"data"), list[bytes])
    parser.send(None)
    parser.send("data")  # type: ignore[arg-type]
    frame_parser(100)  # type: ignore[call-arg]


def errors(error: LineTooLong | Unsorted | BadFrame) -> StreamError:
    broad: ValueError = error
    broad.add_note("refused")
    return error
