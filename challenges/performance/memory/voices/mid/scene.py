"""Sprites, textures and signals that do not waste memory."""

from __future__ import annotations

import inspect
import sys
import weakref
from typing import Any, Callable, Generic, TypeVar

T = TypeVar("T")


class Sprite:
    __slots__ = ("_name", "x", "y", "_parent", "_children", "__weakref__")

    def __init__(self, name: str, x: float, y: float) -> None:
        self._name = sys.intern(name)
        self.x = x
        self.y = y
        self._parent: weakref.ReferenceType[Sprite] | None = None
        self._children: tuple[Sprite, ...] = ()

    @property
    def name(self) -> str:
        return self._name

    @property
    def parent(self) -> Sprite | None:
        if self._parent is None:
            return None
        return self._parent()

    @property
    def children(self) -> tuple[Sprite, ...]:
        return self._children

    def _is_below(self, other: Sprite) -> bool:
        if self is other:
            return True
        parent = self.parent
        return parent is not None and parent._is_below(other)

    def add(self, child: Sprite) -> None:
        if self._is_below(child):
            raise ValueError("cannot add a sprite to itself or to a descendant")
        if child.parent is not None:
            child.parent.remove(child)
        self._children += (child,)
        child._parent = weakref.ref(self)

    def remove(self, child: Sprite) -> None:
        if child not in self._children:
            raise ValueError("not a child")
        self._children = tuple(c for c in self._children if c is not child)
        child._parent = None

    def position(self) -> tuple[float, float]:
        x, y = self.x, self.y
        parent = self.parent
        while parent is not None:
            x += parent.x
            y += parent.y
            parent = parent.parent
        return (x, y)


class TextureCache(Generic[T]):
    def __init__(self, load: Callable[[str], T]) -> None:
        self._load = load
        self._cache: weakref.WeakValueDictionary[str, T] = weakref.WeakValueDictionary()

    def get(self, path: str) -> T:
        try:
            return self._cache[path]
        except KeyError:
            texture = self._load(path)
            self._cache[path] = texture
            return texture

    def __len__(self) -> int:
        return len(self._cache)


class Signal:
    def __init__(self) -> None:
        # WeakMethod for bound methods, the handler itself for everything else
        self._handlers: list[Any] = []

    def _wrap(self, handler: Callable[..., object]) -> Any:
        if inspect.ismethod(handler):
            return weakref.WeakMethod(handler, self._forget)
        return handler

    def _forget(self, reference: Any) -> None:
        self._handlers.remove(reference)

    def connect(self, handler: Callable[..., object]) -> None:
        wrapped = self._wrap(handler)
        if wrapped not in self._handlers:
            self._handlers.append(wrapped)

    def disconnect(self, handler: Callable[..., object]) -> None:
        wrapped = self._wrap(handler)
        if wrapped not in self._handlers:
            raise ValueError("handler is not connected")
        self._handlers.remove(wrapped)

    def emit(self, *args: object) -> int:
        called = 0
        for wrapped in list(self._handlers):
            handler = wrapped() if isinstance(wrapped, weakref.WeakMethod) else wrapped
            if handler is not None:
                handler(*args)
                called += 1
        return called

    def __len__(self) -> int:
        return len(self._handlers)
