"""The parts that an editor works with: their types, and nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


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


Listening = Callable[[Change], object]
"""An observer."""
