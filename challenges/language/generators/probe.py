"""Runs beside the submission: drives its generators step by step and writes down what they read, gave and closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import isgenerator
from os import urandom
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from probe_kit import plain
from probe_kit.nameless import nameless, nameless_kind
from probe_kit.weighing import Forks

forks = Forks()

import streams  # noqa: E402 - processes are noticed before anything of the submission runs


@nameless
class OnlyLess:
    """What `Comparable` promises and no more: it has `<`, and is equal to itself alone."""

    __slots__ = ("item", "_rank")

    def __init__(self, item: Any) -> None:
        self.item = item
        self._rank = item[0]

    def __lt__(self, other: Any) -> bool:
        return bool(self._rank < other._rank)


KEYS: dict[str, Any] = {
    "none": None,
    "first": lambda item: item[0],
    "descending": lambda item: -item,
    "only less": OnlyLess,
    "only less, no key": None,
}


@nameless
class SourceFailed(Exception):
    """What a source raises when it is told to fail."""


RAISED: list[Exception] = []
"""By sources: what comes through unchanged is one of these, and not one like it."""


def _failure(text: str) -> Exception:
    RAISED.append(SourceFailed(text))
    return RAISED[-1]


class Diary:
    """The events since somebody last looked. Closings have no promised order, so they are sorted."""

    def __init__(self) -> None:
        self._events: list[list[Any]] = []
        self._closed: list[list[Any]] = []

    def write(self, *event: Any) -> None:
        self._events.append(list(event))

    def closed(self, name: str) -> None:
        self._closed.append(["closed", name])

    def page(self) -> list[list[Any]]:
        page = self._events + sorted(self._closed)
        self._events, self._closed = [], []
        return page


class Source:
    """What a source of a trace does, and knows; the submission is given an object that shows none of it.

    It notes a closing once, and only between its first item and its end.
    """

    def __init__(self, name: str, items: Any, *, fails_after: int | None, diary: Diary) -> None:
        self._name = name
        self._items = iter(items)
        self._left = fails_after
        self._diary = diary
        self._state = "new"

    def next(self) -> Any:
        if self._state == "over":
            raise StopIteration
        self._state = "open"
        if self._left == 0:
            self._end("failed")
            raise _failure(self._name)
        try:
            item = next(self._items)
        except StopIteration:
            self._end("ended")
            raise
        if self._left is not None:
            self._left -= 1
        self._diary.write("read", self._name)
        return item

    def close(self) -> None:
        if self._state == "open":
            self._state = "over"
            self._diary.closed(self._name)

    def _end(self, how: str) -> None:
        self._state = "over"
        self._diary.write(how, self._name)


def handed_out(*, bare: bool) -> Callable[[Source], Any]:
    """Return what makes a source's iterator; a bare one has no `close`."""
    return nameless_kind(next=Source.next) if bare else nameless_kind(next=Source.next, close=Source.close)


def trace(
    stage: str, sources: list[Any], options: dict[str, Any], program: list[list[Any]], *, bare: bool = False
) -> list[Any]:
    """Build a stage over diary-keeping sources, take it through the program, and return what happened at each step.

    How many values `walk` counts is left to `collect`.
    """
    diary = Diary()
    made: list[Any] = []
    refused = _outcome(lambda: made.append(_build(stage, sources, options, Reader(diary, bare=bare))) or [])
    log = [["call", diary.page(), refused or None]]
    for operation in program if made else ():
        happened, outcome = _step(made[0], operation, diary)
        counted = stage == "walk" and outcome[0] == "ended"
        log.append([operation[0], happened, ["ended", None] if counted else outcome])
    return log


