"""Tools for drawn programs inside: run steps, return how each ended as plain data, fail when told to, keep a diary."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MOST_BASES = 8
DEPTH = 20
SCALARS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (bytes, bytes.__bytes__),
    (int, int.__int__),
    (float, float.__float__),
)
CONTAINERS: tuple[tuple[type[Any], Callable[[Any], Iterable[Any]]], ...] = (
    (tuple, tuple.__iter__),
    (list, list.__iter__),
    (set, set.__iter__),
    (frozenset, frozenset.__iter__),
)
"""Plain containers, each with its type's own iterator, since a subclass may override the method."""


def ended(call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> list[Any]:
    """Make the call, and return how it ended: `["gave", value]`, or `["raised", name, [names of its bases]]`.

    The message is left out, because briefs promise only classes. For an exception from a `probe_kit.Script`, its number
    is appended.
    """
    try:
        return ["gave", plain(call(*arguments, **keywords))]
    except BaseException as error:  # SystemExit and CancelledError are endings, too
        return ["raised", *described(error)]


def described(error: BaseException) -> list[Any]:
    """Return the names of an exception's class and bases, and its number if a Script raised it."""
    kinds = [kind.__name__ for kind in type(error).__mro__[:MOST_BASES]]
    number = vars(error).get(NUMBER)
    return [kinds[0], kinds[1:], *([number] if type(number) is int else [])]


def plain(value: Any, depth: int = 0) -> Any:
    """Return the value as data that may leave the sandbox: a subclass of a plain type counts as that type; anything
    else is named.

    `bool` stays `bool`, and tuples stay tuples; anything that is not plain data becomes `["object", name of its
    class]`.
    """
    if value is None or type(value) is bool or depth > DEPTH:
        return value
    for kind, convert in SCALARS:
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, dict):
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in dict.items(value)}
    for container, items in CONTAINERS:
        if isinstance(value, container):
            return container([plain(item, depth + 1) for item in items(value)])
    return ["object", type(value).__name__]


def run_steps(
    target: Any, steps: Iterable[tuple[str, list[Any]]], words: Mapping[str, Callable[..., Any]] | None = None
) -> list[list[Any]]:
    """Carry out a drawn program and return how each step ended.

    A step is a name and its arguments; the name is a key of `words` or else a public method of `target`.
    """
    return [ended(_doing(target, name, words or {}), *arguments) for name, arguments in steps]


def _doing(target: Any, name: str, words: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    if name in words:
        return words[name]
    if name.startswith("_"):
        raise ValueError(f"a step must not use the private name {name}")
    return lambda *arguments: getattr(target, name)(*arguments)


NUMBER = "_number_in_its_script"


class Script:
    """A callable whose calls end as a drawn list says, one entry per call; the last entry is repeated.

    Entries are `["give", value]` and `["raise", name]`, such as `["raise", "TimeoutError"]` for a built-in exception.
    Exceptions carry their index in the script, which shows which of them came through. `calls` holds the arguments of
    each call.
    """

    def __init__(self, endings: list[list[Any]]) -> None:
        self._endings = endings
        self.calls: list[list[Any]] = []

    def __call__(self, *arguments: Any) -> Any:
        """End as the script says."""
        number = len(self.calls)
        self.calls.append([plain(argument) for argument in arguments])
        how, what = self._endings[min(number, len(self._endings) - 1)]
        if how == "give":
            return what
        error = exception_named(what)(f"call {number} of the script")
        setattr(error, NUMBER, number)
        raise error


def exception_named(name: str) -> type[Exception]:
    """Return the built-in exception class of that name. Raises ValueError."""
    kind = vars(builtins).get(name)
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind
    raise ValueError(f"{name} is not a built-in exception")


class Clock:
    """A clock that stands still until it is advanced; call it to get the time."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the time forwards. It never goes back."""
        self.now += max(0.0, seconds)

    sleep = advance
    """The same as `advance`, for code that is given a `sleep`."""


class Diary:
    """A record of what happened, in order, as plain data: `note` is a callback for anything worth observing."""

    def __init__(self) -> None:
        self.entries: list[list[Any]] = []

    def note(self, *what: Any) -> None:
        self.entries.append([plain(item) for item in what])

    def noting(self, name: str, result: Any = None) -> Callable[..., Any]:
        """Return a callable that records its name and arguments and returns `result`."""

        def noted(*arguments: Any) -> Any:
            self.note(name, *arguments)
            return result

        return noted
