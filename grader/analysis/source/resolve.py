"""What names and expressions stand for, over all modules of a submission.

`values` gives every candidate: of `A = B if x else C` both. A rule that says *met* holds it of all of them.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import libcst as cst

from grader.analysis.source import tree
from grader.analysis.source.binding import Binding, How, Star
from grader.analysis.source.names import Module, Place, Scope
from grader.analysis.source.values import Class, External, Function, Instance, Opaque, Parameter, Value

MAX_STEPS = 300_000
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
"""Calls of the standard library that return one of their arguments."""

Environment: TypeAlias = Mapping[tuple[int, str], tuple[Value, ...]]
"""Arguments of the calls that are being followed: (scope, parameter) -> values."""

NOTHING: Environment = {}


class Exhausted(Exception):
    """The submission's names are too tangled to be followed within the budget."""


class Resolver:
    """Follows names through scopes, imports, calls and classes."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._left = MAX_STEPS
        self._known: dict[tuple[int, int, int | None], tuple[Value, ...]] = {}
        self._asked: set[tuple[int, str, int | None]] = set()
        self._asked_on_self: set[tuple[int, str]] = set()
        self._cuts = 0

    def spend(self, steps: int = 1) -> None:
        """Take from the budget. Raises Exhausted."""
        self._left -= steps
        if self._left < 0:
            raise Exhausted

    def values(
        self,
        node: cst.BaseExpression,
        scope: Scope,
        order: int | None = None,
        environment: Environment = NOTHING,
        depth: int = 0,
    ) -> tuple[Value, ...]:
        """Every value that the expression can have in `scope`, at the step `order` or, with None, in the end."""
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
                return [one for owner in owners for one in self.attribute(owner, name)] or [Opaque(node, scope, order)]
            case cst.Call(func=func):
                callees = self.values(func, scope, order, environment, depth)
                return [
                    one for callee in callees for one in self._called(callee, node, scope, order, environment, depth)
                ]
            case cst.Subscript(value=base):
                bases = self.values(base, scope, order, environment, depth)
                kept = [one for one in bases if isinstance(one, Class | External)]
                return kept or [Opaque(node, scope, order)]
            case cst.IfExp(test=test, body=body, orelse=orelse):
                taken = tree.truth(test)
                sides = [side for side, dead in ((body, taken is False), (orelse, taken is True)) if not dead]
                return [one for side in sides for one in self.values(side, scope, order, environment, depth)]
            case cst.BooleanOperation(left=left, right=right):
                return [one for side in (left, right) for one in self.values(side, scope, order, environment, depth)]
            case cst.NamedExpr(value=value):
                return self.values(value, scope, order, environment, depth)
            case cst.Lambda():
                return [scope.definition_of(node, order or 0)]
            case _:
                return [Opaque(node, scope, order)]

    def lookup(
        self,
        name: str,
        scope: Scope,
        order: int | None = None,
        environment: Environment = NOTHING,
        depth: int = 0,
    ) -> tuple[Value, ...]:
        """What a bare name stands for where it is used."""
        here: Scope | None = scope
        inside_function = False
        while here is not None:
            self.spend()
            if not (here.place is Place.CLASS and inside_function):
                arguments = environment if here.place is Place.FUNCTION else NOTHING
                found = self._bound(name, here, order, arguments, depth)
                if found is not None:
                    return found
            inside_function = inside_function or here.place is Place.FUNCTION
            order = None if here.place is Place.FUNCTION else here.order
            here = here.parent
        return (External(f"builtins.{name}"),) if hasattr(builtins, name) else ()

    def attribute(self, owner: Value, name: str) -> tuple[Value, ...]:
        """What `owner.name` stands for."""
        self.spend()
        match owner:
            case Module():
                found = self._bound(name, owner.scope, None, NOTHING, 0)
                if found is not None:
                    return found
                below = self.modules.get(f"{owner.name}.{name}")
                return (below,) if below is not None else ()
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
        """What a class has under a name: its own, else its nearest base's."""
        for one in self.ancestry(class_):
            if isinstance(one, Class):
                found = self._bound(name, one.body, None, NOTHING, 0)
                if found is not None:
                    return found
        return ()

    def assigned(self, name: str, scope: Scope, depth: int = 8) -> list[tuple[cst.BaseExpression, Scope]]:
        """The expressions that a name was assigned, seen from a scope and followed through imports, unevaluated."""
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

    def own_member(self, class_: Class, name: str) -> tuple[Value, ...] | None:
        """What the class body itself gives a name; None when it does not."""
        return self._bound(name, class_.body, None, NOTHING, 0)

    def ancestry(self, class_: Class) -> list[Class | External]:
        """The class and all its bases, nearest first, depth before breadth, each once."""
        found: list[Class | External] = []
        stack: list[Class | External] = [class_]
        while stack:
            self.spend()
            one = stack.pop()
            if one in found:
                continue
            found.append(one)
            if isinstance(one, Class):
                stack.extend(reversed(self.bases(one)))
        return found

    def bases(self, class_: Class) -> list[Class | External]:
        """The direct bases that can be told."""
        found: list[Class | External] = []
        for arg in class_.node.bases:
            for value in self.values(arg.value, class_.scope, class_.order):
                if isinstance(value, Class | External):
                    found.append(value)
                elif isinstance(value, Instance) and isinstance(value.of, External):
                    found.append(value.of)
        return found

    def returns(self, function: Function, environment: Environment = NOTHING, depth: int = 0) -> tuple[Value, ...]:
        """What calling a function can give, as far as its `return` statements tell."""
        found: list[Value] = []
        for order, step in enumerate(function.body.steps):
            self.spend()
            if isinstance(step.node, cst.Return) and step.node.value is not None:
                found.extend(self.values(step.node.value, function.body, order, environment, depth))
        return distinct(found)

    def bound_arguments(
        self, function: Function, call: cst.Call, scope: Scope, order: int | None
    ) -> dict[tuple[int, str], tuple[Value, ...]]:
        """The values of a call's plain arguments by the callee's parameters."""
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
            case Function():
                plain = depth < MAX_DEPTH // 2 and callee.is_plain
                inner = {**environment, **self.bound_arguments(callee, call, scope, order)} if plain else NOTHING
                found = self.returns(callee, inner, depth) if plain else ()
                return found or [Instance(callee, call, scope, order)]
            case External(name=name) if name in SAME_ARGUMENT and len(call.args) > SAME_ARGUMENT[name]:
                return self.values(call.args[SAME_ARGUMENT[name]].value, scope, order, environment, depth)
            case External(name="builtins.type") if len(call.args) == 1:
                given = self.values(call.args[0].value, scope, order, environment, depth)
                return [one.of for one in given if isinstance(one, Instance)] or [External("builtins.type")]
            case Instance(of=External(name="functools.wraps")) if call.args:
                return self.values(call.args[0].value, scope, order, environment, depth)
            case Class() | External():
                return [Instance(callee, call, scope, order)]
            case _:
                return [Opaque(call, scope, order)]

    def _bound(
        self, name: str, scope: Scope, order: int | None, environment: Environment, depth: int
    ) -> tuple[Value, ...] | None:
        """What the scope itself binds a name to; None when it binds it nowhere."""
        question = (id(scope), name, order)
        if question in self._asked:
            self._cuts += 1
            return ()
        events: list[Binding | Star] = [*scope.bindings.get(name, ()), *scope.stars]
        if order is not None:
            events = [one for one in events if one.order < order]
        if not events:
            return None
        self._asked.add(question)
        try:
            return self._latest(name, scope, sorted(events, key=_when, reverse=True), environment, depth)
        finally:
            self._asked.discard(question)

    def _latest(
        self, name: str, scope: Scope, events: list[Binding | Star], environment: Environment, depth: int
    ) -> tuple[Value, ...] | None:
        """The values of the last binding, and of those before it as long as it may not have happened."""
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
        """A parameter: `self` and `cls` of a method are known, others are not."""
        owner = scope.receiver(name)
        if owner is None:
            return (Parameter(name, scope),)
        class_ = owner.definition()
        if not isinstance(class_, Class):
            return (Parameter(name, scope),)
        return (class_,) if scope.receives_class else (Instance(class_, None, scope, None),)

    def _set_on_self(self, class_: Class, name: str) -> tuple[Value, ...]:
        """What methods assign to `self.name`."""
        key = (id(class_), name)
        if key in self._asked_on_self:
            self._cuts += 1
            return ()
        self._asked_on_self.add(key)
        try:
            return distinct(
                value
                for one in self.ancestry(class_)
                if isinstance(one, Class)
                for node, method, order in one.body.set_on_self.get(name, ())
                for value in self.values(node, method, order)
            )
        finally:
            self._asked_on_self.discard(key)

    def _decorated(self, class_: Class, depth: int) -> tuple[Value, ...]:
        """The class, or what a decorator of the submission makes of it."""
        found: tuple[Value, ...] = (class_,)
        for decorator in reversed(class_.node.decorators):
            for made in self.values(decorator.decorator, class_.scope, class_.order, depth=depth):
                if isinstance(made, Function):
                    first = next((param.name.value for param in tree.parameters(made.node.params)), "")
                    found = self.returns(made, {(id(made.body), first): found}, depth) or found
        return found

    def _imported(self, target: str, attribute: str | None) -> tuple[Value, ...]:
        module = self.modules.get(target)
        if module is None:
            if attribute is not None and self._is_package(target):
                below = self.modules.get(f"{target}.{attribute}")
                return (below,) if below is not None else ()
            return (External(".".join(filter(None, [target, attribute]))),)
        return (module,) if attribute is None else self.attribute(module, attribute)

    def _starred(self, name: str, star: Star) -> tuple[Value, ...] | None:
        """What `from module import *` gives a name; None when it does not."""
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
    """The values, each once, in their order."""
    return tuple(dict.fromkeys(values))


def _when(event: Binding | Star) -> int:
    return event.order


def _is_overload(binding: Binding) -> bool:
    """Whether a definition is only a signature for the type checker."""
    if not isinstance(binding.node, cst.FunctionDef):
        return False
    names = (tree.dotted(one.decorator) or "" for one in binding.node.decorators)
    return any(name.rpartition(".")[2] == "overload" for name in names)
