"""The scopes of one file and, for each name in use, the scope that binds it.

A parameter or a local variable hides an import of the same name, as it does when the code runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(eq=False)
class NameScope:
    """One namespace of a file, and the known meanings of its names."""

    node: ast.AST
    parent: NameScope | None = None
    """The scope in which a name is looked up next: functions do not see the names of the class around them."""
    bound: set[str] = field(default_factory=set)
    outer: dict[str, bool] = field(default_factory=dict)
    """Names declared `global` (true) or `nonlocal` (false)."""
    names: dict[str, str] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    decoded: set[str] = field(default_factory=set)

    def holder(self, name: str) -> NameScope | None:
        """Return the scope that binds a name used here; None for a built-in."""
        scope: NameScope | None = self
        while scope is not None:
            if scope.outer.get(name):
                return scope.root if name in scope.root.bound else None
            if name in scope.bound and name not in scope.outer:
                return scope
            scope = scope.parent
        return None

    @property
    def root(self) -> NameScope:
        """The module's own scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Scopes:
    """Every scope of a file, and the scope in which each of its nodes is evaluated."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = NameScope(tree)
        self._of: dict[int, NameScope] = {}
        stack: list[tuple[ast.AST, NameScope]] = [(tree, self.module)]
        while stack:
            node, scope = stack.pop()
            self._of[id(node)] = scope
            _bind(node, scope)
            stack.extend(self._inner(node, scope))

    def of(self, node: ast.AST) -> NameScope:
        """Return the scope in which a node is evaluated."""
        return self._of.get(id(node), self.module)

    def _inner(self, node: ast.AST, scope: NameScope) -> Iterator[tuple[ast.AST, NameScope]]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                inside = NameScope(node, _visible(scope))
                inside.bound.update(argument.arg for argument in arguments(node.args))
                body = [node.body] if isinstance(node, ast.Lambda) else node.body
                inner = {id(child) for child in body}
                for child in ast.iter_child_nodes(node):
                    yield child, inside if id(child) in inner else scope
            case ast.ClassDef(body=statements):
                inside = NameScope(node, _visible(scope))
                inner = {id(child) for child in statements}
                for child in ast.iter_child_nodes(node):
                    yield child, inside if id(child) in inner else scope
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inside = NameScope(node, _visible(scope) if isinstance(scope.node, ast.ClassDef) else scope)
                for child in ast.iter_child_nodes(node):
                    yield child, inside
            case ast.NamedExpr(target=target, value=value):
                yield value, scope
                yield target, _enclosing(scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    yield child, scope


def arguments(node: ast.arguments) -> list[ast.arg]:
    """Return every parameter, including `*args` and `**kwargs`."""
    found = [*node.posonlyargs, *node.args, *node.kwonlyargs]
    return [*found, *(starred for starred in (node.vararg, node.kwarg) if starred is not None)]


def defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of each parameter that has a default, with that default."""
    positional = [*node.posonlyargs, *node.args]
    first = len(positional) - len(node.defaults)
    yield from ((argument.arg, value) for argument, value in zip(positional[first:], node.defaults, strict=True))
    for argument, value in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if value is not None:
            yield argument.arg, value


def _visible(scope: NameScope) -> NameScope:
    """Return the nearest scope whose names a nested scope sees."""
    while isinstance(scope.node, ast.ClassDef) and scope.parent is not None:
        scope = scope.parent
    return scope


def _enclosing(scope: NameScope) -> NameScope:
    """Return the scope in which `:=` binds, which is never that of a comprehension."""
    while isinstance(scope.node, Comprehension) and scope.parent is not None:
        scope = scope.parent
    return scope


def _bind(node: ast.AST, scope: NameScope) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            scope.bound.add(name)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            scope.bound.add(name)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            scope.bound.update(alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bound.add(name)
        case ast.Global(names=names):
            scope.outer.update(dict.fromkeys(names, True))
            scope.root.bound.update(names)
        case ast.Nonlocal(names=names):
            scope.outer.update(dict.fromkeys(names, False))
        case _:
            pass
