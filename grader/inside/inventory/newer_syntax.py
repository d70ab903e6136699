"""Syntax that the running Python does not know, blanked so that the rest of a file can be read.

tree-sitter (an optional package) finds this syntax: type parameters, `type` statements and nested quotes in f-strings
(all 3.12), and any other statement that Python cannot parse. Blanking keeps every line in its place. Without
tree-sitter nothing is blanked, and the file counts as unread.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_STATEMENTS = 20
"""The most statements that may be left out; a file with more of them is probably not Python."""
MOST_NODES = 400_000
PARAMETERS, ALIAS, TEXT = "type_parameter", "type_alias_statement", "string"


class Blanked(NamedTuple):
    """A text in which everything that could not be parsed is blanked."""

    tree: ast.Module
    text: str
    typed: list[int]
    """Lines with type parameters or `type` statements."""
    left_out: list[tuple[int, int]]
    """First and last lines of statements that were not read."""


def blanked(text: str, parse: Callable[[str], ast.Module]) -> Blanked | None:
    """Blank what `parse` rejects; return None without tree-sitter, or if too much would be left out."""
    try:
        import tree_sitter
        import tree_sitter_python
    except ImportError:
        return None
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    source = bytearray(text.encode("utf-8", errors="replace"))
    root = parser.parse(bytes(source)).root_node
    found = _nodes(root)
    if found is None:
        return None
    typed = sorted({node.start_point[0] + 1 for node in found if node.type in (PARAMETERS, ALIAS)})
    for node in found:
        if node.type == PARAMETERS:
            _blank(source, node.start_byte, node.end_byte)
        elif node.type == ALIAS:
            _blank(source, node.start_byte, node.end_byte, first=b"0")
    if (tree := _parsed(source, parse)) is not None:
        return Blanked(tree, source.decode("utf-8"), typed, [])
    for node in found:
        if node.type == TEXT and any(child.type == "interpolation" for child in node.children):
            _blank_text(source, node)
    return _without_statements(source, root, typed, parse)


def _without_statements(
    source: bytearray, root: Node, typed: list[int], parse: Callable[[str], ast.Module]
) -> Blanked | None:
    """Blank the statements that `parse` still rejects, one after another."""
    left_out: list[tuple[int, int]] = []
    for _ in range(MOST_STATEMENTS):
        try:
            tree = parse(source.decode("utf-8"))
        except SyntaxError as error:
            node = _statement(root, (error.lineno or 1) - 1)
            lines = (node.start_point[0] + 1, node.end_point[0] + 1) if node is not None else (0, 0)
            if node is None or lines in left_out:
                return None
            left_out.append(lines)
            _blank(source, node.start_byte, node.end_byte, first=b"0")
        else:
            is_left = any(not _is_blank(statement) for statement in tree.body)
            return Blanked(tree, source.decode("utf-8"), typed, left_out) if is_left else None
    return None


def _is_blank(statement: ast.stmt) -> bool:
    """Return whether a statement is the placeholder for a blanked one."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and statement.value.value == 0


def _parsed(source: bytearray, parse: Callable[[str], ast.Module]) -> ast.Module | None:
    try:
        return parse(source.decode("utf-8"))
    except SyntaxError:
        return None


def _nodes(root: Node) -> list[Node] | None:
    """Return the nodes that may contain newer syntax; None if there are too many nodes to search."""
    found: list[Node] = []
    waiting = [root]
    seen = 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            return None
        if node.type in (PARAMETERS, ALIAS, TEXT) and (node.type != PARAMETERS or _is_declared(node)):
            found.append(node)
            if node.type != TEXT:
                continue
        waiting += node.children
    return found


def _is_declared(node: Node) -> bool:
    """Return whether type parameters belong to a definition; subscripts in annotations have the same type of node."""
    return node.parent is not None and node.parent.type in {"function_definition", "class_definition"}


def _statement(root: Node, row: int) -> Node | None:
    """Return the innermost statement of a module or block that covers the row; None if there is none."""
    node, best = root, None
    while True:
        inner = next((child for child in node.children if child.start_point[0] <= row <= child.end_point[0]), None)
        if inner is None:
            return best
        if node.type in {"module", "block"}:
            best = inner
        node = inner


def _blank(source: bytearray, start: int, end: int, *, first: bytes = b" ") -> None:
    """Overwrite a range with blanks, except for line ends; `first` becomes its first byte."""
    for place in range(start, end):
        if source[place] not in b"\r\n":
            source[place] = 0x20
    source[start : start + 1] = first


def _blank_text(source: bytearray, node: Node) -> None:
    """Replace an interpolated string with an empty one of the same width and the same number of lines."""
    start, end = node.start_byte, node.end_byte
    several = node.end_point[0] > node.start_point[0]
    if end - start < (6 if several else 2):
        return
    _blank(source, start, end)
    if several:
        source[start : start + 3] = b"'''"
        source[end - 3 : end] = b"'''"
    else:
        source[start : start + 2] = b"''"
