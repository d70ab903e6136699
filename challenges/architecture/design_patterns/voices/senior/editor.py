"""A small drawing editor, made of parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
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


_Observer = Callable[[Change], object]
_Step = tuple[Command, ...]

_POINTS_PER_INCH = 72


class _Announcer:
    """Tells observers of changes, one round after the other."""

    def __init__(self) -> None:
        self._observers: list[_Observer] = []  # a list, as observers need not be hashable
        self._waiting: deque[Change] = deque()
        self._telling = False

    def subscribe(self, observer: _Observer) -> None:
        if observer not in self._observers:
            self._observers.append(observer)

    def unsubscribe(self, observer: _Observer) -> None:
        if observer in self._observers:
            self._observers.remove(observer)

    def announce(self, change: Change) -> None:
        """Queue a round; the outermost call holds all rounds and raises the first error of an observer."""
        self._waiting.append(change)
        if self._telling:
            return
        errors: list[Exception] = []
        self._telling = True
        try:
            while self._waiting:
                self._hold_round(self._waiting.popleft(), errors)
        finally:
            self._telling = False
            self._waiting.clear()
        if errors:
            raise errors[0]

    def _hold_round(self, change: Change, errors: list[Exception]) -> None:
        for observer in tuple(self._observers):
            if observer not in self._observers:
                continue
            try:
                observer(change)
            except Exception as error:
                errors.append(error)


class _Group(AbstractContextManager[None]):
    """The `with` block of a group."""

    def __init__(self, begin: Callable[[], None], keep: Callable[[], None], drop: Callable[[], None]) -> None:
        self._begin = begin
        self._keep = keep
        self._drop = drop

    def __enter__(self) -> None:
        self._begin()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        if exc_type is None:
            self._keep()
        else:
            self._drop()


def _all_or_nothing(
    commands: Iterable[Command], act: Callable[[Command], None], revert: Callable[[Command], None]
) -> None:
    """Act on each command; if one raises, revert those before it, the last one first."""
    finished: list[Command] = []
    try:
        for command in commands:
            act(command)
            finished.append(command)
    except BaseException:
        for command in reversed(finished):
            revert(command)
        raise


class Editor:
    """Makes shapes, lays them out, changes them by commands, and tells observers."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[..., Shape]] = {}
        self._layout: Layout = column()
        self._shapes: list[Shape] = []
        self._past: list[_Step] = []
        self._future: list[_Step] = []
        self._open_group: list[Command] | None = None
        self._announcer = _Announcer()

    def register(self, kind: str, make: Callable[..., Shape]) -> None:
        """Let shapes of this kind be made by `make` from now on."""
        self._makers[kind] = make

    def make(self, kind: str, /, **options: object) -> Shape:
        """Return a new shape of a registered kind."""
        if kind not in self._makers:
            raise ValueError(f"no such kind of shape: {kind!r}")
        return self._makers[kind](**options)

    def set_layout(self, layout: Layout) -> None:
        """Place shapes by this layout from now on."""
        self._layout = layout

    def render(self, renderer: Renderer) -> None:
        """Draw all shapes at the positions that the layout gives."""
        shapes = self.shapes
        positions = list(self._layout([shape.size() for shape in shapes]))
        if len(positions) != len(shapes):
            raise ValueError(f"the layout gave {len(positions)} positions for {len(shapes)} shapes")
        for shape, (x, y) in zip(shapes, positions):
            shape.draw(renderer, x, y)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the drawing, in order."""
        return tuple(self._shapes)

    def run(self, command: Command) -> None:
        """Do a command, so that it can be undone."""
        command.do(self._shapes)
        if self._open_group is None:
            self._record((command,))
        else:
            self._open_group.append(command)

    def undo(self) -> bool:
        """Undo what was done last; return whether there was anything."""
        self._require_no_group()
        if not self._past:
            return False
        step = self._past[-1]
        _all_or_nothing(reversed(step), self._undo_one, self._do_one)
        self._future.append(self._past.pop())
        self._announcer.announce(Change("undo", step))
        return True

    def redo(self) -> bool:
        """Do again what was undone last; return whether there was anything."""
        self._require_no_group()
        if not self._future:
            return False
        step = self._future[-1]
        _all_or_nothing(step, self._do_one, self._undo_one)
        self._past.append(self._future.pop())
        self._announcer.announce(Change("redo", step))
        return True

    def group(self) -> AbstractContextManager[object]:
        """Make one step of all that is run in a `with` block."""
        self._require_no_group()
        return _Group(self._begin_group, self._keep_group, self._drop_group)

    def subscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer of every change."""
        self._announcer.subscribe(observer)

    def unsubscribe(self, observer: Callable[[Change], object]) -> None:
        """Tell this observer no more."""
        self._announcer.unsubscribe(observer)

    def _do_one(self, command: Command) -> None:
        command.do(self._shapes)

    def _undo_one(self, command: Command) -> None:
        command.undo(self._shapes)

    def _record(self, step: _Step) -> None:
        self._past.append(step)
        self._future.clear()
        self._announcer.announce(Change("run", step))

    def _require_no_group(self) -> None:
        if self._open_group is not None:
            raise RuntimeError("not within a group")

    def _begin_group(self) -> None:
        self._require_no_group()
        self._open_group = []

    def _close_group(self) -> _Step:
        step = tuple(self._open_group or ())
        self._open_group = None
        return step

    def _keep_group(self) -> None:
        step = self._close_group()
        if step:
            self._record(step)

    def _drop_group(self) -> None:
        for command in reversed(self._close_group()):
            command.undo(self._shapes)


