"""Commands: two of our own, and the history of anybody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from parts import Change, Command, Shape


@dataclass
class Add:
    """Puts a shape somewhere, or at the end."""

    shape: Shape
    index: int | None = None
    _where: int = field(default=-1, init=False)

    def do(self, shapes: list[Shape]) -> None:
        where = self.index if self.index is not None else len(shapes)
        if where not in range(len(shapes) + 1):
            raise IndexError(where)
        shapes[where:where] = [self.shape]
        self._where = where

    def undo(self, shapes: list[Shape]) -> None:
        shapes.pop(self._where)


@dataclass
class Remove:
    """Takes the shape at an index away."""

    index: int
    _gone: list[Shape] = field(default_factory=list, init=False)

    def do(self, shapes: list[Shape]) -> None:
        if self.index not in range(len(shapes)):
            raise IndexError(self.index)
        self._gone = [shapes.pop(self.index)]

    def undo(self, shapes: list[Shape]) -> None:
        shapes[self.index : self.index] = self._gone


def forwards(commands: tuple[Command, ...], shapes: list[Shape]) -> None:
    """Do the commands, or none of them."""
    for place, command in enumerate(commands):
        try:
            command.do(shapes)
        except BaseException:
            for done in commands[:place][::-1]:
                done.undo(shapes)
            raise


def backwards(commands: tuple[Command, ...], shapes: list[Shape]) -> None:
    """Undo the commands, or none of them."""
    for place in range(len(commands) - 1, -1, -1):
        try:
            commands[place].undo(shapes)
        except BaseException:
            for undone in commands[place + 1 :]:
                undone.do(shapes)
            raise


class History:
    """Steps that were taken: those before the present can be undone, those after it redone."""

    def __init__(self, tell: Callable[[Change], None]) -> None:
        self.shapes: list[Shape] = []
        self._steps: list[tuple[Command, ...]] = []
        self._present = 0
        self._open: Group | None = None
        self._tell = tell

    def run(self, command: Command) -> None:
        command.do(self.shapes)
        if self._open:
            self._open.commands += (command,)
        else:
            self.take((command,))

    def take(self, step: tuple[Command, ...]) -> None:
        self._steps[self._present :] = [step]
        self._present += 1
        self._tell(Change("run", step))

    def back(self) -> bool:
        self.refuse_while_open()
        if self._present == 0:
            return False
        step = self._steps[self._present - 1]
        backwards(step, self.shapes)
        return self._moved("undo", step, -1)

    def forth(self) -> bool:
        self.refuse_while_open()
        if self._present == len(self._steps):
            return False
        step = self._steps[self._present]
        forwards(step, self.shapes)
        return self._moved("redo", step, +1)

    def _moved(self, action: Literal["undo", "redo"], step: tuple[Command, ...], by: int) -> bool:
        self._present += by
        self._tell(Change(action, step))
        return True

    def refuse_while_open(self) -> None:
        if self._open:
            raise RuntimeError("a group is open")

    def open(self, group: Group) -> None:
        self.refuse_while_open()
        self._open = group

    def close(self) -> None:
        self._open = None


class Group:
    """A block whose commands are one step."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.commands: tuple[Command, ...] = ()

    def __enter__(self) -> None:
        self._history.open(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._history.close()
        if kind is not None:
            backwards(self.commands, self._history.shapes)
        elif self.commands:
            self._history.take(self.commands)
