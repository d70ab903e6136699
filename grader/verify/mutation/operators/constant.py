"""Constants: numbers off by one, flags flipped, words misspelt, defaults changed."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource

MARK = "XX"


def shift_number(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Move an integer by one in either direction, or double a float and add one."""
    if isinstance(node, cst.Integer):
        value = node.evaluated_value
        yield Edit(node, str(value + 1))
        yield Edit(node, str(value - 1) if value else "(-1)")
    elif isinstance(node, cst.Float):
        yield Edit(node, repr(node.evaluated_value * 2 + 1))


def flip_flag(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Swap `True` and `False`."""
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield Edit(node, str(node.value == "False"))


def misspell(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Change a string."""
    if isinstance(node, cst.SimpleString):
        text = source.of(node)
        start = len(node.prefix) + len(node.quote)
        yield Edit(node, f"{text[:start]}{MARK}{text[start:]}")
    elif isinstance(node, cst.FormattedStringText):
        yield Edit(node, f"{MARK}{source.of(node)}")


def change_default(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Replace a parameter's non-literal default with None, or a default of None with 0."""
    if isinstance(node, cst.Param) and node.default is not None:
        literal = isinstance(node.default, cst.BaseNumber | cst.BaseString) or (
            isinstance(node.default, cst.Name) and node.default.value in ("True", "False")
        )
        if not literal:
            none = isinstance(node.default, cst.Name) and node.default.value == "None"
            yield Edit(node.default, "0" if none else "None")
