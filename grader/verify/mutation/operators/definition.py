"""Definitions: a decorator forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Change, Source


def drop_decorator(node: cst.CSTNode, _: Source) -> Iterator[Change]:
    """The function or class stays as it is written."""
    if isinstance(node, cst.Decorator):
        yield Change(node, "")
