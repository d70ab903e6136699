"""Sprites as linked siblings, textures and handlers in tables of weak references that clean up after themselves."""

from __future__ import annotations

import inspect
import typing
import weakref
from typing import Any

T = typing.TypeVar("T")


class Name(str):
    """Equal names are kept once, for as long as a sprite has them."""

    __slots__ = ("__weakref__",)


class Point(typing.NamedTuple):
    x: float
    y: float


_names: weakref.WeakValueDictionary[str, Name] = weakref.WeakValueDictionary()
_set = object.__setattr__


class Sprite:
    """The first child is held by the parent, every other one by the sibling before it."""

    __slots__ = ("__weakref__", "_down", "_next", "_up", "name", "x", "y")

    name: str
    x: float
    y: float
    _up: weakref.ref[Sprite] | None
    _down: Sprite | None
    _next: Sprite | None

    def __init__(self, name: str, x: float, y: float) -> None:
        _set(self, "name", _names.setdefault(name, Name(name)))
        self.x, self.y = x, y
        _set(self, "_up", None)
        _set(self, "_down", None)
        _set(self, "_next", None)

    def __setattr__(self, key: str, value: object) -> None:
        if key not in ("x", "y"):
            raise AttributeError(key)
        _set(self, key, value)

    def __del__(self) -> None:
        """Let a long row of siblings go one by one: as a chain it would be as deep as it is long."""
        row = self._down
        _set(self, "_down", None)
        while row is not None:
            follower = row._next
            _set(row, "_next", None)
            row = follower

    @property
    def parent(self) -> Sprite | None:
        return None if self._up is None else self._up()

    @property
    def children(self) -> tuple[Sprite, ...]:
        found = []
        child = self._down
        while child is not None:
            found.append(child)
            child = child._next
        return tuple(found)

    def add(self, child: Sprite) -> None:
        above: Sprite | None = self
        while above is not None:
            if above is child:
                raise ValueError("a sprite cannot be below itself")
            above = above.parent
        if child.parent is not None:
            child.parent.remove(child)
        row = self.children
        if row:
            _set(row[-1], "_next", child)
        else:
            _set(self, "_down", child)
        _set(child, "_next", None)
        _set(child, "_up", weakref.ref(self))

    def remove(self, child: Sprite) -> None:
        row = self.children
        if child not in row:
            raise ValueError("not a child")
        index = row.index(child)
        if index:
            _set(row[index - 1], "_next", child._next)
        else:
            _set(self, "_down", child._next)
        _set(child, "_next", None)
        _set(child, "_up", None)

    def position(self) -> Point:
        if self.parent is None:
            return Point(self.x, self.y)
        x, y = self.parent.position()
        return Point(x + self.x, y + self.y)


class TextureCache(typing.Generic[T]):
    def __init__(self, load: typing.Callable[[str], T]) -> None:
        self.load = load
        self.table: dict[str, weakref.ref[Any]] = {}

    def get(self, path: str) -> T:
        entry = self.table.get(path)
        known: T | None = entry() if entry is not None else None
        if known is not None:
            return known
        new = self.load(path)
        me = weakref.ref(self)

        def forget(dead: weakref.ref[Any]) -> None:
            cache = me()
            if cache is not None and cache.table.get(path) is dead:
                del cache.table[path]

        self.table[path] = weakref.ref(new, forget)
        return new

    def __len__(self) -> int:
        return sum(entry() is not None for entry in list(self.table.values()))


class Signal:
    def __init__(self) -> None:
        self.calls: dict[tuple[int, object], typing.Callable[[], Any]] = {}

    def connect(self, handler: typing.Callable[..., object]) -> None:
        key = self.key(handler)
        if key in self.calls and self.calls[key]() is not None:
            return
        self.calls.pop(key, None)
        if not inspect.ismethod(handler):
            self.calls[key] = lambda: handler
            return
        me = weakref.ref(self)

        def forget(dead: object) -> None:
            signal = me()
            if signal is not None and signal.calls.get(key) is dead:
                del signal.calls[key]

        self.calls[key] = weakref.WeakMethod(handler, forget)

    def disconnect(self, handler: typing.Callable[..., object]) -> None:
        if self.calls.pop(self.key(handler), None) is None:
            raise ValueError("not connected")

    def emit(self, *args: object) -> int:
        handlers = [handler for handler in (call() for call in list(self.calls.values())) if handler is not None]
        for handler in handlers:
            handler(*args)
        return len(handlers)

    def __len__(self) -> int:
        return sum(call() is not None for call in list(self.calls.values()))

    @staticmethod
    def key(handler: typing.Callable[..., object]) -> tuple[int, object]:
        if inspect.ismethod(handler):
            return id(handler.__self__), handler.__func__
        return id(handler), None
