"""The rule `generator`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.values import Class, Function, Instance, Opaque, Value
from grader.inside.constructs.rules.queries import external_names, uses
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status

DEPTH = 5
EAGER = frozenset({"builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set"})
"""Functions that consume their whole argument before they return."""


class Generator(DefinitionRule):
    """The function is a generator: it yields on a live path, returns a generator expression, or returns the result of
    another generator of the submission. For a class, its `__iter__` or `__aiter__` must be a generator.

    With `yield_from`, it must delegate with `yield from`, but not to a list made beforehand. With `sends`, it must use
    the value of a `yield`, which is what it is sent.
    """

    name = "generator"
    of = "a function, a method, or a class with `__iter__`"
    message = "{of} is not a generator."
    help = "Produce the values one by one with `yield` instead of building a list of them."
    options = (
        Option("yield_from", default=False, means="The generator must delegate to another iterator with `yield from`."),
        Option(
            "sends",
            default=False,
            means="The generator must use the values that are sent to it, which its `yield` expressions return.",
        ),
    )
    VALID = (
        RuleExample(
            """
            def Thing(n):
                for i in range(n):
                    yield i
            """
        ),
        RuleExample(
            """
            def Thing(tree):
                for part in tree:
                    yield from Thing(part)
            """,
            options={"yield_from": True},
        ),
        RuleExample("def Thing(rows): return (row for row in rows)"),
        RuleExample(
            """
            def _walk(n): yield n
            def Thing(n): return _walk(n)
            """
        ),
        RuleExample(
            """
            class Thing:
                def __iter__(self): yield 1
            """
        ),
        RuleExample(
            """
            class Reader:
                async def rows(self): yield 1
            """,
            of="m.Reader.rows",
        ),
        RuleExample(
            """
            def Thing():
                total = 0
                while True:
                    total += yield total
            """,
            options={"sends": True},
        ),
    )
    INVALID = (
        RuleExample("def Thing(n): return list(range(n))"),
        RuleExample(
            """
            def Thing(n):
                return [n]
                yield n
            """
        ),
        RuleExample(
            """
            def Thing(n):
                if False: yield n
                return [n]
            """
        ),
        RuleExample(
            """
            def Thing(n):
                def inner(): yield n
                return list(inner())
            """,
            status=Status.DECOY,
        ),
        RuleExample("def Thing(n): yield n", options={"yield_from": True}),
        RuleExample(
            """
            def Thing(n):
                rows = list(n)
                yield from rows
            """,
            options={"yield_from": True},
        ),
        RuleExample("def Thing(n): yield from sorted(n)", options={"yield_from": True}),
        RuleExample("def Thing(n): yield n", options={"sends": True}),
        RuleExample(
            """
            def other(): yield 1
            def Thing(): return [1]
            """,
            status=Status.DECOY,
        ),
        RuleExample("Thing = [1, 2]"),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        return MET if self._is(subject, question, DEPTH) else ABSENT

    def _is(self, subject: Value, question: Question, depth: int) -> bool:
        if isinstance(subject, Class):
            found = [
                method for name in ("__iter__", "__aiter__") for method in question.project.names.member(subject, name)
            ]
            return any(self._is(method, question, depth - 1) for method in found) if depth else False
        if not isinstance(subject, Function):
            return False
        yields = [use.node for use in uses(subject.body) if isinstance(use.node, cst.Yield)]
        if yields:
            return _enough(subject, yields, question)
        made = question.project.names.returns(subject)
        return bool(made) and depth > 0 and all(self._gives(value, question, depth) for value in made)

    def _gives(self, value: Value, question: Question, depth: int) -> bool:
        match value:
            case Instance(of=Function() as called):
                return self._is(called, question, depth - 1)
            case Opaque(node=cst.GeneratorExp()):
                return not question.flag("yield_from") and not question.flag("sends")
            case _:
                return False


def _is_list(node: cst.BaseExpression, function: Function, question: Question) -> bool:
    """Return whether `yield from` only hands out a list made beforehand."""
    match node:
        case cst.Name(value=name) if name in function.body.bindings:
            made = question.project.names.assigned(name, function.body)
            return bool(made) and all(
                not isinstance(expression, cst.Name) and _is_list(expression, function, question)
                for expression, _ in made
            )
        case cst.Call(func=func):
            return bool(external_names(question.project, func, function.body, None) & EAGER)
        case _:
            return isinstance(node, cst.List | cst.ListComp | cst.Tuple)


def _enough(function: Function, yields: list[cst.Yield], question: Question) -> bool:
    delegations = [node.value.item for node in yields if isinstance(node.value, cst.From)]
    if question.flag("yield_from") and all(_is_list(delegation, function, question) for delegation in delegations):
        return False
    if not question.flag("sends"):
        return True
    ignored = {id(step.node.value) for step in function.body.steps if isinstance(step.node, cst.Expr)}
    return any(id(node) not in ignored and not isinstance(node.value, cst.From) for node in yields)
