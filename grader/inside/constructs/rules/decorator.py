"""The rule `parameterised-decorator`."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from grader.inside.constructs.resolver.values import Class, External, Function, Instance, Parameter, Value
from grader.inside.constructs.rules.identity import COPIERS, is_kept, keeps
from grader.inside.constructs.rules.queries import (
    covered,
    decorated_by,
    reached_references,
)
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Question, RuleExample, Seen, Status

COPYING = (*COPIERS, "functools.WRAPPER_ASSIGNMENTS")
READY = ("wrapt.decorator", "decorator.decorator")
"""Decorators that turn a function into a decorator."""


class ParameterisedDecorator(DefinitionRule):
    """Calling it with parameters returns a decorator, and a function to which this decorator is applied keeps its
    identity.

    Identity is kept by `functools.wraps` or `update_wrapper`, by copying `__name__` or setting `__wrapped__` by hand,
    or by returning the function itself after doing something with it. Every wrapper that can be returned must keep the
    identity; if the source does not show which wrapper is returned, the decorator must lead to code that copies
    identities. A class whose `__call__` takes the function is also a parameterised decorator, and so is a decorator
    that works with and without parentheses.
    """

    name = "parameterised-decorator"
    of = "a function or a class"
    message = "{of} is not a parameterised decorator that preserves the identity of the function that it wraps."
    help = (
        "Nest three functions, which take the parameters, the function to wrap and that function's arguments, and put "
        "`@functools.wraps(function)` on the innermost."
    )
    VALID = (
        RuleExample(
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
        RuleExample(
            """
            from functools import partial, update_wrapper as keep
            def Thing(function=None, *, times=1):
                if function is None: return partial(Thing, times=times)
                def wrapper(*args): return function(*args)
                return keep(wrapper, function)
            """
        ),
        RuleExample(
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
        RuleExample(
            """
            def Thing(name):
                def decorate(function):
                    REGISTRY[name] = function
                    return function
                return decorate
            """
        ),
        RuleExample(
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
        RuleExample(
            """
            import functools
            class _Wrapped:
                def __init__(self, function, times): functools.update_wrapper(self, function)
                def __call__(self, *args): return self.__wrapped__(*args)
            def Thing(times): return lambda function: _Wrapped(function, times)
            """
        ),
        RuleExample(
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
        RuleExample(
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
        RuleExample(
            """
            import functools, inspect
            def _plain(f):
                @functools.wraps(f)
                def wrapper(*a): return f(*a)
                return wrapper
            def _awaiting(f):
                @functools.wraps(f)
                async def wrapper(*a): return await f(*a)
                return wrapper
            _BUILDERS = {True: _awaiting, False: _plain}
            def _build(f):
                made: object = _BUILDERS[inspect.iscoroutinefunction(f)](f)
                return made
            def Thing(n):
                def decorate(f): return _build(f)
                return decorate
            """
        ),
        RuleExample(
            """
            from functools import update_wrapper
            class _Decorator:
                def __call__(self, function):
                    made = self._wrap(function)
                    update_wrapper(made, function)
                    return made
                def _wrap(self, function): raise NotImplementedError
            class Thing(_Decorator):
                def __init__(self, times): self.times = times
                def _wrap(self, function):
                    def wrapper(*args): return function(*args)
                    return wrapper
            """
        ),
        RuleExample(
            """
            import inspect
            from functools import update_wrapper
            def _kept(chosen, function): return update_wrapper(chosen, function)
            def Thing(n):
                def decorate(f):
                    def wrapper(*a): return f(*a)
                    async def waiting(*a): return await f(*a)
                    return _kept(waiting if inspect.iscoroutinefunction(f) else wrapper, f)
                return decorate
            """
        ),
        RuleExample(
            """
            import functools
            def Thing(n):
                def decorate(f):
                    def wrapper(*a): return f(*a)
                    for name in functools.WRAPPER_ASSIGNMENTS:
                        setattr(wrapper, name, getattr(f, name))
                    return wrapper
                return decorate
            """
        ),
        RuleExample(
            """
            import inspect
            from functools import wraps
            class Thing:
                def __init__(self, times): self.times = times
                def __call__(self, function):
                    if inspect.iscoroutinefunction(function): return self._waiting(function)
                    return self._plain(function)
                def _plain(self, function):
                    @wraps(function)
                    def wrapper(*args): return function(*args)
                    return wrapper
                def _waiting(self, function):
                    @wraps(function)
                    async def wrapper(*args): return await function(*args)
                    return wrapper
            """
        ),
    )
    INVALID = (
        RuleExample(
            """
            def Thing(times):
                def decorate(function):
                    '''Promises much.'''
                    return function
                return decorate
            """
        ),
        RuleExample("def Thing(times): return lambda function: function"),
        RuleExample(
            """
            def Thing(times):
                def decorate(function):
                    def wrapper(*args): return function(*args)
                    wrapper.__name__ = 'wrapper'
                    return wrapper
                return decorate
            """
        ),
        RuleExample(
            """
            import inspect
            def _plain(f):
                def wrapper(*a): return f(*a)
                return wrapper
            def _other(f):
                def wrapper(*a): return f(*a)
                return wrapper
            def Thing(n):
                def decorate(f): return {True: _plain, False: _other}[inspect.iscoroutinefunction(f)](f)
                return decorate
            """
        ),
        RuleExample(
            """
            def Thing(times):
                def decorate(function):
                    def wrapper(*args): return function(*args)
                    return wrapper
                return decorate
            """
        ),
        RuleExample(
            """
            import functools
            def Thing(function):
                @functools.wraps(function)
                def wrapper(*args): return function(*args)
                return wrapper
            """
        ),
        RuleExample("def Thing(times): return times"),
        RuleExample(
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
        RuleExample(
            """
            def wraps(f): return lambda g: g
            def Thing(n):
                def decorate(f):
                    @wraps(f)
                    def wrapper(*a): return f(*a)
                    return wrapper
                return decorate
            """
        ),
        RuleExample(
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
        RuleExample("import functools\ndef Thing(n): return lambda f: functools.partial(f, n)"),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        if isinstance(subject, Class):
            verdict = _is_decorator(Instance(subject, None, subject.scope, None), subject, question)
        elif isinstance(subject, Function):
            made = question.project.names.returns(subject)
            judged = [(value, _is_decorator(value, subject, question)) for value in made]
            rest = [keeps(value, subject, question) if verdict is False else verdict for value, verdict in judged]
            verdict = _all(rest) if any(verdict is not False for _, verdict in judged) or not made else False
        else:
            return ABSENT
        if verdict is None:
            verdict = any(covered(name, COPYING) for _, name in reached_references(question.project, subject))
        return MET if verdict else ABSENT


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    """Return False if any verdict is False, else None if any is None or there are none, else True."""
    found = list(verdicts)
    if False in found:
        return False
    return None if None in found or not found else True


def _is_decorator(value: Value, subject: Value, question: Question) -> bool | None:
    """Return whether a call with parameters returns a decorator that keeps the identity of what it decorates."""
    match value:
        case Function():
            if decorated_by(question.project, value, *READY) is not None:
                return True
            return False if is_kept(value, question) else _decorates(value, subject, question)
        case Instance(of=External(name="functools.partial"), call=cst.Call(args=[first, *_])):
            called = question.project.names.values(first.value, value.scope, value.order)
            verdicts = [
                True if value is subject else isinstance(value, Function) and _decorates(value, subject, question)
                for value in called
            ]
            return True if True in verdicts else _all(verdicts)
        case Instance(of=Class() as class_):
            called = question.project.names.member(class_, "__call__")
            return (
                _all(isinstance(value, Function) and _takes_function(value, subject, question) for value in called)
                if called
                else False
            )
        case _:
            return False


def _takes_function(method: Function, subject: Value, question: Question) -> bool | None:
    """Return whether a `__call__` decorates its argument, or returns a decorator if it gets no argument."""
    if _hands_back(method, question):
        return False
    verdicts = []
    for value in question.project.names.returns(method):
        kept = keeps(value, subject, question)
        verdicts.append(_decorates(value, subject, question) if kept is False and isinstance(value, Function) else kept)
    return _all(verdicts)


def _decorates(function: Function, subject: Value, question: Question) -> bool | None:
    if _hands_back(function, question):
        return False
    made = question.project.names.returns(function)
    return _all(keeps(value, subject, question) for value in made) if made or _returns(function) else False


def _returns(function: Function) -> bool:
    """Return whether a function returns any value at all."""
    return any(isinstance(step.node, cst.Return) and step.node.value is not None for step in function.body.steps)


def _hands_back(function: Function, question: Question) -> bool:
    """Return whether a function does nothing but return its argument."""
    working = [step for step in function.body.steps if not _is_text(step.node)]
    if len(working) != 1 or not isinstance(working[0].node, cst.Return):
        return False
    made = question.project.names.returns(function)
    return bool(made) and all(isinstance(value, Parameter) for value in made)


def _is_text(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
