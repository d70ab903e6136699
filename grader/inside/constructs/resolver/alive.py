"""The definitions that can be reached from the exported API; everything else is a decoy or dead code.

Module code that runs on import and the values of public names are reached, and so is whatever they refer to: by name
or, for the methods of reached classes, by attribute. Dunder and public methods of a reached class count as reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Module, Scope, ScopeKind
from grader.inside.constructs.resolver.resolve import Resolver
from grader.inside.constructs.resolver.values import Class, Function, Instance, Value


def definitions(scope: Scope) -> Iterator[Class | Function]:
    """Yield the classes and functions that a scope and the scopes below it define."""
    stack = [scope]
    while stack:
        here = stack.pop()
        for order, step in enumerate(here.steps):
            if isinstance(step.node, cst.ClassDef | cst.FunctionDef):
                found = here.definition_of(step.node, order)
                yield found
                stack.append(found.body)


class Edges(NamedTuple):
    """The values and attributes that one definition refers to."""

    values: tuple[Value, ...]
    attributes: frozenset[str]
    methods: tuple[Function, ...] = ()


class References:
    """The edges of every definition, each computed once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._known: dict[Value, Edges] = {}

    def of(self, value: Module | Class | Function) -> Edges:
        """Return the edges of a module's code, a class or a function."""
        self.resolver.spend()
        if value not in self._known:
            self._known[value] = self._of(value)
        return self._known[value]

    def _of(self, value: Module | Class | Function) -> Edges:
        values: dict[Value, None] = {}
        attributes: set[str] = set()
        if isinstance(value, Module):
            scope = value.scope
        else:
            scope = value.body
            self._refer(value.node, value.scope, value.order, values, attributes)
        for order, step in enumerate(scope.steps):
            self.resolver.spend()
            if isinstance(step.node, cst.Import | cst.ImportFrom):
                values.update(dict.fromkeys(self._imported(scope.module, step.node)))
            else:
                self._refer(step.node, scope, order, values, attributes)
        return Edges(tuple(values), frozenset(attributes), _methods(scope) if isinstance(value, Class) else ())

    def _refer(
        self, statement: cst.CSTNode, scope: Scope, order: int, values: dict[Value, None], attributes: set[str]
    ) -> None:
        """Add the values and attributes that one statement itself refers to."""
        at = None if scope.place is ScopeKind.FUNCTION else order
        for node in tree.walk(*tree.headers(statement), into_definitions=False):
            if isinstance(node, cst.Attribute):
                attributes.add(node.attr.value)
            if isinstance(node, cst.Name | cst.Attribute):
                values.update(dict.fromkeys(self.resolver.values(node, scope, at)))

    def _imported(self, module: Module, node: cst.Import | cst.ImportFrom) -> Iterator[Module]:
        """Yield the modules whose code an import runs."""
        names = [module.absolute(node)] if isinstance(node, cst.ImportFrom) else []
        if isinstance(node, cst.Import):
            names = [tree.dotted(alias.name) for alias in node.names]
        elif not isinstance(node.names, cst.ImportStar):
            names += [f"{names[0]}.{tree.dotted(alias.name)}" for alias in node.names]
        for name in names:
            parts = (name or "").split(".")
            for length in range(1, len(parts) + 1):
                found = self.resolver.modules.get(".".join(parts[:length]))
                if found is not None:
                    yield found


class Reach:
    """The definitions that can be reached from some values."""

    def __init__(self, references: References, start: Iterable[Value]) -> None:
        self._alive: dict[Value, None] = {}
        self._waiting: list[Module | Class | Function] = []
        for value in start:
            self._reach(value)
            if isinstance(value, Module):
                for name in value.public:
                    self._reach(*references.resolver.attribute(value, name))
        self._settle(references)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._alive)

    def __contains__(self, value: Value) -> bool:
        return value in self._alive

    def scopes(self) -> Iterator[Scope]:
        """Yield the namespaces whose statements are reached."""
        for value in self._alive:
            if isinstance(value, Class | Function):
                yield value.body
            elif isinstance(value, Module):
                yield value.scope

    def _reach(self, *values: Value) -> None:
        for value in values:
            if isinstance(value, Instance):
                self._reach(value.of)
            elif isinstance(value, Module | Class | Function) and value not in self._alive:
                self._alive[value] = None
                self._waiting.append(value)

    def _settle(self, references: References) -> None:
        """Follow references until nothing new is reached; private methods wait until their names are used."""
        asleep: list[Function] = []
        attributes: set[str] = set()
        while self._waiting:
            edges = references.of(self._waiting.pop())
            self._reach(*edges.values)
            attributes |= edges.attributes
            asleep.extend(edges.methods)
            if not self._waiting:
                awake = [method for method in asleep if method.name in attributes or not _private(method.name)]
                asleep = [method for method in asleep if method not in awake]
                self._reach(*awake)


def _methods(body: Scope) -> tuple[Function, ...]:
    return tuple(
        method
        for order, step in enumerate(body.steps)
        if isinstance(step.node, cst.FunctionDef)
        if isinstance(method := body.definition_of(step.node, order), Function)
    )


def _private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
