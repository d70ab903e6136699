"""Queries that several rules share: decorators, names of the standard library, methods that do something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Module, Scope, ScopeKind
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Opaque, Value

SAME = {"typing_extensions.": "typing.", "asyncio.locks.": "asyncio.", "asyncio.taskgroups.": "asyncio."}
"""Prefixes of alternative names, each with the prefix that replaces it."""
IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__", "importlib.__import__"})
TABLE, TAKING = frozenset({"sys.modules"}), frozenset({"sys.modules.get", "sys.modules.__getitem__"})
"""The table of imported modules, and its methods that take a module out of it."""


class Use(NamedTuple):
    """A node in one of a scope's statements that can run."""

    node: cst.CSTNode
    scope: Scope
    order: int | None
    """The step, for code that runs in place; None inside functions."""


def canonical(name: str) -> str:
    """Return the name by which the rules know something in the standard library."""
    for prefix, instead in SAME.items():
        if name.startswith(prefix):
            return instead + name[len(prefix) :]
    return name


def external_names(project: Project, node: cst.BaseExpression, scope: Scope, order: int | None) -> set[str]:
    """Return the names, as in `external_name`, of everything that an expression can stand for."""
    return {name for value in project.names.values(node, scope, order) if (name := external_name(value))}


def external_name(value: Value) -> str | None:
    """Return the dotted name of an external value or, for the result of an external call, of the callee; else None."""
    match value:
        case External(name=name):
            return canonical(name)
        case Instance(of=External(name=name)):
            return canonical(name)
        case _:
            return None


def decorations(project: Project, definition: Class | Function) -> Iterator[tuple[cst.BaseExpression, set[str]]]:
    """Yield each decorator with the dotted names that it can stand for."""
    for decorator in definition.node.decorators if not isinstance(definition.node, cst.Lambda) else ():
        node = decorator.decorator
        yield node, external_names(project, node, definition.scope, definition.order)


def decorated_by(project: Project, definition: Class | Function, *names: str) -> cst.BaseExpression | None:
    """Return the first decorator that is one of `names`, called or not; None if there is none."""
    return next((node for node, full_names in decorations(project, definition) if full_names.intersection(names)), None)


def keyword(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """Return the value of a call's keyword argument; None if it is not given."""
    if isinstance(node, cst.Call):
        for arg in node.args:
            if arg.keyword is not None and arg.keyword.value == name:
                return arg.value
    return None


def is_true(node: cst.BaseExpression | None) -> bool:
    """Return whether an argument is literally true."""
    return node is not None and tree.truth(node) is True


def decorated_with(project: Project, class_: Class, names: Collection[str], option: str) -> bool:
    """Return whether a class is decorated with one of `names` and has the option set to true.

    This includes `@dataclass(slots=True)`, `@partial(dataclass, slots=True)` and options from a dict, as in
    `@dataclass(**OPTIONS)`.
    """
    for node, full_names in decorations(project, class_):
        if full_names & set(names) and is_true(given(project, node, option, class_.scope)):
            return True
        for value in project.names.values(node, class_.scope, class_.order):
            if _is_partial(project, value, names, option):
                return True
    return False


def _is_partial(project: Project, value: Value, names: Collection[str], option: str) -> bool:
    """Return whether a decorator is `functools.partial` of one of `names` with the option set to true."""
    if not isinstance(value, Instance) or external_name(value) != "functools.partial" or value.call is None:
        return False
    if not value.call.args or not is_true(given(project, value.call, option, value.scope)):
        return False
    made = project.names.values(value.call.args[0].value, value.scope, value.order)
    return any(external_name(value) in names for value in made)


def made_with(project: Project, value: Value, names: Collection[str], option: str) -> bool:
    """Return whether a value is the result of applying one of `names` by hand: `dataclass(frozen=True)(Plain)`."""
    match value:
        case Opaque(node=cst.Call(func=cst.Call() as inner), scope=scope, order=order):
            pass
        case Instance(of=External(name="dataclasses.make_dataclass"), call=cst.Call() as call, scope=scope):
            return is_true(given(project, call, option, scope))
        case _:
            return False
    called = external_names(project, inner.func, scope, order)
    return bool(called & set(names)) and is_true(given(project, inner, option, scope))


def given(project: Project, node: cst.CSTNode, name: str, scope: Scope) -> cst.BaseExpression | None:
    """Return the value of a call's keyword argument, including one from `**OPTIONS` if that dict is a literal."""
    found = keyword(node, name)
    if found is not None or not isinstance(node, cst.Call):
        return found
    for arg in node.args:
        if arg.star == "**" and isinstance(arg.value, cst.Name):
            for display, _ in project.names.assigned(arg.value.value, scope):
                for element in display.elements if isinstance(display, cst.Dict) else ():
                    match element:
                        case cst.DictElement(key=cst.SimpleString() as key, value=value) if key.evaluated_value == name:
                            return value
    return None


def put_on(project: Project, class_: Class) -> frozenset[str]:
    """Return the names set on a class after its body: by assignment, by `setattr`, or by one of its decorators."""
    return project.once((put_on, class_), lambda: frozenset(_put_on(project, class_)))


def _put_on(project: Project, class_: Class) -> Iterator[str]:
    for module in project.modules.values():
        yield from _attributes_set(project, module.scope, class_)
    for decorator in class_.node.decorators:
        for function in project.names.values(decorator.decorator, class_.scope, class_.order):
            if isinstance(function, Function):
                first = next((param.name.value for param in tree.parameters(function.node.params)), None)
                yield from _attributes_set(project, function.body, first)


def _attributes_set(project: Project, scope: Scope, target: Class | str | None) -> Iterator[str]:
    """Yield the names that the statements of a scope set on a class, or on the parameter that takes the class."""
    for use in uses(scope):
        match use.node:
            case cst.AssignTarget(target=cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name))):
                pass
            case cst.Call(
                func=cst.Name(value="setattr"),
                args=[cst.Arg(value=cst.Name(value=owner)), cst.Arg(value=cst.SimpleString() as text), _],
            ):
                name = str(text.evaluated_value)
            case _:
                continue
        if owner == target or (isinstance(target, Class) and target in project.names.lookup(owner, scope, use.order)):
            yield name


