"""The rule `slots`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.binding import How
from grader.inside.constructs.resolver.tree import walk
from grader.inside.constructs.resolver.values import Class, External, Instance, Value
from grader.inside.constructs.rules.queries import canonical, decorations, external_name, is_true, keyword
from grader.inside.constructs.rules.rule import ABSENT, MET, Asked, DefinitionRule, Example, Seen, Status

SLOTTED_BASES = frozenset(
    {
        "builtins.object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "typing.NamedTuple",
        "collections.namedtuple",
        "builtins.tuple",
        "builtins.int",
        "builtins.str",
        "msgspec.Struct",
    }
)
"""Bases that add no `__dict__` of their own."""
BY_DEFAULT = frozenset({"attrs.define", "attrs.frozen", "attrs.mutable", "attr.define", "attr.frozen", "attr.mutable"})
WITH_KEYWORD = frozenset({"dataclasses.dataclass", "attr.s", "attr.attrs", "attr.dataclass"})


class Slots(DefinitionRule):
    """Instances have no `__dict__`: the class and every base of the submission have `__slots__`, written out or made by
    `@dataclass(slots=True)`, and none of them names `__dict__`.
    """

    name = "slots"
    of = "a class"
    message = "Instances of {of} have a __dict__."
    help = "Give the class and each of its bases `__slots__`, or use `@dataclass(slots=True)`."
    VALID = (
        Example("class Thing:\n    __slots__ = ('x', 'y')"),
        Example("class Base:\n    __slots__ = ()\nclass Thing(Base):\n    __slots__ = ('x',)"),
        Example("from dataclasses import dataclass\n@dataclass(slots=True)\nclass Thing:\n    x: int"),
        Example("FIELDS = ('x',)\nclass Thing:\n    __slots__ = FIELDS"),
        Example("import attrs\n@attrs.define\nclass Thing:\n    x: int"),
        Example("from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Thing(Generic[T]):\n    __slots__ = 'x'"),
    )
    INVALID = (
        Example("class Thing:\n    x = 1"),
        Example("class Base: ...\nclass Thing(Base):\n    __slots__ = ('x',)"),
        Example("class Thing:\n    __slots__ = ('x', '__dict__')"),
        Example("from dataclasses import dataclass\n@dataclass\nclass Thing:\n    x: int"),
        Example("class Thing:\n    if False:\n        __slots__ = ('x',)"),
        Example("class Other:\n    __slots__ = ('x',)\nclass Thing: ...", status=Status.DECOY),
        Example("from threading import Thread\nclass Thing(Thread):\n    __slots__ = ('x',)", status=Status.DYNAMIC),
    )

    def holds(self, subject: Value, asked: Asked) -> Seen:
        """See DefinitionRule."""
        if isinstance(subject, Instance) and external_name(subject) in SLOTTED_BASES:
            return MET
        if not isinstance(subject, Class):
            return ABSENT
        lineage = asked.project.names.ancestry(subject)
        without = [one.name for one in lineage if isinstance(one, Class) and not _has_slots(one, asked)]
        if without:
            return Seen(Status.ABSENT, f"{without[-1]} has no `__slots__`.")
        foreign = [one.name for one in lineage if isinstance(one, External)]
        unknown = [name for name in foreign if canonical(name) not in SLOTTED_BASES]
        if unknown:
            return Seen(Status.DYNAMIC, f"Whether {unknown[0]} gives them one cannot be told.")
        return MET


def _has_slots(class_: Class, asked: Asked) -> bool:
    for node, names in decorations(asked.project, class_):
        given = keyword(node, "slots")
        if (names & BY_DEFAULT and given is None) or (names & (BY_DEFAULT | WITH_KEYWORD) and is_true(given)):
            return True
    bindings = class_.body.bindings.get("__slots__", [])
    if not bindings or bindings[-1].how is not How.VALUE or not bindings[-1].certain:
        return False
    return not _names_dict(bindings[-1].node)


def _names_dict(node: cst.CSTNode) -> bool:
    return any(isinstance(part, cst.SimpleString) and part.evaluated_value == "__dict__" for part in walk(node))
