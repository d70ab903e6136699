"""The values of expressions across all modules of a submission: attributes, calls, classes.

`values` returns every candidate: both, for `A = B if x else C`. A rule that reports *met* does so for every candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.lookup import NOTHING, Environment, Lookup, distinct
from grader.inside.constructs.resolver.names import Module, Scope
from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Opaque, Value

MAX_DEPTH = 60
SAME_ARGUMENT = {
    "typing.cast": 1,
    "typing_extensions.cast": 1,
    "typing.final": 0,
    "typing.runtime_checkable": 0,
    "functools.total_ordering": 0,
    "functools.update_wrapper": 0,
    "enum.unique": 0,
}
"""Functions of the standard library that return one of their arguments, with the position of that argument."""


class Resolver(Lookup):
    """Follows expressions through scopes, imports, calls and classes."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        super().__init__(modules)
        self._known: dict[tuple[int, int, int | None], tuple[Value, ...]] = {}
        self._asked_on_self: set[tuple[int, str]] = set()
        self._followed: list[Function] = []

    def values(
        self,
        node: cst.BaseExpression,
        scope: Scope,
        order: int | None = None,
        environment: Environment = NOTHING,
        depth: int = 0,
    ) -> tuple[Value, ...]:
        """Return every value that the expression can have in `scope`, at step `order` or, if that is None, at the
        end.
        """
        self.spend()
        if depth > MAX_DEPTH:
            return (Opaque(node, scope, order),)
        key = (id(node), id(scope), order)
        if not environment and key in self._known:
            return self._known[key]
        cuts = self._cuts
        found = distinct(self._values(node, scope, order, environment, depth + 1))
        if not environment and self._cuts == cuts:
            self._known[key] = found
        return found

    def _values(
        self, node: cst.BaseExpression, scope: Scope, order: int | None, environment: Environment, depth: int
    ) -> Iterable[Value]:
        match node:
            case cst.Name(value=name):
                return self.lookup(name, scope, order, environment, depth)
            case cst.Attribute(value=base, attr=cst.Name(value=name)):
                owners = self.values(base, scope, order, environment, depth)
                return [value for owner in owners for value in self.attribute(owner, name)] or [
                    Opaque(node, scope, order)
                ]
            case cst.Call(func=func):
                callees = self.values(func, scope, order, environment, depth)
                return [
                    value
                    for callee in callees
                    for value in self._called(callee, node, scope, order, environment, depth)
                ]
            case cst.Subscript(value=base):
                bases = self.values(base, scope, order, environment, depth)
                kept = [base for base in bases if isinstance(base, Class | External)]
                return kept or self._elements(bases, environment, depth) or [Opaque(node, scope, order)]
            case cst.IfExp(test=test, body=body, orelse=orelse):
                taken = tree.truth(test)
                sides = [side for side, dead in ((body, taken is False), (orelse, taken is True)) if not dead]
                return [value for side in sides for value in self.values(side, scope, order, environment, depth)]
            case cst.BooleanOperation(left=left, right=right):
                return [
                    value for side in (left, right) for value in self.values(side, scope, order, environment, depth)
                ]
            case cst.NamedExpr(value=value):
                return self.values(value, scope, order, environment, depth)
            case cst.Lambda():
                return [scope.definition_of(node, order or 0)]
            case _:
                return [Opaque(node, scope, order)]

    def _elements(self, containers: Iterable[Value], environment: Environment, depth: int) -> list[Value]:
        """Return every value in a dict, tuple or list display, since any of them may be picked at run time."""
        found: list[Value] = []
        for container in containers:
            match container:
                case Opaque(node=cst.Dict() | cst.Tuple() | cst.List() as display, scope=scope, order=order):
                    parts = [part.value for part in display.elements if isinstance(part, cst.DictElement | cst.Element)]
                    found += [value for part in parts for value in self.values(part, scope, order, environment, depth)]
                case _:
                    pass
        return found

    def attribute(self, owner: Value, name: str) -> tuple[Value, ...]:
        """Return the values of `owner.name`."""
        self.spend()
        match owner:
            case Module():
                below = self.modules.get(f"{owner.name}.{name}")
                if below is not None and name not in owner.scope.bindings:
                    return (below,)
                found = self._bound(name, owner.scope, None, NOTHING, 0)
                return found or ((below,) if below is not None else ())
            case External(name=base):
                return (External(f"{base}.{name}"),)
            case Class():
                return self.member(owner, name)
            case Instance(of=Class() as class_):
                return self.member(class_, name) or self._set_on_self(class_, name)
            case Instance(of=External(name=base)):
                return (External(f"{base}().{name}"),)
            case _:
                return ()

    def member(self, class_: Class, name: str) -> tuple[Value, ...]:
        """Return the values of a class's member: its own, or else its nearest base's."""
        for ancestor in self.ancestry(class_):
            if isinstance(ancestor, Class):
                found = self._bound(name, ancestor.body, None, NOTHING, 0)
                if found is not None:
                    return found
        return ()

    def own_member(self, class_: Class, name: str) -> tuple[Value, ...] | None:
        """Return the values to which the class body itself binds a name; None if it does not bind that name."""
        return self._bound(name, class_.body, None, NOTHING, 0)

    def _set_on_self(self, class_: Class, name: str) -> tuple[Value, ...]:
        """Return the values that methods assign to `self.name`."""
        key = (id(class_), name)
        if key in self._asked_on_self:
            self._cuts += 1
            return ()
        self._asked_on_self.add(key)
        try:
            return distinct(
                value
                for ancestor in self.ancestry(class_)
                if isinstance(ancestor, Class)
                for node, method, order in ancestor.body.set_on_self.get(name, ())
                for value in self.values(node, method, order)
            )
        finally:
            self._asked_on_self.discard(key)

    def ancestry(self, class_: Class) -> list[Class | External]:
        """Return the class and all its bases in depth-first order, without duplicates."""
        found: list[Class | External] = []
        stack: list[Class | External] = [class_]
        while stack:
            self.spend()
            value = stack.pop()
            if value in found:
                continue
            found.append(value)
            if isinstance(value, Class):
                stack.extend(reversed(self.bases(value)))
        return found

    def bases(self, class_: Class) -> list[Class | External]:
        """Return the direct bases that can be determined."""
        found: list[Class | External] = []
        for arg in class_.node.bases:
            for value in self.values(arg.value, class_.scope, class_.order):
                if isinstance(value, Class | External):
                    found.append(value)
                elif isinstance(value, Instance) and isinstance(value.of, External):
                    found.append(value.of)
        return found

    def returns(self, function: Function, environment: Environment = NOTHING, depth: int = 0) -> tuple[Value, ...]:
        """Return the values that a function can return, as far as its `return` statements show."""
        found: list[Value] = []
        for order, step in enumerate(function.body.steps):
            self.spend()
            if isinstance(step.node, cst.Return) and step.node.value is not None:
                found.extend(self.values(step.node.value, function.body, order, environment, depth))
        return distinct(found)

    def bound_arguments(
        self, function: Function, call: cst.Call, scope: Scope, order: int | None
    ) -> dict[tuple[int, str], tuple[Value, ...]]:
        """Return the values of a call's plain arguments, keyed by the callee's parameters."""
        names = [param.name.value for param in tree.parameters(function.node.params)]
        if isinstance(call.func, cst.Attribute) and names and function.body.receiver(names[0]) is not None:
            del names[0]
        found: dict[tuple[int, str], tuple[Value, ...]] = {}
        positional = iter(names)
        for arg in call.args:
            if arg.star:
                break
            name = arg.keyword.value if arg.keyword is not None else next(positional, None)
            if name is not None:
                found[id(function.body), name] = self.values(arg.value, scope, order)
        return found

    def _called(
        self, callee: Value, call: cst.Call, scope: Scope, order: int | None, environment: Environment, depth: int
    ) -> Iterable[Value]:
        match callee:
            case Function() if callee in self._followed:
                self._cuts += 1
                return ()  # what a recursive call gives, the other returns say
            case Function():
                return self._returned(callee, call, scope, order, environment, depth) or [
                    Instance(callee, call, scope, order)
                ]
            case External(name=name) if name in SAME_ARGUMENT and len(call.args) > SAME_ARGUMENT[name]:
                return self.values(call.args[SAME_ARGUMENT[name]].value, scope, order, environment, depth)
            case External(name="builtins.type") if len(call.args) == 1:
                given = self.values(call.args[0].value, scope, order, environment, depth)
                return [instance.of for instance in given if isinstance(instance, Instance)] or [
                    External("builtins.type")
                ]
            case Instance(of=External(name="functools.wraps")) if call.args:
                return self.values(call.args[0].value, scope, order, environment, depth)
            case Class() | External():
                return [Instance(callee, call, scope, order)]
            case _:
                return [Opaque(call, scope, order)]

    def _returned(
        self, callee: Function, call: cst.Call, scope: Scope, order: int | None, environment: Environment, depth: int
    ) -> tuple[Value, ...]:
        """Return the values that a call to one of the submission's functions returns, as far as its `return` statements
        show.
        """
        if not callee.is_plain or depth >= MAX_DEPTH // 2:
            return ()
        arguments = {**environment, **self.bound_arguments(callee, call, scope, order)}
        self._followed.append(callee)
        try:
            return self.returns(callee, arguments, depth)
        finally:
            self._followed.pop()

    def _decorated(self, class_: Class, depth: int) -> tuple[Value, ...]:
        """Return the class, or whatever the submission's own decorators turn it into."""
        found: tuple[Value, ...] = (class_,)
        for decorator in reversed(class_.node.decorators):
            for function in self.values(decorator.decorator, class_.scope, class_.order, depth=depth):
                if isinstance(function, Function):
                    first = next((param.name.value for param in tree.parameters(function.node.params)), "")
                    found = self.returns(function, {(id(function.body), first): found}, depth) or found
        return found
