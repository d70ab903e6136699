"""Finds the values of a bare name through scopes, bindings, imports and star imports.

A name may have several values: if the later of two bindings is conditional, both count.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.binding import Binding, How, Star
from grader.inside.constructs.resolver.names import Module, Scope, ScopeKind
from grader.inside.constructs.resolver.values import Class, External, Instance, Opaque, Parameter, Value

MAX_STEPS = 300_000  # a budget, so that hostile text cannot keep the resolver busy

Environment: TypeAlias = Mapping[tuple[int, str], tuple[Value, ...]]
"""The arguments of the calls that are being followed: (scope, parameter) -> values."""

NOTHING: Environment = {}


class Exhausted(Exception):
    """The submission's names are too tangled to be followed within the budget."""


class Lookup(ABC):
    """Looks up names within a budget."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._left = MAX_STEPS
        self._asked: set[tuple[int, str, int | None]] = set()
        self._cuts = 0
        """The number of lookups cut short because they depend on themselves: results that rest on these are not
        remembered."""

    @abstractmethod
    def values(
        self,
        node: cst.BaseExpression,
        scope: Scope,
        order: int | None = None,
        environment: Environment = NOTHING,
        depth: int = 0,
    ) -> tuple[Value, ...]:
        """Return every value that an expression can have."""

    @abstractmethod
    def attribute(self, owner: Value, name: str) -> tuple[Value, ...]:
        """Return the values of `owner.name`."""

    @abstractmethod
    def _decorated(self, class_: Class, depth: int) -> tuple[Value, ...]:
        """Return the class, or whatever the submission's own decorators turn it into."""

    def refill(self, steps: int) -> None:
        """Set the budget for the next of several questions."""
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Take `steps` from the budget. Raises Exhausted."""
        self._left -= steps
        if self._left < 0:
            raise Exhausted

    def lookup(
        self,
        name: str,
        scope: Scope,
        order: int | None = None,
        environment: Environment = NOTHING,
        depth: int = 0,
    ) -> tuple[Value, ...]:
        """Return the values of a bare name at the point where it is used."""
        here: Scope | None = scope
        inside_function = False
        while here is not None:
            self.spend()
            if not (here.place is ScopeKind.CLASS and inside_function):
                arguments = environment if here.place is ScopeKind.FUNCTION else NOTHING
                found = self._bound(name, here, order, arguments, depth)
                if found is not None:
                    return found
            inside_function = inside_function or here.place is ScopeKind.FUNCTION
            order = None if here.place is ScopeKind.FUNCTION else here.order
            here = here.parent
        return (External(f"builtins.{name}"),) if hasattr(builtins, name) else ()

    def assigned(self, name: str, scope: Scope, depth: int = 8) -> list[tuple[cst.BaseExpression, Scope]]:
        """Return the unevaluated expressions assigned to a name as seen from a scope, following imports."""
        self.spend()
        here: Scope | None = scope
        while here is not None and name not in here.bindings:
            here = here.parent
        found: list[tuple[cst.BaseExpression, Scope]] = []
        for binding in here.bindings[name] if here is not None and depth else ():
            if binding.how is How.VALUE and isinstance(binding.node, cst.BaseExpression) and here is not None:
                found.append((binding.node, here))
            elif binding.how is How.IMPORT and binding.attribute and binding.target in self.modules:
                found.extend(self.assigned(binding.attribute, self.modules[binding.target].scope, depth - 1))
        return found

    def _bound(
        self, name: str, scope: Scope, order: int | None, environment: Environment, depth: int
    ) -> tuple[Value, ...] | None:
        """Return the values to which the scope itself binds a name; None if it does not bind that name."""
        question = (id(scope), name, order)
        if question in self._asked:
            self._cuts += 1
            return ()
        events: list[Binding | Star] = [*scope.bindings.get(name, ()), *scope.stars]
        if order is not None:
            events = [event for event in events if event.order < order]
        if not events:
            return None
        self._asked.add(question)
        try:
            latest_first = sorted(events, key=lambda event: event.order, reverse=True)
            return self._latest(name, scope, latest_first, environment, depth)
        finally:
            self._asked.discard(question)

    def _latest(
        self, name: str, scope: Scope, events: list[Binding | Star], environment: Environment, depth: int
    ) -> tuple[Value, ...] | None:
        """Return the values of the last binding, and of earlier ones as long as no later one is certain to run."""
        found: list[Value] = []
        bound = False
        for event in events:
            self.spend()
            if isinstance(event, Star):
                starred = self._starred(name, event)
                found.extend(starred or ())
                certain = starred is not None
            elif event.how is How.DEFINITION and _is_overload(event):
                continue
            else:
                found.extend(self._of_binding(name, scope, event, environment, depth))
                certain = event.certain
            bound = bound or certain or isinstance(event, Binding)
            if certain:
                break
        return distinct(found) if bound else None

    def _of_binding(
        self, name: str, scope: Scope, binding: Binding, environment: Environment, depth: int
    ) -> Iterable[Value]:
        match binding.how:
            case How.DELETED:
                return ()
            case How.PARAMETER:
                return environment.get((id(scope), name)) or self._parameter(name, scope)
            case How.IMPORT:
                return self._imported(binding.target, binding.attribute)
            case How.VALUE if isinstance(binding.node, cst.BaseExpression):
                return self.values(binding.node, scope, binding.order, environment, depth)
            case How.DEFINITION if isinstance(binding.node, cst.ClassDef | cst.FunctionDef):
                definition = scope.definition_of(binding.node, binding.order)
                return self._decorated(definition, depth) if isinstance(definition, Class) else (definition,)
            case _:
                return (Opaque(binding.node, scope, binding.order),)

    def _parameter(self, name: str, scope: Scope) -> tuple[Value, ...]:
        """Return the value of a parameter: known for a method's `self` or `cls`, unknown for all others."""
        owner = scope.receiver(name)
        if owner is None:
            return (Parameter(name, scope),)
        class_ = owner.definition()
        if not isinstance(class_, Class):
            return (Parameter(name, scope),)
        return (class_,) if scope.receives_class else (Instance(class_, None, scope, None),)

    def _imported(self, target: str, attribute: str | None) -> tuple[Value, ...]:
        module = self.modules.get(target)
        if module is None:
            if attribute is not None and self._is_package(target):
                below = self.modules.get(f"{target}.{attribute}")
                return (below,) if below is not None else ()
            return (External(".".join(filter(None, [target, attribute]))),)
        return (module,) if attribute is None else self.attribute(module, attribute)

    def _starred(self, name: str, star: Star) -> tuple[Value, ...] | None:
        """Return the values to which `from module import *` binds a name; None if it does not bind that name."""
        module = self.modules.get(star.target)
        if module is None:
            hidden = name.startswith("_") or hasattr(builtins, name) or self._is_package(star.target)
            return None if hidden else (External(f"{star.target}.{name}"),)
        if module.listed is not None and name not in module.listed:
            return None
        if module.listed is None and name.startswith("_"):
            return None
        return self._bound(name, module.scope, None, NOTHING, 0)

    def _is_package(self, name: str) -> bool:
        return any(known.startswith(f"{name}.") for known in self.modules)


def distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    """Return the values in order, without duplicates."""
    return tuple(dict.fromkeys(values))


def _is_overload(binding: Binding) -> bool:
    """Return whether a definition is only a signature for the type checker."""
    if not isinstance(binding.node, cst.FunctionDef):
        return False
    names = (tree.dotted(decorator.decorator) or "" for decorator in binding.node.decorators)
    return any(name.rpartition(".")[2] == "overload" for name in names)
