"""The values that a name or an expression can have, as far as can be told without running anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from grader.inside.constructs.resolver.names import Class, Function, Module, Scope

__all__ = ["Class", "Definition", "External", "Function", "Instance", "Opaque", "Parameter", "Value"]


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the submission, by the dotted name under which it was imported."""

    name: str


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Instance:
    """The result of calling `of` or, without a call, the `self` of a method of `of`."""

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


Value: TypeAlias = Class | Function | Module | External | Instance | Parameter | Opaque
Definition: TypeAlias = Class | Function
