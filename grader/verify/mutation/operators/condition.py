"""Conditions and comparisons: negated, half forgotten, joined the wrong way, off by one at their bounds."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource

SWAPS: dict[type[cst.BaseCompOp], tuple[str, ...]] = {
    cst.LessThan: ("<=", ">"),
    cst.LessThanEqual: ("<", ">"),
    cst.GreaterThan: (">=", "<"),
    cst.GreaterThanEqual: (">", "<"),
    cst.Equal: ("!=",),
    cst.NotEqual: ("==",),
    cst.Is: ("is not",),
    cst.IsNot: ("is",),
    cst.In: ("not in",),
    cst.NotIn: ("in",),
}


def swap_comparison(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Replace a comparison operator with each operator that it is likely to be confused with."""
    if isinstance(node, cst.ComparisonTarget):
        for operator in SWAPS.get(type(node.operator), ()):
            yield Edit(node.operator, operator)


def _negation_is_a_swap(node: cst.CSTNode) -> bool:
    """Return whether negating the expression is one of the swaps above, so that it need not be tried twice."""
    return (
        isinstance(node, cst.Comparison)
        and len(node.comparisons) == 1
        and len(SWAPS.get(type(node.comparisons[0].operator), ())) == 1
    )


def negate_condition(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Negate a condition, so that the wrong branch is taken."""
    if isinstance(node, cst.If | cst.IfExp | cst.CompIf | cst.While):
        endless = isinstance(node.test, cst.Name) and node.test.value == "True"
        if not endless and not _negation_is_a_swap(node.test):
            yield Edit(node.test, _negated(node.test, source))


def _negated(test: cst.BaseExpression, source: ModuleSource) -> str:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return source.operand(test.expression)
    return f"not ({source.of(test)})"


def drop_not(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Drop a `not`."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield Edit(node, source.operand(node.expression))


def swap_and_or(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Swap `and` and `or`."""
    if isinstance(node, cst.BooleanOperation):
        yield Edit(node.operator, "or" if isinstance(node.operator, cst.And) else "and")


def drop_operand(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Drop either operand of an `and` or an `or`."""
    if isinstance(node, cst.BooleanOperation):
        yield Edit(node, source.operand(node.left))
        yield Edit(node, source.operand(node.right))