class Reader:
    """Makes the sources of one trace."""

    def __init__(self, diary: Diary, *, bare: bool) -> None:
        self._diary = diary
        self._made = handed_out(bare=bare)

    def source(self, name: str, spec: list[Any]) -> Any:
        items, fails_after = spec
        return self._made(Source(name, items, fails_after=fails_after, diary=self._diary))

    def tree(self, name: str, spec: list[Any]) -> Any:
        value, children, fails_after = spec
        if not children and fails_after is None:
            return streams.Node(value)
        nodes = (self.tree(f"{name}.{index}", child) for index, child in enumerate(children))
        return streams.Node(value, self.source(name, [nodes, fails_after]))


def _build(stage: str, sources: list[Any], options: dict[str, Any], reader: Reader) -> Any:
    match stage:
        case "read_lines":
            return streams.read_lines(reader.source("0", sources[0]), **options)
        case "batched":
            return streams.batched(reader.source("0", sources[0]), **options)
        case "merge":
            made = [reader.source(str(index), spec) for index, spec in enumerate(sources)]
            return streams.merge(*made, key=KEYS[options["key"]])
        case "walk":
            return streams.walk(reader.tree("0", sources[0]))
        case _:
            return streams.frame_parser(**options)


def _step(stage: Any, operation: list[Any], diary: Diary) -> list[Any]:
    match operation:
        case ["next"]:
            outcome = _outcome(lambda: ["gave", next(stage)])
        case ["send", data]:
            outcome = _outcome(lambda: ["gave", stage.send(data)])
        case ["throw", text]:
            outcome = _outcome(lambda: ["gave", stage.throw(SourceFailed(text))])
        case _:
            outcome = _outcome(lambda: ["close gave", stage.close()])
    return [diary.page(), outcome]


def _outcome(action: Any) -> Any:
    try:
        return [plain(part) for part in action()]
    except StopIteration as stop:
        return ["ended", plain(stop.value)]
    except SourceFailed as error:
        raised = [failure for failure in RAISED if str(failure) == str(error)]
        return ["failed", str(error) if not raised or error in raised else "by an exception like it"]
    except Exception as error:
        return ["raised", *_error(error)]


def _error(error: Exception) -> list[Any]:
    """The promised name of an exception, which may be of a subclass; its own where it is none of them."""
    for kind in (streams.LineTooLong, streams.Unsorted, streams.BadFrame):
        if isinstance(error, kind):
            bases = {"StreamError": streams.StreamError, "ValueError": ValueError}
            return [kind.__name__, {name: isinstance(error, base) for name, base in bases.items()}]
    return [next((kind.__name__ for kind in (UnicodeDecodeError, ValueError) if isinstance(error, kind)), _name(error))]


def _name(value: object) -> str:
    return type.__dict__["__name__"].__get__(type(value))


def collect(stage: str, sources: list[Any], options: dict[str, Any]) -> list[Any]:
    """Run a stage over plain lists to its end: what it gave, and how it ended."""
    match stage:
        case "read_lines":
            made = streams.read_lines(sources[0], **options)
        case "batched":
            made = streams.batched(sources[0], **options)
        case "merge":
            return _merged(sources, options["key"])
        case _:
            made = streams.walk(_plain_tree(sources[0]))
    return _exhausted(made)


def _merged(sources: list[Any], kind: str) -> list[Any]:
    if kind != "only less, no key":
        return _exhausted(streams.merge(*sources, key=KEYS[kind]))
    wrapped = [[OnlyLess(item) for item in items] for items in sources]
    return _exhausted(item.item if isinstance(item, OnlyLess) else item for item in streams.merge(*wrapped))


def _exhausted(made: Any) -> list[Any]:
    """What it gave is looked at in the end: a list that was given does not change afterwards."""
    given: list[Any] = []

    def take() -> list[str]:
        given.append(next(made))
        return ["gave"]

    while (outcome := _outcome(take)) == ["gave"]:
        pass
    return [[plain(value) for value in given], outcome]


def _plain_tree(spec: list[Any]) -> Any:
    value, children = spec
    return streams.Node(value, [_plain_tree(child) for child in children]) if children else streams.Node(value)


