"""Parses text into LibCST trees, even text that CPython can read and LibCST cannot.

LibCST requires a space in `return(lambda: 1)` and `return.5`, rejects `(LIMIT): int = 3`, and keeps names as they are
written, whereas CPython uses their NFKC form. Such text is rewritten from CPython's own tree, and positions are
translated back to those of the original statements.
"""

from __future__ import annotations

import ast
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from grader.inside.gate import parsed


class Unreadable(Exception):
    """LibCST cannot read the text in any form."""


class Position(NamedTuple):
    """A 1-based line and column."""

    line: int
    column: int


class ParsedText(NamedTuple):
    """A tree and the positions of its lines in the text as submitted; `places` is None if these are the same."""

    tree: cst.Module
    places: list[tuple[int, Position]] | None = None

    def place(self, line: int, column: int) -> Position:
        """Return the position in the text as submitted."""
        if not self.places:
            return Position(line, column)
        return self.places[max(0, bisect_right(self.places, line, key=lambda entry: entry[0]) - 1)][1]


def parse(text: str) -> ParsedText:
    """Parse gated text. Raises Unreadable."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        try:
            return ParsedText(cst.parse_module(text))
        except Exception:  # noqa: S110 - LibCST has no common class for what it cannot read
            pass
    try:
        return _rewritten(text)
    except Exception as error:
        raise Unreadable(type(error).__name__) from error


def parse_expression(text: str) -> cst.BaseExpression | None:
    """Parse text as an expression; return None if LibCST cannot read it, whatever LibCST raises."""
    try:
        return cst.parse_expression(text)
    except Exception:  # LibCST has no common class for it
        return None


def _rewritten(text: str) -> ParsedText:
    tree = ast.fix_missing_locations(_WithoutParentheses().visit(parsed(text)))
    written = ast.unparse(tree) + "\n"
    places = {line: place for (line, _), (_, place) in zip(_lines(parsed(written)), _lines(tree), strict=True)}
    return ParsedText(cst.parse_module(written), sorted(places.items()))


def _lines(tree: ast.Module) -> Iterator[tuple[int, Position]]:
    """Yield the line and position of each statement and decorator, in an order that depends only on the tree's
    structure.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            yield node.lineno, Position(node.lineno, node.col_offset + 1)
            for decorator in getattr(node, "decorator_list", ()):
                yield decorator.lineno, Position(decorator.lineno, decorator.col_offset + 1)


class _WithoutParentheses(ast.NodeTransformer):
    """Turns `(name): T = value` into `name = value`: the annotation of a parenthesised target is stored nowhere."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.simple or not isinstance(node.target, ast.Name):
            return node
        plain = ast.Pass() if node.value is None else ast.Assign([node.target], node.value)
        return ast.copy_location(plain, node)
