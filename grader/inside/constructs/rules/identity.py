"""Determines whether the result of a decorator keeps the identity of the decorated function."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.values import Class, Function, Instance, Opaque, Parameter, Value
from grader.inside.constructs.rules.queries import Use, decorated_by, external_names, uses
from grader.inside.constructs.rules.rule import Question, methods

COPIERS = ("functools.wraps", "functools.update_wrapper")
IDENTITY = frozenset({"__name__", "__wrapped__", "__qualname__"})


def keeps(value: Value, subject: Value, question: Question) -> bool | None:
    """Return whether a decorator's result is the function itself or has its identity; None if that is unknown."""
    match value:
        case Parameter():
            return True
        case Function():
            return is_kept(value, question) or _copied_elsewhere(value, subject, question)
        case Instance(of=Class() as class_):
            makers = (method for method in methods(question.project, class_) if method.name in {"__init__", "__call__"})
            return any(_copied(class_, maker.body, question) for maker in makers)
        case Opaque(node=cst.Await()):
            return False
        case Opaque(node=cst.Call(func=func), scope=scope, order=order):
            called = question.project.names.values(func, scope, order)
            return False if any(isinstance(value, Parameter) for value in called) else None  # the wrapper's own work
        case Opaque() | Instance(of=Function()):
            return None
        case _:
            return False


def is_kept(wrapper: Function, question: Question) -> bool:
    """Return whether the scope that defines a wrapper gives it the identity of what it wraps."""
    return decorated_by(question.project, wrapper, *COPIERS) is not None or _copied(wrapper, wrapper.scope, question)


def _copied_elsewhere(wrapper: Function, subject: Value, question: Question) -> bool:
    """Return whether code that the decorator leads to copies the identity onto the wrapper, or onto a parameter."""
    for definition in question.project.reach(subject):
        if not isinstance(definition, Class | Function):
            continue
        for use in uses(definition.body):
            if not isinstance(use.node, cst.Call) or not use.node.args:
                continue
            if "functools.update_wrapper" in external_names(
                question.project, use.node.func, definition.body, use.order
            ):
                first = use.node.args[0].value
                given = question.project.names.values(first, definition.body, use.order)
                if _is(first, wrapper, use, question) or any(isinstance(value, Parameter) for value in given):
                    return True
    return False


def _copied(wrapper: Function | Class, scope: Scope, question: Question) -> bool:
    """Return whether the statements of a scope give a wrapper the identity of what it wraps."""
    for use in uses(scope):
        match use.node:
            case cst.Call(func=cst.Name(value="setattr"), args=[first, second, _]):
                if _is(first.value, wrapper, use, question) and _names_identity(second.value):
                    return True
            case cst.Call(func=func, args=[first, *_]):
                copies = external_names(question.project, func, scope, use.order) & set(COPIERS)
                if copies and _is(first.value, wrapper, use, question):
                    return True
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Attribute(value=owner, attr=cst.Name(value=name)))], value=value
            ):
                taken = not isinstance(value, cst.BaseString)
                if taken and name in IDENTITY and _is(owner, wrapper, use, question):
                    return True
            case _:
                pass
    return False


def _names_identity(node: cst.BaseExpression) -> bool:
    """Return whether an attribute's name is one of the identity's names, or a variable that may hold one."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.SimpleString) and node.evaluated_value in IDENTITY)


def _is(node: cst.BaseExpression, wrapper: Function | Class, use: Use, question: Question) -> bool:
    same = question.project.names.ancestry(wrapper) if isinstance(wrapper, Class) else [wrapper]
    found = question.project.names.values(node, use.scope, use.order)
    return any((value.of if isinstance(value, Instance) else value) in same for value in found)