ASCII = bytes(32 + number % 95 for number in range(256))
"""Of drawn bytes, text without line ends."""


class Flood(NamedTuple):
    """Blocks of `size` bytes, one a seed, which nobody can hold in less than two fifths of the room that they take."""

    seeds: list[int]
    size: int

    def block(self, number: int) -> bytes:
        half = Random(self.seeds[number]).randbytes(self.size // 2).translate(ASCII)
        return half + half  # drawing all of it would cost a grading seconds

    def blocks(self, first: int = 0, step: int = 1) -> Iterator[bytes]:
        return (self.block(number) for number in range(first, len(self.seeds), step))

    def numbered(self, first: int, step: int) -> Iterator[tuple[int, bytes]]:
        return ((number, self.block(number)) for number in range(first, len(self.seeds), step))


def flood(stage: str, seeds: list[int], size: int) -> list[int]:
    """Send the blocks of a Flood through a stage; return count and checksum of what it gave."""
    count = checksum = 0
    for piece in FLOODED[stage](Flood(seeds, size)):
        count += 1
        checksum = crc32(piece, checksum)
    forks.require_none()
    return [count, checksum]


def _lines(flood: Flood) -> Iterator[bytes]:
    lines = streams.read_lines((block + b"\n" for block in flood.blocks()), limit=flood.size)
    yield from (line.encode() for line in lines)


def _batches(flood: Flood) -> Iterator[bytes]:
    for batch in streams.batched(flood.blocks(), 3):
        yield from batch


def _thirds(flood: Flood) -> Iterator[bytes]:
    thirds = (flood.numbered(part, 3) for part in range(3))
    yield from (block for _, block in streams.merge(*thirds, key=KEYS["first"]))


def _leaves(flood: Flood) -> Iterator[bytes]:
    yield from streams.walk(streams.Node(b"", (streams.Node(block) for block in flood.blocks())))


def _frames(flood: Flood) -> Iterator[bytes]:
    parser = streams.frame_parser(limit=flood.size)
    next(parser)
    for block in flood.blocks():
        yield from parser.send(len(block).to_bytes(4, "big") + block)


FLOODED: dict[str, Callable[[Flood], Iterator[bytes]]] = {
    "read_lines": nameless(_lines),
    "batched": nameless(_batches),
    "merge": nameless(_thirds),
    "walk": nameless(_leaves),
    "frame_parser": nameless(_frames),
}


def facts() -> dict[str, Any]:
    """What the required generators are when they run: what they return, and what they have read by then."""
    return {"walk-generator": _walking, "batched-generator": _batching, "parser-generator": _parsing}


def _walking() -> dict[str, Any]:
    """Whether leaves that are far off are read before the first nodes are given; how early children are, tests tell."""
    read: list[int] = []
    root, *firsts = _distinct(4)

    def leaves(first: int) -> Iterator[Any]:
        for number in range(first, first + 3):
            read.append(number)
            yield streams.Node(number)

    branches = (streams.Node(-first, leaves(first)) for first in firsts)
    made = streams.walk(streams.Node(root, branches))
    given = [next(made), next(made)]
    return {"generator": isgenerator(made) and given == [root, -firsts[0]], "early": len(read) > 1}


def _distinct(count: int) -> list[int]:
    """Numbers that no submission knows."""
    return [100 * place + draw for place, draw in enumerate(urandom(count), 1)]


def _batching() -> dict[str, Any]:
    read: list[int] = []
    numbers = _distinct(20)
    made = streams.batched((read.append(number) or number for number in numbers), 2)
    return {"generator": isgenerator(made) and next(made) == numbers[:2], "early": len(read) > 3}


def _parsing() -> dict[str, Any]:
    made = streams.frame_parser()
    frame = urandom(3)
    given = [list(next(made)), *(list(made.send(data)) for data in (bytes([0, 0, 0, len(frame)]), frame))]
    return {"generator": isgenerator(made) and given[1:] == [[], [frame]]}
