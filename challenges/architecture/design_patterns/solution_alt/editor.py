"""A small editor: history, rounds, makers and a layout behind one door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from commands import Add, Group, History, Remove
from legacy import LegacyRenderer
from observers import rounds
from parts import Change, Command, Layout, LegacyCanvas, Listening, Renderer, Shape

__all__ = [
    "Add",
    "Change",
    "Command",
    "Editor",
    "Layout",
    "LegacyCanvas",
    "LegacyRenderer",
    "Remove",
    "Renderer",
    "Shape",
    "column",
]


class column:
    """A layout: one shape above the other."""

    def __init__(self, gap: float = 0) -> None:
        self.gap = gap

    def __call__(self, sizes: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
        return tuple((0, y) for y in self._edges(sizes))

    def _edges(self, sizes: Sequence[tuple[float, float]]) -> Iterator[float]:
        steps = (height + self.gap for _, height in sizes[:-1])
        return accumulate(steps, initial=0.0) if sizes else iter(())


class Editor:
    """What the caller sees."""

    def __init__(self) -> None:
        self._subscribe, self._unsubscribe, tell = rounds()
        self._history = History(tell)
        self._kinds: list[tuple[str, Callable[..., Shape]]] = []
        self._layout: Layout = column()

    def register(self, kind: str, make: Callable[..., Shape]) -> None:
        self._kinds.insert(0, (kind, make))

    def make(self, kind: str, /, **options: object) -> Shape:
        for known, make in self._kinds:
            if known == kind:
                return make(**options)
        raise ValueError(kind)

    def set_layout(self, layout: Layout) -> None:
        self._layout = layout

    def render(self, renderer: Renderer) -> None:
        shapes = self.shapes
        positions = self._layout(tuple(shape.size() for shape in shapes))
        if len(positions) != len(shapes):
            raise ValueError(f"{len(positions)} positions for {len(shapes)} shapes")
        for shape, position in zip(shapes, positions, strict=True):
            shape.draw(renderer, *position)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return (*self._history.shapes,)

    def run(self, command: Command) -> None:
        self._history.run(command)

    def undo(self) -> bool:
        return self._history.back()

    def redo(self) -> bool:
        return self._history.forth()

    def group(self) -> Group:
        return Group(self._history)

    def subscribe(self, observer: Listening) -> None:
        self._subscribe(observer)

    def unsubscribe(self, observer: Listening) -> None:
        self._unsubscribe(observer)
