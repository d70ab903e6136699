"""One module of a reference, parsed once: its syntax tree and each node's position in the text."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

COMPOSITE = (
    cst.Await,
    cst.BinaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.GeneratorExp,
    cst.IfExp,
    cst.Lambda,
    cst.NamedExpr,
    cst.Tuple,
    cst.UnaryOperation,
    cst.Yield,
)
"""Expressions that need parentheses in place of another expression."""


class Edit(NamedTuple):
    """A change that replaces the text of `target` with `text`. A node's span excludes the parentheses around it."""

    target: cst.CSTNode
    text: str


class ModuleSource:
    """A module's text and its tree. Spans are byte offsets, so that an edit leaves everything else as written."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._bytes = text.encode()
        wrapper = MetadataWrapper(cst.parse_module(self._bytes), unsafe_skip_copy=True)
        self.module = wrapper.module
        self._spans = wrapper.resolve(ByteSpanPositionProvider)

    def span(self, node: cst.CSTNode) -> CodeSpan:
        return self._spans[node]

    def of(self, node: cst.CSTNode) -> str:
        """Return the node's text as written, without parentheses around it."""
        span = self._spans[node]
        return self._bytes[span.start : span.start + span.length].decode()

    def operand(self, node: cst.CSTNode) -> str:
        """Return the node's text, in parentheses if it needs them in place of another expression."""
        return f"({self.of(node)})" if isinstance(node, COMPOSITE) else self.of(node)

    def changed(self, change: Edit) -> str:
        """Return the whole module with one edit made."""
        span = self._spans[change.target]
        end = span.start + span.length
        return (self._bytes[: span.start] + change.text.encode() + self._bytes[end:]).decode()
