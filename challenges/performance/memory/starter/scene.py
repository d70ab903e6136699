"""A scene of many small objects. README.md says what each part promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Sprite:
    """A node of the scene."""

    def __init__(self, name: str, x: float, y: float) -> None:
        raise NotImplementedError

    @property
    def parent(self) -> Sprite | None:
        """The sprite that this one was added to, if it still exists."""
        raise NotImplementedError

    @property
    def children(self) -> tuple[Sprite, ...]:
        """The children, in the order of adding."""
        raise NotImplementedError

    def add(self, child: Sprite) -> None:
        """Make a sprite the last child."""
        raise NotImplementedError

    def remove(self, child: Sprite) -> None:
        """Remove a child."""
        raise NotImplementedError

    def position(self) -> tuple[float, float]:
        """Where the sprite is in the scene."""
        raise NotImplementedError


class TextureCache(Generic[T]):
    """Textures by path, as long as somebody uses them."""

    def __init__(self, load: Callable[[str], T]) -> None:
        raise NotImplementedError

    def get(self, path: str) -> T:
        """The texture of a path; loaded if nobody has it."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


class Signal:
    """Notifies its handlers when something happens."""

    def connect(self, handler: Callable[..., object]) -> None:
        """Call a handler from now on."""
        raise NotImplementedError

    def disconnect(self, handler: Callable[..., object]) -> None:
        """Stop calling a handler."""
        raise NotImplementedError

    def emit(self, *args: object) -> int:
        """Call all handlers. Returns how many."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError
