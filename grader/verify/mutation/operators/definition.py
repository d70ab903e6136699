"""Definitions: a decorator forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource


def drop_decorator(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Drop decorators, so that the function or class stays as it is written."""
    if isinstance(node, cst.Decorator):
        yield Edit(node, "")