def uses(scope: Scope) -> Iterator[Use]:
    """Yield every statement that can run and every node of its own expressions, except those of nested definitions."""
    for order, step in enumerate(scope.steps):
        if isinstance(step.node, cst.BaseCompoundStatement):
            yield Use(step.node, scope, order)
        yield from _own(step.node, scope, order)


def _own(statement: cst.CSTNode, scope: Scope, order: int) -> Iterator[Use]:
    at = None if scope.place is ScopeKind.FUNCTION else order
    for node in tree.walk(*tree.headers(statement), into_definitions=False):
        yield Use(node, scope, at)


def references(project: Project, scope: Scope) -> Iterator[tuple[Use, str]]:
    """Yield every name or attribute in a scope that stands for something outside the submission."""
    yield from project.once((references, scope), lambda: list(_external(project, uses(scope))))


def reached_references(project: Project, value: Value) -> Iterator[tuple[Use, str]]:
    """Yield the references in everything that a value leads to: bodies, decorators, defaults and bases."""
    for definition in project.reach(value):
        if isinstance(definition, Class | Function):
            yield from _external(project, _own(definition.node, definition.scope, definition.order))
            yield from references(project, definition.body)
        elif isinstance(definition, Module):
            yield from references(project, definition.scope)


def _external(project: Project, found: Iterator[Use]) -> Iterator[tuple[Use, str]]:
    for use in found:
        if isinstance(use.node, cst.Name | cst.Attribute):
            for value in project.names.values(use.node, use.scope, use.order):
                if isinstance(value, External):
                    yield use, canonical(value.name)


def covered(name: str, names: Iterable[str]) -> bool:
    """Return whether a dotted name is one of `names` or lies below it. A built-in is written without its module."""
    return any(name in (prefix, f"builtins.{prefix}") or name.startswith(f"{prefix}.") for prefix in names)


def class_of(value: Value) -> Class | None:
    """Return the submission's class that a value is, or is an instance of; else None."""
    if isinstance(value, Instance):
        value = value.of
    return value if isinstance(value, Class) else None


def ancestors(project: Project, class_: Class) -> list[str]:
    """Return the dotted names of a class's bases outside the submission, direct and indirect."""
    return [canonical(ancestor.name) for ancestor in project.names.ancestry(class_) if isinstance(ancestor, External)]


def works(method: Function) -> bool:
    """Return whether a function does more than `...`, `pass` or raising NotImplementedError."""
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
    """Return whether a class has a method of that name that does something: its own, inherited, or set on it
    afterwards.
    """
    found = project.names.member(class_, name)
    if not found:
        lineage = (ancestor for ancestor in project.names.ancestry(class_) if isinstance(ancestor, Class))
        return any(name in put_on(project, ancestor) for ancestor in lineage)
    return all(
        works(member) if isinstance(member, Function) else isinstance(member, Instance | Class) for member in found
    )


def imports_by_text(project: Project, scope: Scope) -> Iterator[tuple[cst.Call | cst.Subscript, str | None]]:
    """Yield the expressions that take a module by text, with the text; None if the text is computed.

    A look-up in the table of imported modules is one, unless it is that of the module itself or of an object's own.
    """
    key: cst.BaseExpression | None
    for use in uses(scope):
        match use.node:
            case cst.Call(func=named, args=arguments):
                by, key = IMPORTERS | TAKING, arguments[0].value if arguments else None
            case cst.Subscript(value=named, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
                by = TABLE
            case _:
                continue
        names = {
            value.name for value in project.names.values(named, use.scope, use.order) if isinstance(value, External)
        }
        if names & by and not (names & (TAKING | TABLE) and _names_itself(key)):
            text = key.evaluated_value if isinstance(key, cst.SimpleString) else None
            yield use.node, text if isinstance(text, str) else None


def _names_itself(key: cst.BaseExpression | None) -> bool:
    """Return whether an expression is the name of the module at hand, or of the one in which a class was defined."""
    match key:
        case cst.Name(value="__name__") | cst.Attribute(attr=cst.Name(value="__module__")):
            return True
        case _:
            return False
