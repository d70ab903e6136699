"""Slices: a forgotten bound or step."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource


def drop_bound(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Drop a slice's lower bound, its upper bound, or its step."""
    if isinstance(node, cst.Slice):
        lower, upper, step = (_text(part, source) for part in (node.lower, node.upper, node.step))
        for bounds in (("", upper, step), (lower, "", step), (lower, upper, "")):
            if bounds != (lower, upper, step):
                yield Edit(node, f"{bounds[0]}:{bounds[1]}" + (f":{bounds[2]}" if bounds[2] else ""))


def _text(part: cst.BaseExpression | None, source: ModuleSource) -> str:
    return source.operand(part) if part is not None else ""
