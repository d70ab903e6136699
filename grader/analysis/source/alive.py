"""What can be reached from the exported API: everything else is a decoy, or waste.

Reached is what module code runs on import, what a public name stands for, and what those refer to, by name or, for the
methods of classes that are reached, by attribute. Dunder and public methods of a reached class count as reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from grader.analysis.source import tree
from grader.analysis.source.names import Module, Place, Scope
from grader.analysis.source.resolve import Resolver
from grader.analysis.source.values import Class, Function, Instance, Value


def definitions(scope: Scope) -> Iterator[Class | Function]:
    """The classes and functions that a scope and the scopes below it define."""
    stack = [scope]
    while stack:
        here = stack.pop()
        for order, step in enumerate(here.steps):
            if isinstance(step.node, cst.ClassDef | cst.FunctionDef):
                found = here.definition_of(step.node, order)
                yield found
                stack.append(found.body)


class Reach:
    """The definitions that can be reached from some values."""

    def __init__(self, resolver: Resolver, start: Iterable[Value]) -> None:
        self._resolver = resolver
        self._alive: dict[Value, None] = {}
        self._attributes: set[str] = set()
        self._waiting: list[Value] = []
        for value in start:
            self._reach(value)
            if isinstance(value, Module):
                for name in value.public:
                    self._reach(*resolver.attribute(value, name))
        self._settle()

    def __iter__(self) -> Iterator[Value]:
        return iter(self._alive)

    def scopes(self) -> Iterator[Scope]:
        """The namespaces whose statements are reached."""
        for value in self._alive:
            if isinstance(value, Class | Function):
                yield value.body
            elif isinstance(value, Module):
                yield value.scope

    def __contains__(self, value: Value) -> bool:
        return value in self._alive

    def _reach(self, *values: Value) -> None:
        for value in values:
            if isinstance(value, Instance):
                self._reach(value.of)
            elif isinstance(value, Module | Class | Function) and value not in self._alive:
                self._alive[value] = None
                self._waiting.append(value)

    def _settle(self) -> None:
        """Follow references until nothing new is reached; methods wait until their name is used."""
        asleep: list[Function] = []
        while self._waiting:
            value = self._waiting.pop()
            match value:
                case Module(scope=scope):
                    self._follow(scope)
                case Class(body=body):
                    self._refer(value.node, value.scope, value.order)
                    self._follow(body)
                    asleep.extend(one for one in _methods(body) if one not in self._alive)
                case Function(body=body):
                    self._refer(value.node, value.scope, value.order)
                    self._follow(body)
            if not self._waiting:
                awake = [one for one in asleep if one.name in self._attributes or not _private(one.name)]
                asleep = [one for one in asleep if one not in awake]
                self._reach(*awake)

    def _follow(self, scope: Scope) -> None:
        """Reach what the statements of one scope refer to."""
        for order, step in enumerate(scope.steps):
            self._resolver.spend()
            if isinstance(step.node, cst.Import | cst.ImportFrom):
                self._imported(scope.module, step.node)
                continue
            self._refer(step.node, scope, order)

    def _refer(self, statement: cst.CSTNode, scope: Scope, order: int) -> None:
        """Reach what one statement itself refers to."""
        for node in tree.walk(*tree.headers(statement), into_definitions=False):
            if isinstance(node, cst.Attribute):
                self._attributes.add(node.attr.value)
            if isinstance(node, cst.Name | cst.Attribute):
                self._reach(*self._resolver.values(node, scope, None if scope.place is Place.FUNCTION else order))

    def _imported(self, module: Module, node: cst.Import | cst.ImportFrom) -> None:
        """Importing a module runs its code."""
        names = [module.absolute(node)] if isinstance(node, cst.ImportFrom) else []
        if isinstance(node, cst.Import):
            names = [tree.dotted(alias.name) for alias in node.names]
        elif not isinstance(node.names, cst.ImportStar):
            names += [f"{names[0]}.{tree.dotted(alias.name)}" for alias in node.names]
        for name in names:
            parts = (name or "").split(".")
            for length in range(1, len(parts) + 1):
                found = self._resolver.modules.get(".".join(parts[:length]))
                if found is not None:
                    self._reach(found)


def _methods(body: Scope) -> list[Function]:
    return [
        method
        for order, step in enumerate(body.steps)
        if isinstance(step.node, cst.FunctionDef)
        if isinstance(method := body.definition_of(step.node, order), Function)
    ]


def _private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
