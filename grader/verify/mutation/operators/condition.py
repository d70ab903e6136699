"""Conditions: negated, half forgotten, and joined the wrong way."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.operators.comparison import negation_is_a_swap
from grader.verify.mutation.source import Edit, ModuleSource


def negate_condition(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Take the wrong branch."""
    if isinstance(node, cst.If | cst.IfExp | cst.CompIf | cst.While):
        endless = isinstance(node.test, cst.Name) and node.test.value == "True"
        if not endless and not negation_is_a_swap(node.test):
            yield Edit(node.test, _negated(node.test, source))


def _negated(test: cst.BaseExpression, source: ModuleSource) -> str:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return source.operand(test.expression)
    return f"not ({source.of(test)})"


def drop_not(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Forget a `not` inside a larger expression."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield Edit(node, source.operand(node.expression))


def swap_and_or(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Swap `and` and `or`."""
    if isinstance(node, cst.BooleanOperation):
        yield Edit(node.operator, "or" if isinstance(node.operator, cst.And) else "and")


def drop_operand(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Forget one of two conditions."""
    if isinstance(node, cst.BooleanOperation):
        yield Edit(node, source.operand(node.left))
        yield Edit(node, source.operand(node.right))
