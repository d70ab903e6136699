from dataclasses import dataclass
from typing import Any, Generic, Iterable, Protocol, TypeVar

T = TypeVar("T")


class StreamError(ValueError):
    pass


class LineTooLong(StreamError):
    pass


class Unsorted(StreamError):
    pass


class BadFrame(StreamError):
    pass


class Comparable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


@dataclass(frozen=True)
class Node(Generic[T]):
    value: T
    children: Iterable["Node[T]"] = ()


def read_lines(chunks, *, limit=65536):
    if limit < 1:
        raise ValueError("limit must be at least 1")
    rest = b""
    for chunk in chunks:
        rest += chunk
        lines = rest.split(b"\n")
        rest = lines.pop()
        for line in lines:
            if len(line) > limit:
                raise LineTooLong(f"line has {len(line)} bytes")
            yield line.decode("utf-8")
    if rest:
        if len(rest) > limit:
            raise LineTooLong(f"line has {len(rest)} bytes")
        yield rest.decode("utf-8")


def batched(source, size):
    if size < 1:
        raise ValueError("size must be at least 1")
    batch = []
    for item in source:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def merge(*sources, key=None):
    if key is None:
        key = lambda x: x
    iterators = [iter(source) for source in sources]
    heads = []
    for iterator in iterators:
        try:
            heads.append([next(iterator), iterator])
        except StopIteration:
            pass
    while heads:
        # find the smallest one
        smallest = heads[0]
        for head in heads:
            if key(head[0]) < key(smallest[0]):
                smallest = head
        value = smallest[0]
        yield value
        try:
            following = next(smallest[1])
        except StopIteration:
            heads.remove(smallest)
        else:
            if key(following) < key(value):
                raise Unsorted(f"{following} comes after {value}")
            smallest[0] = following


def walk(node):
    count = 1
    yield node.value
    for child in node.children:
        for value in walk(child):
            yield value
            count += 1
    return count


def frame_parser(*, limit=65536):
    buffer = b""
    count = 0
    frames = []
    while True:
        data = yield frames
        frames = []
        if data is None:
            continue
        if data == b"":
            if buffer:
                raise BadFrame("incomplete frame at the end")
            return count
        buffer += data
        while len(buffer) >= 4:
            length = int.from_bytes(buffer[:4], "big")
            if length > limit:
                raise BadFrame(f"frame of {length} bytes")
            if len(buffer) < 4 + length:
                break
            frames.append(buffer[4 : 4 + length])
            buffer = buffer[4 + length :]
            count += 1
