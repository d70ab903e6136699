"""The metaclass that makes a class."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.lookup import distinct
from grader.inside.constructs.resolver.resolve import Resolver
from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Opaque, Value

TYPE = External("builtins.type")
KNOWN = {
    "abc.ABC": "abc.ABCMeta",
    "typing.Protocol": "abc.ABCMeta",
    "enum.Enum": "enum.EnumMeta",
    "enum.IntEnum": "enum.EnumMeta",
    "enum.StrEnum": "enum.EnumMeta",
    "enum.Flag": "enum.EnumMeta",
    "enum.IntFlag": "enum.EnumMeta",
}
METACLASSES = frozenset({"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "type"})


def metaclasses(resolver: Resolver, value: Value) -> tuple[Value, ...]:
    """Return the candidates for a class's metaclass; `type` if nothing else is stated."""
    return distinct(_metaclasses(resolver, value, frozenset()))


def _metaclasses(resolver: Resolver, value: Value, seen: frozenset[Value]) -> list[Value]:
    resolver.spend()
    if value in seen:
        return []
    seen |= {value}
    match value:
        case Class():
            explicit = _explicit(resolver, value)
            return explicit or _inherited(resolver, value, seen)
        case Instance(of=Class() as maker) if is_metaclass(resolver, maker):
            return [maker]
        case Instance(of=External(name=name), call=cst.Call(args=args)):
            return _of_call(resolver, name, [arg.value for arg in args], value, seen)
        case External(name=name):
            return [External(KNOWN.get(name, "builtins.type"))]
        case _:
            return []


def _explicit(resolver: Resolver, class_: Class) -> list[Value]:
    """Return the `metaclass=` argument or, if that is one of the submission's functions, the metaclass of the classes
    that the function returns.
    """
    given = [arg.value for arg in class_.node.keywords if arg.keyword is not None and arg.keyword.value == "metaclass"]
    found: list[Value] = []
    for node in given:
        for value in resolver.values(node, class_.scope, class_.order):
            if isinstance(value, Function):
                made = resolver.returns(value)
                found.extend(value.of if isinstance(value, Instance) else value for value in made)
                found.extend(() if made else (Opaque(node, class_.scope),))
            elif isinstance(value, Instance) and value.of == External("functools.partial") and value.call is not None:
                found.extend(resolver.values(value.call.args[0].value, value.scope, value.order))
            else:
                found.append(value)
    return found


def _inherited(resolver: Resolver, class_: Class, seen: frozenset[Value]) -> list[Value]:
    """Return the bases' most derived metaclass, as in Python: the submission's own before others, `type` last."""
    plain: list[Value] = [TYPE]
    for arg in class_.node.bases:
        found = _of_expressions(resolver, [arg.value], class_, seen)
        if found and found != [TYPE]:
            if not all(isinstance(metaclass, External) for metaclass in found):
                return found
            plain = found
    return plain


def _of_expressions(
    resolver: Resolver, nodes: list[cst.BaseExpression], where: Class | Instance, seen: frozenset[Value]
) -> list[Value]:
    return [
        metaclass
        for node in nodes
        for base in resolver.values(node, where.scope, where.order)
        for metaclass in _metaclasses(resolver, base, seen)
    ]


def _of_call(
    resolver: Resolver, name: str, args: list[cst.BaseExpression], where: Instance, seen: frozenset[Value]
) -> list[Value]:
    """Return the metaclass of the class that a call to something external creates."""
    match name, args:
        case ("builtins.type", [_, bases, _]) | ("types.new_class", [_, bases]):
            return _of_expressions(resolver, _elements(bases), where, seen) or [TYPE]
        case "types.new_class", [_, bases, cst.Dict(elements=elements), *_]:
            for element in elements:
                match element:
                    case cst.DictElement(key=cst.SimpleString(evaluated_value="metaclass"), value=node):
                        return list(resolver.values(node, where.scope, where.order))
                    case _:
                        pass
            return _of_expressions(resolver, _elements(bases), where, seen) or [TYPE]
        case "six.with_metaclass", [node, *_]:
            return list(resolver.values(node, where.scope, where.order))
        case _:
            return []


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [element.value for element in node.elements] if isinstance(node, cst.Tuple | cst.List) else []


def is_metaclass(resolver: Resolver, value: Value) -> bool:
    """Return whether the instances of `value` are classes."""
    return isinstance(value, Class) and any(
        isinstance(ancestor, External) and ancestor.name in METACLASSES for ancestor in resolver.ancestry(value)
    )
