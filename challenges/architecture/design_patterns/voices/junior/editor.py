"""A small drawing editor, made of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
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
    def __init__(self):
        self.kinds = {}
        self.layout = column()
        self.shape_list = []
        self.undo_stack = []
        self.redo_stack = []
        self.observers = []
        self.in_group = False
        self.group_commands = []

    def register(self, kind, make):
        self.kinds[kind] = make

    def make(self, kind, **options):
        if kind not in self.kinds:
            raise ValueError("unknown kind " + kind)
        maker = self.kinds[kind]
        return maker(**options)

    def set_layout(self, layout):
        self.layout = layout

    def render(self, renderer):
        sizes = []
        for shape in self.shape_list:
            sizes.append(shape.size())
        positions = self.layout(sizes)
        for shape, position in zip(self.shape_list, positions):
            shape.draw(renderer, position[0], position[1])

    @property
    def shapes(self):
        return tuple(self.shape_list)

    def run(self, command):
        command.do(self.shape_list)
        if self.in_group:
            self.group_commands.append(command)
        else:
            self.undo_stack.append([command])
            self.redo_stack = []
            self.notify("run", [command])

    def undo(self):
        if len(self.undo_stack) == 0:
            return False
        commands = self.undo_stack.pop()
        for command in commands[::-1]:
            command.undo(self.shape_list)
        self.redo_stack.append(commands)
        self.notify("undo", commands)
        return True

    def redo(self):
        if len(self.redo_stack) == 0:
            return False
        commands = self.redo_stack.pop()
        for command in commands:
            command.do(self.shape_list)
        self.undo_stack.append(commands)
        self.notify("redo", commands)
        return True

    @contextmanager
    def group(self):
        if self.in_group:
            raise RuntimeError("already in a group")
        self.in_group = True
        self.group_commands = []
        try:
            yield self
        except Exception as e:
            for command in self.group_commands[::-1]:
                command.undo(self.shape_list)
            self.in_group = False
            raise e
        self.in_group = False
        if self.group_commands:
            self.undo_stack.append(self.group_commands)
            self.redo_stack = []
            self.notify("run", self.group_commands)

    def subscribe(self, observer):
        self.observers.append(observer)

    def unsubscribe(self, observer):
        if observer in self.observers:
            self.observers.remove(observer)

    def notify(self, action, commands):
        change = Change(action, tuple(commands))
        for observer in self.observers:
            observer(change)


class Add:
    """Adds a shape, at the end if there is no index."""

    def __init__(self, shape, index=None):
        self.shape = shape
        self.index = index

    def do(self, shapes):
        if self.index is None:
            shapes.append(self.shape)
        else:
            if self.index > len(shapes):
                raise IndexError("index too big")
            shapes.insert(self.index, self.shape)

    def undo(self, shapes):
        shapes.remove(self.shape)


class Remove:
    """Removes the shape at an index."""

    def __init__(self, index):
        self.index = index
        self.shape = None

    def do(self, shapes):
        self.shape = shapes.pop(self.index)

    def undo(self, shapes):
        shapes.insert(self.index, self.shape)


def column(gap=0):
    def layout(sizes):
        positions = []
        y = 0
        for size in sizes:
            positions.append((0, y))
            y = y + size[1] + gap
        return positions

    return layout


class LegacyRenderer:
    """Draws on an old canvas."""

    def __init__(self, canvas):
        self.canvas = canvas

    def box(self, x, y, width, height):
        page = self.canvas.page_height
        left = x / 72
        right = (x + width) / 72
        bottom = page - y / 72
        top = page - (y + height) / 72
        self.canvas.draw_rect(left, top, right, bottom)

    def text(self, x, y, words, height):
        page = self.canvas.page_height
        self.canvas.put_string(words, height / 72, x / 72, page - y / 72)

    def lines(self, points):
        page = self.canvas.page_height
        self.canvas.lift()
        for x, y in points:
            self.canvas.go(x / 72, page - y / 72)
