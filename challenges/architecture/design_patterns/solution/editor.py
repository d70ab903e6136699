"""A small drawing editor: a factory, a strategy, commands, observers and an adapter, for parts of anybody."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
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


# ---- commands --------------------------------------------------------------------------------------------------


class Add:
    """Adds a shape, at the end if there is no index."""

    def __init__(self, shape: Shape, index: int | None = None) -> None:
        self._shape = shape
        self._index = index
        self._places: list[int] = []

    def do(self, shapes: list[Shape]) -> None:
        place = len(shapes) if self._index is None else self._index
        if place not in range(len(shapes) + 1):
            raise IndexError(f"no place {place} among {len(shapes)} shapes")
        shapes.insert(place, self._shape)
        self._places.append(place)

    def undo(self, shapes: list[Shape]) -> None:
        del shapes[self._places.pop()]


class Remove:
    """Removes the shape at an index."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._removed: list[Shape] = []

    def do(self, shapes: list[Shape]) -> None:
        if self._index not in range(len(shapes)):
            raise IndexError(f"no shape {self._index} among {len(shapes)}")
        self._removed.append(shapes.pop(self._index))

    def undo(self, shapes: list[Shape]) -> None:
        shapes.insert(self._index, self._removed.pop())


class _Step:
    """Commands that are undone and redone as one."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self.commands = tuple(commands)

    def redo(self, shapes: list[Shape]) -> None:
        _all_or_none([(command.do, command.undo) for command in self.commands], shapes)

    def undo(self, shapes: list[Shape]) -> None:
        _all_or_none([(command.undo, command.do) for command in reversed(self.commands)], shapes)


_Action = Callable[[list[Shape]], None]


def _all_or_none(actions: Iterable[tuple[_Action, _Action]], shapes: list[Shape]) -> None:
    """Perform the actions; if one of them fails, put back those before it by their opposites."""
    with ExitStack() as opposites:
        for action, opposite in actions:
            action(shapes)
            opposites.callback(opposite, shapes)
        opposites.pop_all()


# ---- observers -------------------------------------------------------------------------------------------------

Observer = Callable[[Change], object]


class _Rounds:
    """Tells observers of changes, one round after the other."""

    def __init__(self) -> None:
        self._observers: list[Observer] = []
        self._waiting: deque[Change] = deque()
        self._telling = False

    def subscribe(self, observer: Observer) -> None:
        if observer not in self._observers:
            self._observers.append(observer)

    def unsubscribe(self, observer: Observer) -> None:
        if observer in self._observers:
            self._observers.remove(observer)

    def tell(self, change: Change) -> None:
        """Tell everybody, unless a round is under way: then that change waits for its own."""
        self._waiting.append(change)
        if self._telling:
            return
        self._telling = True
        failures: list[Exception] = []
        try:
            while self._waiting:
                failures += self._round(self._waiting.popleft())
        finally:
            self._telling = False
        if failures:
            raise failures[0]

    def _round(self, change: Change) -> Iterator[Exception]:
        for observer in tuple(self._observers):
            if observer in self._observers:
                try:
                    observer(change)
                except Exception as failure:
                    yield failure


# ---- layouts ---------------------------------------------------------------------------------------------------


def column(gap: float = 0) -> Layout:
    """Return a layout that puts shapes above each other."""

    def place(sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        positions = []
        y = 0.0
        for _, height in sizes:
            positions.append((0.0, y))
            y += height + gap
        return positions

    return place


# ---- the editor ------------------------------------------------------------------------------------------------


class Editor:
    """Makes shapes, lays them out, changes them by commands, and tells observers."""

    def __init__(self) -> None:
        self._makers: dict[str, Callable[..., Shape]] = {}
        self._layout = column()
        self._shapes: list[Shape] = []
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._group: list[Command] | None = None
        self._rounds = _Rounds()

    def register(self, kind: str, make: Callable[..., Shape]) -> None:
        """Let shapes of this kind be made by `make` from now on."""
        self._makers[kind] = make

    def make(self, kind: str, /, **options: object) -> Shape:
        """Return a new shape of a registered kind."""
        if kind not in self._makers:
            raise ValueError(f"unknown kind: {kind}")
        return self._makers[kind](**options)

    def set_layout(self, layout: Layout) -> None:
        """Place shapes by this layout from now on."""
        self._layout = layout

    def render(self, renderer: Renderer) -> None:
        """Draw all shapes at the positions that the layout gives."""
        positions = self._layout([shape.size() for shape in self._shapes])
        for shape, (x, y) in list(zip(self._shapes, positions, strict=True)):
            shape.draw(renderer, x, y)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the drawing, in order."""
        return tuple(self._shapes)

    def run(self, command: Command) -> None:
        """Do a command, so that it can be undone."""
        command.do(self._shapes)
        if self._group is None:
            self._record([command])
        else:
            self._group.append(command)

    def undo(self) -> bool:
        """Undo what was done last; return whether there was anything."""
        return self._move(self._done, self._undone, "undo", _Step.undo)

    def redo(self) -> bool:
        """Do again what was undone last; return whether there was anything."""
        return self._move(self._undone, self._done, "redo", _Step.redo)

    def group(self) -> AbstractContextManager[object]:
        """Make one step of all that is run in a `with` block."""
        return _Group(self)

    def subscribe(self, observer: Observer) -> None:
        """Tell this observer of every change."""
        self._rounds.subscribe(observer)

    def unsubscribe(self, observer: Observer) -> None:
        """Tell this observer no more."""
        self._rounds.unsubscribe(observer)

    def _record(self, commands: Iterable[Command]) -> None:
        step = _Step(commands)
        self._done.append(step)
        self._undone.clear()
        self._rounds.tell(Change("run", step.commands))

    def _begin_group(self) -> None:
        self._refuse_within_a_group()
        self._group = []

    def _end_group(self, *, left: bool) -> None:
        commands, self._group = self._group or [], None
        if left:
            _Step(commands).undo(self._shapes)
        elif commands:
            self._record(commands)

    def _move(
        self,
        source: list[_Step],
        target: list[_Step],
        action: Literal["undo", "redo"],
        perform: Callable[[_Step, list[Shape]], None],
    ) -> bool:
        self._refuse_within_a_group()
        if not source:
            return False
        step = source[-1]
        perform(step, self._shapes)
        target.append(source.pop())
        self._rounds.tell(Change(action, step.commands))
        return True

    def _refuse_within_a_group(self) -> None:
        if self._group is not None:
            raise RuntimeError("not within a group")


class _Group:
    """A block that is one step. (In a generator, an observer's StopIteration would become another exception.)"""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    def __enter__(self) -> None:
        self._editor._begin_group()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._editor._end_group(left=kind is not None)


# ---- the adapter -----------------------------------------------------------------------------------------------

POINTS = 72
"""An inch has so many."""


class LegacyRenderer:
    """Draws on an old canvas."""

    def __init__(self, canvas: LegacyCanvas) -> None:
        self._canvas = canvas

    def box(self, x: float, y: float, width: float, height: float) -> None:
        left, top = self._place(x, y + height)
        right, bottom = self._place(x + width, y)
        _check(self._canvas.draw_rect(left, top, right, bottom))

    def text(self, x: float, y: float, words: str, height: float) -> None:
        left, top = self._place(x, y + height)
        _check(self._canvas.put_string(words, height / POINTS, left, top))

    def lines(self, points: Sequence[tuple[float, float]]) -> None:
        _check(self._canvas.lift())
        for x, y in points:
            _check(self._canvas.go(*self._place(x, y)))

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """From points above the lower edge to inches below the upper one."""
        return x / POINTS, self._canvas.page_height - y / POINTS


def _check(code: int) -> None:
    if code != 0:
        raise RuntimeError(code)
