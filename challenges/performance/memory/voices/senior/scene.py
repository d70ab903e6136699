"""A scene of many small objects. README.md says what each part promises."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from sys import intern
from types import MethodType
from typing import Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
_Key: TypeAlias = int | tuple[int, int]


class Sprite:
    """A node of the scene. A leaf has slots and nothing else; what only families need is made with the first child."""

    __slots__ = ("_name", "x", "y", "_parent", "_children", "__weakref__")

    x: float
    y: float

    def __init__(self, name: str, x: float, y: float) -> None:
        self._name = intern(str(name))  # `intern` takes no subclasses
        self.x = x
        self.y = y
        self._parent: weakref.ref[Sprite] | None = None  # all children of a sprite share one reference to it
        self._children: list[Sprite] | None = None

    @property
    def name(self) -> str:
        """What the sprite was called when it was made."""
        return self._name

    @property
    def parent(self) -> Sprite | None:
        """The sprite that this one was added to, if that is still there."""
        return None if self._parent is None else self._parent()

    @property
    def children(self) -> tuple[Sprite, ...]:
        """In the order of adding."""
        return tuple(self._children or ())

    def add(self, child: Sprite) -> None:
        """Make a sprite the last child."""
        above: Sprite | None = self
        while above is not None:
            if above is child:
                raise ValueError("a sprite cannot be below itself")
            above = above.parent
        parent = child.parent
        if parent is not None:
            parent.remove(child)
        if self._children is None:
            self._children = []
        self._children.append(child)
        child._parent = weakref.ref(self)

    def remove(self, child: Sprite) -> None:
        """Take a child out."""
        if self._children is None or child.parent is not self:
            raise ValueError("not a child of this sprite")
        self._children.remove(child)
        if not self._children:
            self._children = None
        child._parent = None

    def position(self) -> tuple[float, float]:
        """Where the sprite is in the scene."""
        x = y = 0.0
        sprite: Sprite | None = self
        while sprite is not None:
            x += sprite.x
            y += sprite.y
            sprite = sprite.parent
        return x, y


class TextureCache(Generic[T]):
    """Textures by path, as long as somebody uses them."""

    def __init__(self, load: Callable[[str], T]) -> None:
        self._load = load
        self._textures: weakref.WeakValueDictionary[str, T] = weakref.WeakValueDictionary()

    def get(self, path: str) -> T:
        """The texture of a path; loaded if nobody has it."""
        texture = self._textures.get(path)
        if texture is None:
            # `load` may have asked for the same path; then its texture is the one that everybody gets.
            texture = self._textures.setdefault(path, self._load(path))
        return texture

    def __len__(self) -> int:
        return len(self._textures)


class Signal:
    """Tells its handlers when something happens."""

    def __init__(self) -> None:
        self._connections: dict[_Key, _Connection] = {}

    def connect(self, handler: Callable[..., object]) -> None:
        """Call a handler from now on."""
        key = _key(handler)
        if key in self._connections:
            return
        if isinstance(handler, MethodType):
            self._connections[key] = _WeakMethod(handler, self, key)
        else:
            self._connections[key] = _Kept(handler)

    def disconnect(self, handler: Callable[..., object]) -> None:
        """Do not call a handler any more."""
        if self._connections.pop(_key(handler), None) is None:
            raise ValueError("this handler is not connected")

    def emit(self, *args: object) -> int:
        """Call all handlers. Returns how many."""
        return sum([connection.call(args) for connection in list(self._connections.values())])

    def __len__(self) -> int:
        return len(self._connections)


class _Connection(Protocol):
    """How a signal knows a handler."""

    def call(self, args: tuple[object, ...]) -> bool:
        """Call the handler if it still exists; say whether it does."""
        ...


class _Kept:
    """A handler that lives as long as it is connected."""

    __slots__ = ("_handler",)

    def __init__(self, handler: Callable[..., object]) -> None:
        self._handler = handler

    def call(self, args: tuple[object, ...]) -> bool:
        self._handler(*args)
        return True


class _WeakMethod:
    """A bound method that goes with its object, and that takes itself out of its signal then."""

    __slots__ = ("_function", "_receiver")

    def __init__(self, method: MethodType, signal: Signal, key: _Key) -> None:
        holder = weakref.ref(signal)  # neither the object nor this may keep the signal alive

        def forget(_: object) -> None:
            signal = holder()
            if signal is not None:
                signal._connections.pop(key, None)

        self._function = method.__func__
        self._receiver = weakref.ref(method.__self__, forget)

    def call(self, args: tuple[object, ...]) -> bool:
        receiver = self._receiver()
        if receiver is None:
            return False
        self._function(receiver, *args)
        return True


def _key(handler: Callable[..., object]) -> _Key:
    """What tells handlers apart. Whatever has an id here is alive while it is connected, so ids are not used twice."""
    if isinstance(handler, MethodType):
        return id(handler.__self__), id(handler.__func__)
    return id(handler)
