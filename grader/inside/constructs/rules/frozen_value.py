"""The rule `frozen-value`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.values import Class, Function, Instance, Value
from grader.inside.constructs.rules.queries import (
    ancestors,
    decorated_with,
    decorations,
    external_name,
    is_true,
    made_with,
    put_on,
    uses,
)
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Question, RuleExample, Seen, Status

FROZEN = frozenset({"attr.frozen", "attrs.frozen"})
WITH_KEYWORD = frozenset(
    {"dataclasses.dataclass", "attr.s", "attr.attrs", "attr.dataclass", "attr.define", "attrs.define", "attrs.mutable"}
)
TUPLES = frozenset({"typing.NamedTuple", "collections.namedtuple"})


class FrozenValue(DefinitionRule):
    """Instances cannot be changed: a frozen dataclass, a named tuple, an enum, a frozen attrs or msgspec class, or a
    class whose `__setattr__` always raises.

    A subclass of a frozen dataclass that adds fields must itself be frozen.
    """

    name = "frozen-value"
    of = "a class"
    message = "Instances of {of} can be changed."
    help = "Declare it with `@dataclass(frozen=True)` or as a `NamedTuple`."
    VALID = (
        RuleExample("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Thing:\n    x: int"),
        RuleExample("import typing\nclass Thing(typing.NamedTuple):\n    x: int"),
        RuleExample("from collections import namedtuple as nt\nclass Thing(nt('Thing', 'x y')): ..."),
        RuleExample("from collections import namedtuple\nThing = namedtuple('Thing', 'x y')"),
        RuleExample("import enum\nclass Thing(enum.Enum):\n    A = 1"),
        RuleExample(
            """
            class Thing:
                __slots__ = ("x",)
                def __init__(self, x): object.__setattr__(self, "x", x)
                def __setattr__(self, name, value): raise AttributeError(name)
            """
        ),
        RuleExample(
            {
                "m.py": "from base import value\n@value\nclass Thing:\n    x: int",
                "base.py": "import dataclasses as d, functools\nvalue = functools.partial(d.dataclass, frozen=True)",
            }
        ),
        RuleExample("from dataclasses import dataclass\nclass _T:\n    x: int\nThing = dataclass(frozen=True)(_T)"),
        RuleExample("import dataclasses\nThing = dataclasses.make_dataclass('Thing', ['x'], frozen=True)"),
        RuleExample(
            """
            from dataclasses import dataclass
            OPTIONS = {"frozen": True, "slots": True}
            @dataclass(**OPTIONS)
            class Thing:
                x: int
            """
        ),
        RuleExample("import msgspec\nclass Base(msgspec.Struct, frozen=True): ...\nclass Thing(Base):\n    x: int"),
    )
    INVALID = (
        RuleExample("class Thing:\n    x: int = 1"),
        RuleExample("from dataclasses import dataclass\n@dataclass\nclass Thing:\n    x: int"),
        RuleExample("from dataclasses import dataclass\n@dataclass(frozen=False)\nclass Thing:\n    x: int"),
        RuleExample(
            """
            from dataclasses import dataclass
            @dataclass(frozen=True)
            class Base:
                x: int
            class Thing(Base):
                y: int = 1
                def __init__(self): self.y = 2
            """,
            status=Status.DECOY,
        ),
        RuleExample("class Thing:\n    def __setattr__(self, name, value): object.__setattr__(self, name, value)"),
        RuleExample(
            """
            class Thing:
                def __setattr__(self, name, value):
                    if name == "x": raise AttributeError
                    self.__dict__[name] = value
            """
        ),
        RuleExample(
            """
            class Thing:
                def __setattr__(self, name, value):
                    object.__setattr__(self, name, value)
                    raise AttributeError(name)
            """
        ),
        RuleExample(
            """
            from dataclasses import dataclass
            @dataclass(frozen=True)
            class Thing:
                x: int
            Thing.__setattr__ = object.__setattr__
            """
        ),
        RuleExample("from dataclasses import dataclass\nclass _T:\n    x: int\nThing = dataclass(frozen=False)(_T)"),
        RuleExample(
            "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Other: ...\nclass Thing: ...",
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        if made_with(question.project, subject, WITH_KEYWORD, "frozen"):
            return MET
        if isinstance(subject, Instance):
            return MET if external_name(subject) in TUPLES else ABSENT
        if not isinstance(subject, Class):
            return ABSENT
        return MET if self._is(subject, question) else ABSENT

    def _is(self, class_: Class, question: Question) -> bool:
        if {"__setattr__", "__delattr__"} & put_on(question.project, class_):
            return False
        if _by_decorator(class_, question) or _refuses(class_, question):
            return True
        bases = ancestors(question.project, class_)
        if any(name in TUPLES or name.startswith("enum.") for name in bases):
            return True
        lineage = [ancestor for ancestor in question.project.names.ancestry(class_) if isinstance(ancestor, Class)]
        if "msgspec.Struct" in bases:
            return any(_keyword(ancestor, "frozen") for ancestor in lineage)
        fields = any(isinstance(step.node, cst.AnnAssign) for step in class_.body.steps)
        return not fields and any(_by_decorator(ancestor, question) for ancestor in lineage[1:])


def _keyword(class_: Class, name: str) -> bool:
    return any(
        arg.keyword is not None and arg.keyword.value == name and is_true(arg.value) for arg in class_.node.keywords
    )


def _by_decorator(class_: Class, question: Question) -> bool:
    if any(names & FROZEN for _, names in decorations(question.project, class_)):
        return True
    return decorated_with(question.project, class_, WITH_KEYWORD, "frozen")


def _refuses(class_: Class, question: Question) -> bool:
    """Return whether `__setattr__` always raises without setting anything first."""
    found = question.project.names.member(class_, "__setattr__")
    return bool(found) and all(
        isinstance(method, Function)
        and isinstance(method.body.steps[-1].node, cst.Raise)
        and method.body.steps[-1].certain
        and not any(_sets(use.node) for use in uses(method.body))
        for method in found
    )


def _sets(node: cst.CSTNode) -> bool:
    match node:
        case cst.Attribute(attr=cst.Name(value="__setattr__" | "__dict__" | "__set__")):
            return True
        case cst.Call(func=cst.Name(value="setattr" | "vars")):
            return True
        case _:
            return False
