"""The rule `generic`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.parsing import parse_expression
from grader.inside.constructs.resolver.values import Class, Function, Instance, Value
from grader.inside.constructs.rules.queries import external_name, external_names
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status

BARE = frozenset({"typing.Generic", "typing.Protocol"})
VARIABLES = frozenset({"typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple", "typing.AnyStr"})


class Generic(DefinitionRule):
    """The class or function has type parameters: `Generic[T]`, a base with `[T]`, a signature with T, or `def f[T]`.

    T must be a TypeVar, ParamSpec or TypeVarTuple, and a class must use it in a member. With `bound`, a type parameter
    must have a bound or constraints.
    """

    name = "generic"
    of = "a class or a function"
    message = "{of} is not generic."
    help = (
        "Preserve the caller's type: define `T = TypeVar('T')`, and derive the class from `Generic[T]` or use T in the "
        "signature."
    )
    options = (Option("bound", default=False, means="A type parameter must have a bound or constraints."),)
    VALID = (
        RuleExample("from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Thing(Generic[T]):\n    x: T"),
        RuleExample(
            {
                "m.py": "from vars import V as W\nimport typing as t\nclass Thing(t.Mapping[str, W]): ...",
                "vars.py": "import typing as t\nV = t.TypeVar('V', bound=int)",
            },
            options={"bound": True},
        ),
        RuleExample("from typing import TypeVar\nT = TypeVar('T')\ndef Thing(x: list[T]) -> T: return x[0]"),
        RuleExample("from typing import TypeVar\nT = TypeVar('T')\ndef Thing(x: 'list[T]') -> 'T': return x[0]"),
    )
    INVALID = (
        RuleExample("class Thing: ..."),
        RuleExample("from typing import TypeVar\nT = TypeVar('T')\nclass Thing:\n    x: int"),
        RuleExample("class Thing(dict[str, int]): ..."),
        RuleExample(
            "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Thing(Generic[T]):\n    x: T",
            options={"bound": True},
        ),
        RuleExample("from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Thing(Generic[T]):\n    x: int"),
        RuleExample(
            """
            from typing import Generic, TypeVar
            T = TypeVar('T')
            class Other(Generic[T]):
                x: T
            def Thing(x: int) -> int: return x
            """,
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        if not isinstance(subject, Class | Function) or isinstance(subject.node, cst.Lambda):
            return ABSENT
        if subject.node.type_parameters is not None:
            bounds = (param.param for param in subject.node.type_parameters.params)
            bound = any(isinstance(bound, cst.TypeVar) and bound.bound is not None for bound in bounds)
            return MET if bound or not question.flag("bound") else ABSENT
        names = _names(subject)
        found = [call for name in names for call in _variables(name, subject.scope, question)]
        if question.flag("bound"):
            found = [call for call in found if _is_bound(call)]
        if found and isinstance(subject, Class) and not _flows(subject, question):
            return Seen(Status.ABSENT, "None of the class's members uses its type parameter.")
        return MET if found else ABSENT


def _flows(class_: Class, question: Question) -> bool:
    """Return whether a type parameter is used outside its declaration: in an annotation, or by a base that has
    members.
    """
    if isinstance(class_.node, cst.ClassDef):
        for arg in class_.node.bases:
            plain = external_names(question.project, arg.value, class_.scope, class_.order) & BARE
            if isinstance(arg.value, cst.Subscript) and not plain:
                return True
    return any(
        _variables(part, class_.body, question)
        for annotation in _annotations(class_.node)
        for part in _parts(unquoted(annotation.annotation))
    )


def _annotations(node: cst.CSTNode) -> Iterator[cst.Annotation]:
    """Yield every annotation in a class, including those of its methods and of nested definitions."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Annotation):
            yield part
        stack.extend(part.children)


def _names(subject: Class | Function) -> Iterator[cst.BaseExpression]:
    """Yield the names within subscripted bases, or within the annotations of a signature."""
    if isinstance(subject.node, cst.ClassDef):
        for arg in subject.node.bases:
            if isinstance(arg.value, cst.Subscript):
                yield from _parts(*(part.slice for part in arg.value.slice))
    elif isinstance(subject.node, cst.FunctionDef):
        annotations = [param.annotation for param in tree.parameters(subject.node.params)]
        for annotation in (*annotations, subject.node.returns):
            if annotation is not None:
                yield from _parts(unquoted(annotation.annotation))


def unquoted(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the expression in a quoted annotation, or the annotation itself if it is not quoted."""
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        return parse_expression(node.evaluated_value.strip()) or node
    return node


def _parts(*nodes: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    for part in tree.walk(*nodes):
        if isinstance(part, cst.Name | cst.Attribute):
            yield part


def _variables(node: cst.BaseExpression, scope: Scope, question: Question) -> list[cst.Call | None]:
    """Return the calls that created the type variables that a name stands for; None for a predefined one."""
    return [
        value.call if isinstance(value, Instance) else None
        for value in question.project.names.values(node, scope)
        if external_name(value) in VARIABLES
    ]


def _is_bound(call: cst.Call | None) -> bool:
    if call is None:
        return False
    constraints = [arg for arg in call.args if arg.keyword is None]
    return len(constraints) > 1 or any(arg.keyword is not None and arg.keyword.value == "bound" for arg in call.args)
