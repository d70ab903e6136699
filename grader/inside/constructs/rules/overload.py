"""The rule `overload`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.values import Class, Function, Instance, Value
from grader.inside.constructs.rules.queries import decorated_by
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status


class Overload(DefinitionRule):
    """The function has at least two different `@typing.overload` signatures in addition to its implementation.

    For a class, one of its methods must have these; `method` says which one.
    """

    name = "overload"
    of = "a function, a method or a class"
    message = "{of} has no overloads."
    help = "Give the function one `@overload` signature for each kind of call, followed by the implementation."
    options = (Option("method", default="", means="The method that must be overloaded, if `of` names a class."),)
    VALID = (
        RuleExample(
            """
            from typing import overload
            @overload
            def Thing(x: int) -> int: ...
            @overload
            def Thing(x: str) -> str: ...
            def Thing(x): return x
            """
        ),
        RuleExample(
            """
            import typing as t
            class Thing:
                @t.overload
                def __get__(self, i: None, o: type) -> 'Thing': ...
                @t.overload
                def __get__(self, i: object, o: type) -> int: ...
                def __get__(self, i, o): return 1
            """,
            options={"method": "__get__"},
        ),
        RuleExample(
            """
            from typing import overload
            class _Get:
                @overload
                def __call__(self, x: int) -> int: ...
                @overload
                def __call__(self, x: str) -> str: ...
                def __call__(self, x): return x
            Thing = _Get()
            """
        ),
        RuleExample(
            {
                "m.py": "from base import Base\nclass Thing(Base): ...",
                "base.py": """
                    from typing_extensions import overload as over
                    class Base:
                        @over
                        def f(self, x: int) -> int: ...
                        @over
                        def f(self, x: str) -> str: ...
                        def f(self, x): return x
                    """,
            }
        ),
    )
    INVALID = (
        RuleExample(
            """
            from typing import overload
            @overload
            def Thing(x: int) -> int: ...
            @overload
            def Thing(x:  int)  -> int: ...
            def Thing(x): return x
            """
        ),
        RuleExample("def Thing(x: int | str) -> int | str: return x"),
        RuleExample("from typing import overload\n@overload\ndef Thing(x: int) -> int: ...\ndef Thing(x): return x"),
        RuleExample(
            """
            def overload(f): return f
            @overload
            def Thing(x: int) -> int: ...
            @overload
            def Thing(x: str) -> str: ...
            def Thing(x): return x
            """
        ),
        RuleExample(
            """
            from typing import overload
            @overload
            def other(x: int) -> int: ...
            @overload
            def other(x: str) -> str: ...
            def other(x): return x
            def Thing(x): return x
            """,
            status=Status.DECOY,
        ),
        RuleExample(
            """
            from typing import overload
            class Thing:
                @overload
                def f(self, x: int) -> int: ...
                @overload
                def f(self, x: str) -> str: ...
                def f(self, x): return x
                def g(self, x): return x
            """,
            options={"method": "g"},
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        match subject:
            case Function():
                return MET if self._count(subject.name, subject.scope, question) >= 2 else ABSENT
            case Class():
                method = question.text("method")
                counts = (self._count(name, body, question) for name, body in _methods(subject, question, method))
                return MET if any(count >= 2 for count in counts) else ABSENT
            case Instance(of=Class() as class_):
                counts = (self._count(name, body, question) for name, body in _methods(class_, question, "__call__"))
                return MET if any(count >= 2 for count in counts) else ABSENT
            case _:
                return ABSENT

    @staticmethod
    def _count(name: str, scope: Scope, question: Question) -> int:
        """Return the number of different overload signatures."""
        found: set[str] = set()
        for binding in scope.bindings.get(name, ()):
            if isinstance(binding.node, cst.FunctionDef):
                definition = scope.definition_of(binding.node, binding.order)
                if decorated_by(question.project, definition, "typing.overload") is not None:
                    found.add(_signature(binding.node))
        return len(found)


def _signature(node: cst.FunctionDef) -> str:
    """Return a function's signature as text without whitespace."""
    bare = node.with_changes(decorators=(), leading_lines=(), body=cst.SimpleStatementSuite([cst.Pass()]))
    return "".join(cst.Module([]).code_for_node(bare).split())


def _methods(class_: Class, question: Question, method: str) -> Iterator[tuple[str, Scope]]:
    """Yield the names that a class and its bases define, with their scopes; for a given `method`, only the nearest."""
    for ancestor in question.project.names.ancestry(class_):
        if isinstance(ancestor, Class):
            names = [name for name in ancestor.body.bindings if name == method or not method]
            yield from ((name, ancestor.body) for name in names)
            if method and names:
                return
