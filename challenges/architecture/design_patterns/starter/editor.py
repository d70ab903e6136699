"""A small drawing editor, made of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

# ---- given: leave it as it is ----------------------------------------------------------------------------------


class Renderer(Protocol):
    """Lengths in points. y counts upwards from the lower edge of the page; x, y is a lower left corner."""

    def box(self, x: float, y: float, width: float, height: float) -> None: ...
    def text(self, x: float, y: float, words: str, height: float) -> None: ...
    def lines(self, points: Sequence[tuple[float, float]]) -> None: ...  # from each point to the next


class Shape(Protocol):
    """Something that can be drawn."""

    def size(self) -> tuple[float, float]: ...  # width and height
    def draw(self, renderer: Renderer, x: float, y: float) -> None: ...


Layout = Callable[[Sequence[tuple[float, float]]], Sequence[tuple[float, float]]]
"""The positions of shapes of these sizes."""


class Command(Protocol):
    """If `do` or `undo` raises, it has changed nothing."""

    def do(self, shapes: list[Shape]) -> None: ...
    def undo(self, shapes: list[Shape]) -> None: ...


@dataclass(frozen=True)
class Change:
    """What observers are told."""

    action: Literal["run", "undo", "redo"]
    commands: tuple[Command, ...]


class LegacyCanvas(Protocol):
    """Lengths in inches of 72 points. y counts downwards from the upper edge of the page."""

    @property
    def page_height(self) -> float: ...  # of the page as it is now: it may be turned at any time
    def draw_rect(self, left: float, top: float, right: float, bottom: float) -> int: ...
    def put_string(self, string: str, height: float, left: float, top: float) -> int: ...
    def lift(self) -> int: ...
    def go(self, x: float, y: float) -> int: ...


# ---- yours -----------------------------------------------------------------------------------------------------


class Editor:
    """Makes shapes, lays them out, changes them by commands, and tells observers."""

    def register(self, kind: str, make: Callable[..., Shape]) -> None:
        """Let shapes of this kind be made by `make` from now on."""
        raise NotImplementedError

    def make(self, kind: str, /, **options: object) -> Shape:
        """Return a new shape of a registered kind."""
        raise NotImplementedError

    def set_layout(self, layout: Layout) -> None:
        """Place shapes by this layout from now on."""
        raise NotImplementedError

    def render(self, renderer: Renderer) -> None:
        """Draw all shapes at the positions that the layout gives."""
        raise NotImplementedError

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the drawing, in order."""
        raise NotImplementedError

    def run(self, command: Command) -> None:
        """Do a command, so that it can be undone."""
        raise NotImplementedError

    def undo(self) -> bool:
        """Undo what was done last; return whether there was anything."""
        raise NotImplementedError

    def redo(self) -> bool:
        """Do again what was undone last; return whether there was anything."""
        raise NotImplementedError

    def group(self) -> AbstractContextManager[object]:
        """Make one step of all that is run in a `with` block."""
        raise NotImplementedError

    def subscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer of every change."""
        raise NotImplementedError

    def unsubscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer no more."""
        raise NotImplementedError


class Add:
    """Adds a shape, at the end if there is no index."""

    def __init__(self, shape: Shape, index: int | None = None) -> None:
        raise NotImplementedError

    def do(self, shapes: list[Shape]) -> None:
        raise NotImplementedError

    def undo(self, shapes: list[Shape]) -> None:
        raise NotImplementedError


class Remove:
    """Removes the shape at an index."""

    def __init__(self, index: int) -> None:
        raise NotImplementedError

    def do(self, shapes: list[Shape]) -> None:
        raise NotImplementedError

    def undo(self, shapes: list[Shape]) -> None:
        raise NotImplementedError


def column(gap: float = 0) -> Layout:
    """Return a layout that puts shapes above each other."""
    raise NotImplementedError


class LegacyRenderer:
    """Draws on an old canvas."""

    def __init__(self, canvas: LegacyCanvas) -> None:
        raise NotImplementedError

    def box(self, x: float, y: float, width: float, height: float) -> None:
        raise NotImplementedError

    def text(self, x: float, y: float, words: str, height: float) -> None:
        raise NotImplementedError

    def lines(self, points: Sequence[tuple[float, float]]) -> None:
        raise NotImplementedError