class Add:
    """Adds a shape, at the end if there is no index."""

    def __init__(self, shape: Shape, index: int | None = None) -> None:
        self._shape = shape
        self._index = index
        self._place = 0

    def do(self, shapes: list[Shape]) -> None:
        place = len(shapes) if self._index is None else self._index
        if not 0 <= place <= len(shapes):
            raise IndexError(f"cannot add at {place}: there are {len(shapes)} shapes")
        shapes.insert(place, self._shape)
        self._place = place

    def undo(self, shapes: list[Shape]) -> None:
        del shapes[self._place]


class Remove:
    """Removes the shape at an index."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._removed: list[Shape] = []

    def do(self, shapes: list[Shape]) -> None:
        if not 0 <= self._index < len(shapes):
            raise IndexError(f"cannot remove {self._index}: there are {len(shapes)} shapes")
        self._removed.append(shapes.pop(self._index))

    def undo(self, shapes: list[Shape]) -> None:
        shapes.insert(self._index, self._removed.pop())


def column(gap: float = 0) -> Layout:
    """Return a layout that puts shapes above each other."""

    def place(sizes: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
        positions: list[tuple[float, float]] = []
        y: float = 0
        for _, height in sizes:
            positions.append((0, y))
            y += height + gap
        return positions

    return place


class LegacyRenderer:
    """Draws on an old canvas."""

    def __init__(self, canvas: LegacyCanvas) -> None:
        self._canvas = canvas

    def box(self, x: float, y: float, width: float, height: float) -> None:
        left, top = self._to_canvas(x, y + height)
        right, bottom = self._to_canvas(x + width, y)
        _check(self._canvas.draw_rect(left, top, right, bottom))

    def text(self, x: float, y: float, words: str, height: float) -> None:
        left, top = self._to_canvas(x, y + height)
        _check(self._canvas.put_string(words, height / _POINTS_PER_INCH, left, top))

    def lines(self, points: Sequence[tuple[float, float]]) -> None:
        _check(self._canvas.lift())
        for x, y in points:
            _check(self._canvas.go(*self._to_canvas(x, y)))

    def _to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Inches from the left and upper edges of the page as it is now."""
        return x / _POINTS_PER_INCH, self._canvas.page_height - y / _POINTS_PER_INCH


def _check(code: int) -> None:
    if code != 0:
        raise RuntimeError(code)
