"""What several rules look for: decorators, names of the standard library, methods that do something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Module, Place, Scope
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Value

SAME = {"typing_extensions.": "typing.", "asyncio.locks.": "asyncio.", "asyncio.taskgroups.": "asyncio."}
"""Two names of one thing."""
IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__", "importlib.__import__"})


class Use(NamedTuple):
    """A node in the statements of a scope that can run."""

    node: cst.CSTNode
    scope: Scope
    order: int | None
    """The step, for code that runs where it stands; None inside functions."""


def canonical(name: str) -> str:
    """One name for one thing of the standard library."""
    for prefix, instead in SAME.items():
        if name.startswith(prefix):
            return instead + name[len(prefix) :]
    return name


def external_names(project: Project, node: cst.BaseExpression, scope: Scope, order: int | None) -> set[str]:
    """The dotted names of what an expression refers to, calls it, or calls the result of."""
    return {name for value in project.names.values(node, scope, order) if (name := external_name(value))}


def external_name(value: Value) -> str | None:
    """The dotted name of something that is not the submission's, or of what made it."""
    match value:
        case External(name=name):
            return canonical(name)
        case Instance(of=External(name=name)):
            return canonical(name)
        case _:
            return None


def decorations(project: Project, definition: Class | Function) -> Iterator[tuple[cst.BaseExpression, set[str]]]:
    """Each decorator with the dotted names that it can stand for."""
    for decorator in definition.node.decorators if not isinstance(definition.node, cst.Lambda) else ():
        node = decorator.decorator
        yield node, external_names(project, node, definition.scope, definition.order)


def decorated_by(project: Project, definition: Class | Function, *names: str) -> cst.BaseExpression | None:
    """The decorator that is one of `names`, plain or called."""
    return next((node for node, found in decorations(project, definition) if found.intersection(names)), None)


def keyword(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """A keyword argument of a call."""
    if isinstance(node, cst.Call):
        for arg in node.args:
            if arg.keyword is not None and arg.keyword.value == name:
                return arg.value
    return None


def is_true(node: cst.BaseExpression | None) -> bool:
    """Whether an argument is literally true."""
    return node is not None and tree.truth(node) is True


def uses(scope: Scope) -> Iterator[Use]:
    """Every statement that can run and every node of its own expressions, without nested definitions."""
    for order, step in enumerate(scope.steps):
        if isinstance(step.node, cst.BaseCompoundStatement):
            yield Use(step.node, scope, order)
        yield from _own(step.node, scope, order)


def _own(statement: cst.CSTNode, scope: Scope, order: int) -> Iterator[Use]:
    at = None if scope.place is Place.FUNCTION else order
    for node in tree.walk(*tree.headers(statement), into_definitions=False):
        yield Use(node, scope, at)


def references(project: Project, scope: Scope) -> Iterator[tuple[Use, str]]:
    """Every name or attribute in a scope that stands for something that is not the submission's."""
    yield from project.once((references, scope), lambda: list(_external(project, uses(scope))))


def reached_references(project: Project, value: Value) -> Iterator[tuple[Use, str]]:
    """The same for everything that a value leads to: bodies, decorators, defaults and bases."""
    for one in project.reach(value):
        if isinstance(one, Class | Function):
            yield from _external(project, _own(one.node, one.scope, one.order))
            yield from references(project, one.body)
        elif isinstance(one, Module):
            yield from references(project, one.scope)


def _external(project: Project, found: Iterator[Use]) -> Iterator[tuple[Use, str]]:
    for use in found:
        if isinstance(use.node, cst.Name | cst.Attribute):
            for value in project.names.values(use.node, use.scope, use.order):
                if isinstance(value, External):
                    yield use, canonical(value.name)


def covered(name: str, names: Iterable[str]) -> bool:
    """Whether a dotted name is one of `names` or lies below it. A built-in is written without its module."""
    return any(name in (one, f"builtins.{one}") or name.startswith(f"{one}.") for one in names)


def class_of(value: Value) -> Class | None:
    """A class of the submission: the value itself, or what it is an instance of."""
    if isinstance(value, Instance):
        value = value.of
    return value if isinstance(value, Class) else None


def ancestors(project: Project, class_: Class) -> list[str]:
    """The dotted names of the bases that are not the submission's."""
    return [canonical(one.name) for one in project.names.ancestry(class_) if isinstance(one, External)]


def works(method: Function) -> bool:
    """Whether a function does anything: more than `...`, `pass` or raising NotImplementedError."""
    return not all(_is_stub(step.node) for step in method.body.steps)


def _is_stub(node: cst.CSTNode) -> bool:
    match node:
        case cst.Pass() | cst.Expr(value=cst.Ellipsis() | cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Raise(exc=cst.BaseExpression() as error):
            return tree.dotted(error.func if isinstance(error, cst.Call) else error) == "NotImplementedError"
        case _:
            return False


def working_member(project: Project, class_: Class, name: str) -> bool:
    """Whether a class has a method of that name that does something, its own or inherited."""
    found = project.names.member(class_, name)
    return bool(found) and all(
        works(one) if isinstance(one, Function) else isinstance(one, Instance | Class) for one in found
    )


def imports_by_text(project: Project, scope: Scope) -> Iterator[tuple[cst.Call, str | None]]:
    """Calls that import a module by a text, with the text; None for one that is computed."""
    for use in uses(scope):
        if not isinstance(use.node, cst.Call):
            continue
        called = project.names.values(use.node.func, use.scope, use.order)
        if any(isinstance(one, External) and one.name in IMPORTERS for one in called):
            first = use.node.args[0].value if use.node.args else None
            text = first.evaluated_value if isinstance(first, cst.SimpleString) else None
            yield use.node, text if isinstance(text, str) else None
