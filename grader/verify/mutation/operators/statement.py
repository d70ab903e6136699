"""Statements and decorators that somebody forgot to write."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource


def drop_statement(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Replace an assignment, a call, a `raise` or a `del` with `pass`."""
    match node:
        case cst.Assign() | cst.AugAssign() | cst.Del() | cst.Raise():
            yield Edit(node, "pass")
        case cst.AnnAssign(value=cst.BaseExpression()) | cst.Expr(value=cst.Call() | cst.Await()):
            yield Edit(node, "pass")
        case _:
            pass


def drop_decorator(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Drop a decorator."""
    if isinstance(node, cst.Decorator):
        yield Edit(node, "")
