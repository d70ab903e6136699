"""The rule `literal`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.values import Class, External, Function, Value
from grader.inside.constructs.rules.generic import unquoted
from grader.inside.constructs.rules.queries import canonical
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Question, RuleExample, Seen, Status

DEPTH = 4


class Literal(DefinitionRule):
    """A signature, an attribute of a class, or a type alias contains `Literal[...]`: exactly these values are allowed.

    An alias defined elsewhere is followed.
    """

    name = "literal"
    of = "a function, a class or a type alias"
    message = "{of} does not use typing.Literal."
    help = "If only a few values are allowed, annotate with `Literal['a', 'b']` instead of `str`."
    VALID = (
        RuleExample("from typing import Literal\ndef Thing(mode: Literal['r', 'w']) -> None: ..."),
        RuleExample("import typing as t\nThing = t.Literal[1, 2]"),
        RuleExample(
            {
                "m.py": "from kinds import Mode\nclass Thing:\n    mode: 'Mode'\n    def go(self): return self.mode",
                "kinds.py": "from typing_extensions import Literal, TypeAlias\nMode: TypeAlias = Literal['a']",
            }
        ),
        RuleExample("from typing import Literal, Optional\nThing = Optional[Literal['x']]"),
        RuleExample("from typing import Literal\nclass Thing:\n    def go(self, way: Literal['up']) -> int: ..."),
    )
    INVALID = (
        RuleExample("from typing import Literal\nclass Thing:\n    unused: Literal['a'] = 'a'"),
        RuleExample("def Thing(mode: str) -> None: ..."),
        RuleExample("Literal = {'a': int}\ndef Thing(mode: Literal['a']) -> None: ..."),
        RuleExample("from typing import Literal\ndef Thing(mode: str) -> None: ..."),
        RuleExample(
            "from typing import Literal\ndef other(m: Literal['a']) -> None: ...\ndef Thing(m: str) -> None: ...",
            status=Status.DECOY,
        ),
        RuleExample("Thing = 'Literal'"),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        return MET if self._is(subject, question) or self._alias(question) else ABSENT

    @staticmethod
    def _alias(question: Question) -> bool:
        module, _, name = question.of.rpartition(".")
        home = question.project.modules.get(module)
        return home is not None and _says(cst.Name(name), home.scope, question, DEPTH)

    def _is(self, subject: Value, question: Question) -> bool:
        match subject:
            case Function(name=name, scope=scope):
                signatures = [
                    binding.node
                    for binding in scope.bindings.get(name, ())
                    if isinstance(binding.node, cst.FunctionDef)
                ]
                return any(
                    _says(annotation, scope, question, DEPTH)
                    for node in signatures
                    for annotation in _annotations(node)
                )
            case Class(body=body):
                found = [
                    step.node.annotation.annotation
                    for step in body.steps
                    if isinstance(step.node, cst.AnnAssign) and _is_needed(step.node, subject, question)
                ]
                return any(_says(annotation, body, question, DEPTH) for annotation in found) or any(
                    self._is(method, question) for method in _methods(body, question)
                )
            case External():
                return _is_literal(subject)
            case _:
                return False


def _is_needed(node: cst.AnnAssign, class_: Value, question: Question) -> bool:
    """Return whether an attribute is used somewhere, or may be a field because its class has a decorator or a base."""
    if isinstance(class_, Class) and (class_.node.decorators or class_.node.bases):
        return True
    name = node.target.value if isinstance(node.target, cst.Name) else None
    return any(
        isinstance(part, cst.Attribute) and part.attr.value == name
        for module in question.project.modules.values()
        for part in tree.walk(module.tree)
    )


def _annotations(node: cst.FunctionDef) -> list[cst.BaseExpression]:
    """Return the annotations of one signature."""
    annotations = [param.annotation for param in tree.parameters(node.params)]
    return [annotation.annotation for annotation in (*annotations, node.returns) if annotation is not None]


def _methods(body: Scope, question: Question) -> Iterator[Value]:
    for name in body.bindings:
        for value in question.project.names.lookup(name, body):
            if isinstance(value, Function) and value.scope is body:
                yield value


def _says(node: cst.BaseExpression, scope: Scope, question: Question, depth: int) -> bool:
    """Return whether an annotation contains Literal, directly or through aliases."""
    for part in tree.walk(unquoted(node)):
        if not isinstance(part, cst.Name | cst.Attribute):
            continue
        if any(_is_literal(value) for value in question.project.names.values(part, scope)):
            return True
        aliases = question.project.names.assigned(part.value, scope) if isinstance(part, cst.Name) and depth else ()
        if any(_says(alias, where, question, depth - 1) for alias, where in aliases):
            return True
    return False


def _is_literal(value: Value) -> bool:
    return isinstance(value, External) and canonical(value.name) == "typing.Literal"
