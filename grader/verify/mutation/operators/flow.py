"""Flow: nothing returned, loops that end too early or do nothing, handlers that catch too much."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource

WIDE = ("Exception", "BaseException")


def return_none(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Return None instead of a value."""
    if isinstance(node, cst.Return) and node.value is not None and source.of(node.value) != "None":
        yield Edit(node.value, "None")


def swap_break_continue(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Swap `break` and `continue`."""
    if isinstance(node, cst.Break):
        yield Edit(node, "continue")
    elif isinstance(node, cst.Continue):
        yield Edit(node, "break")


def skip_loop(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Give a `for` loop nothing to iterate over, or a `while` loop a false condition."""
    if isinstance(node, cst.For) and node.asynchronous is None:
        yield Edit(node.iter, "()")
    elif isinstance(node, cst.While):
        yield Edit(node.test, "False")


def widen_except(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Catch every exception."""
    if isinstance(node, cst.ExceptHandler) and node.type is not None and source.of(node.type) not in WIDE:
        yield Edit(node.type, "Exception")


def drop_case(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Leave out a case of a `match`."""
    if isinstance(node, cst.MatchCase) and not isinstance(node.pattern, cst.MatchAs):
        yield Edit(node.guard or node.pattern, "False" if node.guard else f"{source.of(node.pattern)} if False")
