"""The rule `parameterised-decorator`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Parameter, Value
from grader.inside.constructs.rules.queries import Use, decorated_by, external_names, uses
from grader.inside.constructs.rules.rule import ABSENT, MET, Asked, DefinitionRule, Example, Seen, Status, methods

COPIERS = ("functools.wraps", "functools.update_wrapper")
READY = ("wrapt.decorator", "decorator.decorator")
"""Decorators that make a decorator of a function."""
IDENTITY = frozenset({"__name__", "__wrapped__", "__qualname__"})


class ParameterisedDecorator(DefinitionRule):
    """Calling it with parameters gives a decorator, and what that makes of a function keeps the function's identity.

    Identity is kept by `functools.wraps` or `update_wrapper`, by copying `__name__` or setting `__wrapped__` by hand,
    or by returning the function itself. Every wrapper that can be returned has to keep it. A class whose `__call__`
    takes the function is a parameterised decorator too, and so is one that works with and without parentheses.
    """

    name = "parameterised-decorator"
    of = "a function or a class"
    message = "{of} is not a decorator with parameters that keeps the identity of what it wraps."
    help = "Three levels: parameters, the function, the wrapper; and `@functools.wraps(function)` on the wrapper."
    VALID = (
        Example(
            """
            import functools
            def Thing(times):
                def decorate(function):
                    @functools.wraps(function)
                    def wrapper(*args): return function(*args)
                    return wrapper
                return decorate
            """
        ),
        Example(
            """
            from functools import partial, update_wrapper as keep
            def Thing(function=None, *, times=1):
                if function is None: return partial(Thing, times=times)
                def wrapper(*args): return function(*args)
                return keep(wrapper, function)
            """
        ),
        Example(
            """
            from functools import wraps
            class Thing:
                def __init__(self, times): self.times = times
                def __call__(self, function):
                    @wraps(function)
                    async def wrapper(*args): return await function(*args)
                    return wrapper
            """
        ),
        Example(
            """
            def Thing(name):
                def decorate(function):
                    REGISTRY[name] = function
                    return function
                return decorate
            """
        ),
        Example(
            """
            def Thing(times):
                def decorate(function):
                    def wrapper(*args): return function(*args)
                    wrapper.__name__ = function.__name__
                    wrapper.__doc__ = function.__doc__
                    return wrapper
                return decorate
            """
        ),
        Example(
            """
            import functools
            class _Wrapped:
                def __init__(self, function, times): functools.update_wrapper(self, function)
                def __call__(self, *args): return self.__wrapped__(*args)
            def Thing(times): return lambda function: _Wrapped(function, times)
            """
        ),
        Example(
            """
            import functools
            def Thing(function=None, *, times=1):
                def decorate(f):
                    @functools.wraps(f)
                    def wrapper(*args): return f(*args)
                    return wrapper
                return decorate if function is None else decorate(function)
            """
        ),
        Example(
            """
            import functools, inspect
            def _sync(f, n):
                @functools.wraps(f)
                def wrapper(*a): return f(*a)
                return wrapper
            def _async(f, n):
                @functools.wraps(f)
                async def wrapper(*a): return await f(*a)
                return wrapper
            def Thing(n):
                def decorate(f):
                    made = _async(f, n) if inspect.iscoroutinefunction(f) else _sync(f, n)
                    return made
                return decorate
            """
        ),
    )
    INVALID = (
        Example(
            """
            def Thing(times):
                def decorate(function):
                    def wrapper(*args): return function(*args)
                    return wrapper
                return decorate
            """
        ),
        Example(
            """
            import functools
            def Thing(function):
                @functools.wraps(function)
                def wrapper(*args): return function(*args)
                return wrapper
            """
        ),
        Example("def Thing(times): return times"),
        Example(
            """
            import functools, inspect
            def Thing(n):
                def decorate(f):
                    if inspect.iscoroutinefunction(f):
                        async def wrapper(*a): return await f(*a)
                        return wrapper
                    @functools.wraps(f)
                    def other(*a): return f(*a)
                    return other
                return decorate
            """
        ),
        Example(
            """
            def wraps(f): return lambda g: g
            def Thing(n):
                def decorate(f):
                    @wraps(f)
                    def wrapper(*a): return f(*a)
                    return wrapper
                return decorate
            """,
            status=Status.DECOY,
        ),
        Example(
            """
            import functools
            def decoy(n):
                def decorate(f):
                    @functools.wraps(f)
                    def wrapper(*a): return f(*a)
                    return wrapper
                return decorate
            def Thing(n):
                def decorate(f):
                    def wrapper(*a): return f(*a)
                    return wrapper
                return decorate
            """,
            status=Status.DECOY,
        ),
        Example("import functools\ndef Thing(n): return lambda f: functools.partial(f, n)"),
    )

    def holds(self, subject: Value, asked: Asked) -> Seen:
        """See DefinitionRule."""
        if isinstance(subject, Class):
            return MET if _is_decorator(Instance(subject, None, subject.scope, None), subject, asked) else ABSENT
        if not isinstance(subject, Function):
            return ABSENT
        made = asked.project.names.returns(subject)
        decorators = [one for one in made if _is_decorator(one, subject, asked)]
        return MET if decorators and all(one in decorators or _keeps(one, asked) for one in made) else ABSENT


def _is_decorator(value: Value, subject: Value, asked: Asked) -> bool:
    """Whether what a call with parameters gives takes a function and returns one that keeps its identity."""
    match value:
        case Function():
            if decorated_by(asked.project, value, *READY) is not None:
                return True
            return not _keeps(value, asked) and _decorates(value, asked)
        case Instance(of=External(name="functools.partial"), call=cst.Call(args=[first, *_])):
            called = asked.project.names.values(first.value, value.scope, value.order)
            return any(one is subject or (isinstance(one, Function) and _decorates(one, asked)) for one in called)
        case Instance(of=Class() as class_):
            called = asked.project.names.member(class_, "__call__")
            return bool(called) and all(isinstance(one, Function) and _takes_function(one, asked) for one in called)
        case _:
            return False


def _takes_function(method: Function, asked: Asked) -> bool:
    """Whether a `__call__` decorates what it is given, or gives a decorator when it is given nothing."""
    made = asked.project.names.returns(method)
    return bool(made) and all(
        _keeps(one, asked) or (isinstance(one, Function) and _decorates(one, asked)) for one in made
    )


def _decorates(function: Function, asked: Asked) -> bool:
    made = asked.project.names.returns(function)
    return bool(made) and all(_keeps(one, asked) for one in made)


def _keeps(value: Value, asked: Asked) -> bool:
    """Whether what a decorator returns is the function itself, or has its identity."""
    match value:
        case Parameter():
            return True
        case Function():
            return decorated_by(asked.project, value, *COPIERS) is not None or _copied(value, value.scope, asked)
        case Instance(of=Class() as class_):
            makers = (one for one in methods(asked.project, class_) if one.name in {"__init__", "__call__"})
            return any(_copied(class_, one.body, asked) for one in makers)
        case _:
            return False


def _copied(wrapper: Function | Class, scope: Scope, asked: Asked) -> bool:
    """Whether the statements of a scope give a wrapper the identity of what it wraps."""
    for use in uses(scope):
        match use.node:
            case cst.Call(func=func, args=[first, *_]):
                copies = external_names(asked.project, func, scope, use.order) & set(COPIERS)
                if copies and _is(first.value, wrapper, use, asked):
                    return True
            case cst.AssignTarget(target=cst.Attribute(value=owner, attr=cst.Name(value=name))):
                if name in IDENTITY and _is(owner, wrapper, use, asked):
                    return True
    return False


def _is(node: cst.BaseExpression, wrapper: Function | Class, use: Use, asked: Asked) -> bool:
    same = asked.project.names.ancestry(wrapper) if isinstance(wrapper, Class) else [wrapper]
    found = asked.project.names.values(node, use.scope, use.order)
    return any((one.of if isinstance(one, Instance) else one) in same for one in found)
