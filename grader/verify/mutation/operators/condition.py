"""Conditions: negated, half forgotten, and joined the wrong way."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.operators.comparison import negation_is_a_swap
from grader.verify.mutation.source import Change, Source


def negate_condition(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Take the wrong branch."""
    if isinstance(node, cst.If | cst.IfExp | cst.CompIf | cst.While):
        endless = isinstance(node.test, cst.Name) and node.test.value == "True"
        if not endless and not negation_is_a_swap(node.test):
            yield Change(node.test, _negated(node.test, source))


def _negated(test: cst.BaseExpression, source: Source) -> str:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return source.operand(test.expression)
    return f"not ({source.of(test)})"


def drop_not(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Forget a `not` inside a larger expression."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield Change(node, source.operand(node.expression))


def swap_and_or(node: cst.CSTNode, _: Source) -> Iterator[Change]:
    """`and` for `or`, and the other way round."""
    if isinstance(node, cst.BooleanOperation):
        yield Change(node.operator, "or" if isinstance(node.operator, cst.And) else "and")


def drop_operand(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Forget one of two conditions."""
    if isinstance(node, cst.BooleanOperation):
        yield Change(node, source.operand(node.left))
        yield Change(node, source.operand(node.right))
