"""The names that each kind of statement binds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

import libcst as cst

from grader.inside.constructs.resolver import tree


class How(Enum):
    """The kind of statement that binds a name."""

    DEFINITION = "definition"
    IMPORT = "import"
    VALUE = "value"
    PARAMETER = "parameter"
    DELETED = "deleted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Binding:
    """The binding of a name by one statement."""

    how: How
    order: int
    certain: bool
    node: cst.CSTNode
    """The definition, the value or the statement."""
    target: str = ""
    """For an import: the module's absolute dotted name."""
    attribute: str | None = None
    """For `from target import attribute`: the imported name."""


@dataclass(frozen=True, slots=True)
class Star:
    """A `from target import *` statement."""

    target: str
    order: int


Absolute: TypeAlias = Callable[[cst.ImportFrom], str | None]
Bound: TypeAlias = Iterator[tuple[str, Binding]]


class At(NamedTuple):
    """The step that binds, and whether it is certain to run."""

    order: int
    certain: bool


def bound(step: tree.Step, order: int, absolute: Absolute) -> Bound:
    """Yield the names that one statement binds, with their bindings. `absolute` returns the module that a `from` import
    names.
    """
    node, at = step.node, At(order, step.certain)
    match node:
        case cst.ClassDef() | cst.FunctionDef():
            yield node.name.value, Binding(How.DEFINITION, order, step.certain, node)
        case cst.Import():
            yield from _imported(node, at)
        case cst.ImportFrom():
            yield from _imported_from(node, at, absolute(node))
        case cst.Assign() | cst.AnnAssign() | cst.AugAssign():
            yield from _assignment(node, at)
        case _:
            yield from _in_passing(node, at)
    for header in tree.headers(node):
        for part in tree.walk(header, into_definitions=False):
            if isinstance(part, cst.NamedExpr) and isinstance(part.target, cst.Name):
                yield part.target.value, Binding(How.VALUE, order, step.certain, part.value)


def _imported(node: cst.Import, at: At) -> Bound:
    for alias in node.names:
        target = tree.dotted(alias.name) or ""
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            yield alias.asname.name.value, Binding(How.IMPORT, *at, node, target)
        else:
            top = target.partition(".")[0]
            yield top, Binding(How.IMPORT, *at, node, top)


def _imported_from(node: cst.ImportFrom, at: At, target: str | None) -> Bound:
    if target is None or isinstance(node.names, cst.ImportStar):
        return
    for alias in node.names:
        named = alias.asname.name if alias.asname is not None else alias.name
        if isinstance(named, cst.Name):
            yield named.value, Binding(How.IMPORT, *at, node, target, tree.dotted(alias.name))


def _assignment(node: cst.Assign | cst.AnnAssign | cst.AugAssign, at: At) -> Bound:
    if isinstance(node, cst.Assign):
        for target in node.targets:
            yield from _assigned(target.target, node.value, at)
    elif isinstance(node, cst.AugAssign):
        yield from _assigned(node.target, None, at)
    elif node.value is not None:
        yield from _assigned(node.target, node.value, at)


def _assigned(target: cst.BaseExpression, value: cst.BaseExpression | None, at: At) -> Bound:
    """Yield the names in an assignment's target, pairing a tuple of targets with a tuple of values."""
    if isinstance(target, cst.Name):
        how = How.OTHER if value is None else How.VALUE
        yield target.value, Binding(how, *at, target if value is None else value)
        return
    if not isinstance(target, cst.Tuple | cst.List):
        return
    values: list[cst.BaseExpression | None] = [None] * len(target.elements)
    if isinstance(value, cst.Tuple | cst.List) and len(value.elements) == len(target.elements):
        values = [None if isinstance(element, cst.StarredElement) else element.value for element in value.elements]
    for element, part in zip(target.elements, values, strict=True):
        yield from _assigned(element.value, part, at)


def _in_passing(node: cst.CSTNode, at: At) -> Bound:
    """Yield the names that statements bind as a side effect: loops, `with`, `except`, `match`, `del`."""
    match node:
        case cst.Del():
            for name in _deleted(node.target):
                yield name, Binding(How.DELETED, *at, node)
        case cst.For():
            yield from _assigned(node.target, None, At(at.order, certain=False))
        case cst.With() | cst.Try() | cst.TryStar():
            for target in _targets(node):
                yield from _assigned(target, None, At(at.order, certain=isinstance(node, cst.With) and at.certain))
        case cst.Match():
            for name in _captured(node):
                yield name, Binding(How.OTHER, at.order, certain=False, node=node)
        case _:
            pass


def _targets(node: cst.With | cst.Try | cst.TryStar) -> list[cst.BaseExpression]:
    if isinstance(node, cst.With):
        return [item.asname.name for item in node.items if item.asname is not None]
    return [handler.name.name for handler in node.handlers if handler.name is not None]


def _captured(node: cst.Match) -> Iterator[str]:
    for part in tree.walk(*(case.pattern for case in node.cases)):
        if isinstance(part, cst.MatchAs | cst.MatchStar) and part.name is not None:
            yield part.name.value


def _deleted(target: cst.BaseExpression) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from _deleted(element.value)
