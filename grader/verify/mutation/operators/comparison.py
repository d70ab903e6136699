"""Comparisons: boundaries off by one, the wrong direction, equality and membership the wrong way round."""

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
    """Replace a comparison operator by its neighbours."""
    if isinstance(node, cst.ComparisonTarget):
        for operator in SWAPS.get(type(node.operator), ()):
            yield Edit(node.operator, operator)


def negation_is_a_swap(node: cst.CSTNode) -> bool:
    """Return whether negating the expression is one of the swaps above, so that it need not be tried twice."""
    return (
        isinstance(node, cst.Comparison)
        and len(node.comparisons) == 1
        and len(SWAPS.get(type(node.comparisons[0].operator), ())) == 1
    )
