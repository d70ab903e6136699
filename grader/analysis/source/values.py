"""What a name or an expression can stand for, as far as it can be told without running anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from grader.analysis.source import tree

if TYPE_CHECKING:
    from grader.analysis.source.names import Module, Scope

TRANSPARENT = frozenset({"staticmethod", "classmethod", "cache", "lru_cache", "override", "final"})
"""Decorators after which a call still gives what the function returns."""


@dataclass(eq=False, repr=False, slots=True)
class Class:
    """A class definition of the submission."""

    name: str
    node: cst.ClassDef
    scope: Scope
    """Where it is defined."""
    order: int
    """Which step of that scope defines it."""
    body: Scope

    @property
    def module(self) -> Module:
        """The module that defines it."""
        return self.scope.module


@dataclass(eq=False, repr=False, slots=True)
class Function:
    """A function, method or lambda of the submission."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    order: int
    body: Scope

    @property
    def module(self) -> Module:
        """The module that defines it."""
        return self.scope.module

    @property
    def decorators(self) -> list[cst.BaseExpression]:
        """The decorator expressions, outermost first."""
        return [one.decorator for one in self.node.decorators] if isinstance(self.node, cst.FunctionDef) else []

    @property
    def is_plain(self) -> bool:
        """Whether a call gives what a `return` says: no coroutine, no generator, no decorator that may change it."""
        if self.is_async or any(isinstance(node, cst.Yield) for node in self.body.own_nodes):
            return False
        names = (tree.dotted(one.func if isinstance(one, cst.Call) else one) or "" for one in self.decorators)
        return all(name.rpartition(".")[2] in TRANSPARENT for name in names)

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return isinstance(self.node, cst.FunctionDef) and self.node.asynchronous is not None


@dataclass(frozen=True, slots=True)
class External:
    """Something that is not the submission's, by the dotted name under which it was imported."""

    name: str


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Instance:
    """What calling `of` gives; without a call, `self` in a method of `of`."""

    of: Value
    call: cst.Call | None
    scope: Scope
    order: int | None


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Parameter:
    """A parameter whose argument is not known here."""

    name: str
    scope: Scope


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Opaque:
    """An expression that stands for nothing else: a literal, a comprehension, arithmetic."""

    node: cst.CSTNode
    scope: Scope
    order: int | None = field(default=None)


Value: TypeAlias = "Class | Function | Module | External | Instance | Parameter | Opaque"
Definition: TypeAlias = "Class | Function"
