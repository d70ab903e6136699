"""A small drawing editor, made of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Optional, Protocol

from history import History

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

    def __init__(self) -> None:
        self._registry: dict[str, Callable[..., Shape]] = {}
        self._layout: Layout = column()
        self._drawing: list[Shape] = []
        self._history = History(self._drawing)
        self._current_group: Optional[list[Command]] = None
        self._observers: list[Callable[[Change], object]] = []
        self._pending: list[Change] = []
        self._notifying = False

    # factory

    def register(self, kind: str, make: Callable[..., Shape]) -> None:
        """Let shapes of this kind be made by `make` from now on."""
        self._registry[kind] = make

    def make(self, kind: str, /, **options: object) -> Shape:
        """Return a new shape of a registered kind."""
        try:
            return self._registry[kind](**options)
        except KeyError:
            raise ValueError(f"Unknown kind: {kind}") from None

    # strategy

    def set_layout(self, layout: Layout) -> None:
        """Place shapes by this layout from now on."""
        self._layout = layout

    def render(self, renderer: Renderer) -> None:
        """Draw all shapes at the positions that the layout gives."""
        sizes = [shape.size() for shape in self._drawing]
        positions = self._layout(sizes)
        if len(positions) != len(sizes):
            raise ValueError("Layout returned the wrong number of positions")
        for i, shape in enumerate(self._drawing):
            x, y = positions[i]
            shape.draw(renderer, x, y)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the drawing, in order."""
        return tuple(self._drawing)

    # commands

    def run(self, command: Command) -> None:
        """Do a command, so that it can be undone."""
        command.do(self._drawing)
        if self._current_group is not None:
            self._current_group.append(command)
            return
        self._history.push((command,))
        self._notify(Change("run", (command,)))

    def undo(self) -> bool:
        """Undo what was done last; return whether there was anything."""
        if self._current_group is not None:
            raise RuntimeError("Cannot undo inside a group")
        step = self._history.back()
        if step is None:
            return False
        self._notify(Change("undo", step))
        return True

    def redo(self) -> bool:
        """Do again what was undone last; return whether there was anything."""
        if self._current_group is not None:
            raise RuntimeError("Cannot redo inside a group")
        step = self._history.forward()
        if step is None:
            return False
        self._notify(Change("redo", step))
        return True

    @contextmanager
    def group(self) -> Iterator[None]:
        """Make one step of all that is run in a `with` block."""
        if self._current_group is not None:
            raise RuntimeError("Groups cannot be nested")
        commands: list[Command] = []
        self._current_group = commands
        try:
            yield
        except Exception:
            self._current_group = None
            for command in reversed(commands):
                command.undo(self._drawing)
            raise
        self._current_group = None
        if commands:
            step = tuple(commands)
            self._history.push(step)
            self._notify(Change("run", step))

    # observers

    def subscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer of every change."""
        if observer not in self._observers:
            self._observers.append(observer)

    def unsubscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer no more."""
        if observer in self._observers:
            self._observers.remove(observer)

    def _notify(self, change: Change) -> None:
        self._pending.append(change)
        if self._notifying:
            return
        self._notifying = True
        first_error: Optional[Exception] = None
        while self._pending:
            current = self._pending.pop(0)
            for observer in list(self._observers):
                try:
                    observer(current)
                except Exception as e:
                    if first_error is None:
                        first_error = e
        self._notifying = False
        if first_error is not None:
            raise first_error


class Add:
    """Adds a shape, at the end if there is no index."""

    def __init__(self, shape: Shape, index: int | None = None) -> None:
        self.shape = shape
        self.index = index
        self.added_at: int = -1

    def do(self, shapes: list[Shape]) -> None:
        if self.index is None:
            self.added_at = len(shapes)
        elif 0 <= self.index <= len(shapes):
            self.added_at = self.index
        else:
            raise IndexError("Add index out of range")
        shapes.insert(self.added_at, self.shape)

    def undo(self, shapes: list[Shape]) -> None:
        shapes.pop(self.added_at)


class Remove:
    """Removes the shape at an index."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.removed: Optional[Shape] = None

    def do(self, shapes: list[Shape]) -> None:
        if self.index < 0 or self.index >= len(shapes):
            raise IndexError("Remove index out of range")
        self.removed = shapes.pop(self.index)

    def undo(self, shapes: list[Shape]) -> None:
        if self.removed is not None:
            shapes.insert(self.index, self.removed)


def column(gap: float = 0) -> Layout:
    """Return a layout that puts shapes above each other."""

    def layout(sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        result = []
        y = 0.0
        for _width, height in sizes:
            result.append((0.0, y))
            y += height + gap
        return result

    return layout


class LegacyRenderer:
    """Draws on an old canvas."""

    DPI = 72.0

    def __init__(self, canvas: LegacyCanvas) -> None:
        self.canvas = canvas
        self.page_height = canvas.page_height

    def _inches(self, points: float) -> float:
        return points / self.DPI

    def _flip(self, y: float) -> float:
        return self.page_height - self._inches(y)

    def _check(self, status: int) -> None:
        if status != 0:
            raise RuntimeError(status)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self._check(
            self.canvas.draw_rect(
                self._inches(x), self._flip(y + height), self._inches(x + width), self._flip(y)
            )
        )

    def text(self, x: float, y: float, words: str, height: float) -> None:
        self._check(self.canvas.put_string(words, self._inches(height), self._inches(x), self._flip(y + height)))

    def lines(self, points: Sequence[tuple[float, float]]) -> None:
        self._check(self.canvas.lift())
        for x, y in points:
            self._check(self.canvas.go(self._inches(x), self._flip(y)))
