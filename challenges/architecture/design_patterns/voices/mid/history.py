"""Undo and redo stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from editor import Command, Shape


class History:
    """Keeps steps; each step is a tuple of the commands that belong together."""

    def __init__(self, target: list[Shape]) -> None:
        self.target = target
        self.undo_stack: list[tuple[Command, ...]] = []
        self.redo_stack: list[tuple[Command, ...]] = []

    def push(self, step: tuple[Command, ...]) -> None:
        self.undo_stack.append(step)
        self.redo_stack.clear()

    def back(self) -> Optional[tuple[Command, ...]]:
        if not self.undo_stack:
            return None
        step = self.undo_stack[-1]
        for cmd in reversed(step):
            cmd.undo(self.target)
        self.redo_stack.append(self.undo_stack.pop())
        return step

    def forward(self) -> Optional[tuple[Command, ...]]:
        if not self.redo_stack:
            return None
        step = self.redo_stack[-1]
        for cmd in step:
            cmd.do(self.target)
        self.undo_stack.append(self.redo_stack.pop())
        return step
