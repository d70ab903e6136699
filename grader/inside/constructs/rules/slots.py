"""The rule `slots`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver.binding import How
from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.tree import children
from grader.inside.constructs.resolver.values import Class, External, Instance, Value
from grader.inside.constructs.rules.queries import (
    canonical,
    decorated_with,
    decorations,
    external_name,
    keyword,
    made_with,
)
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Question, RuleExample, Seen, Status

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
        "builtins.float",
        "builtins.bytes",
        "builtins.list",
        "builtins.dict",
        "builtins.set",
        "builtins.frozenset",
        "msgspec.Struct",
    }
)
"""Bases that do not add a `__dict__`."""
ABSTRACT = frozenset(
    {"Hashable", "Iterable", "Iterator", "Reversible", "Generator", "Container", "Collection", "Callable", "Sized"}
    | {"Mapping", "MutableMapping", "MappingView", "KeysView", "ItemsView", "ValuesView", "Set", "MutableSet"}
    | {"Sequence", "MutableSequence", "Awaitable", "Coroutine", "AsyncIterable", "AsyncIterator", "AsyncGenerator"}
    | {"AbstractSet", "SupportsInt", "SupportsFloat", "SupportsIndex", "SupportsAbs"}
)
"""Abstract classes of `collections.abc` and `typing`, which have `__slots__ = ()`."""
BY_DEFAULT = frozenset({"attrs.define", "attrs.frozen", "attrs.mutable", "attr.define", "attr.frozen", "attr.mutable"})
TUPLES = frozenset({"typing.NamedTuple", "collections.namedtuple"})
DEPTH = 6
"""The number of names that are followed from `__slots__` to a string."""
WITH_KEYWORD = frozenset({"dataclasses.dataclass", "attr.s", "attr.attrs", "attr.dataclass"})


class Slots(DefinitionRule):
    """Instances have no `__dict__`: the class and all its bases in the submission have `__slots__`, written out or made
    by `@dataclass(slots=True)`, and none of them names `__dict__`.
    """

    name = "slots"
    of = "a class"
    message = "Instances of {of} have a __dict__."
    help = "Give the class and each of its bases `__slots__`, or use `@dataclass(slots=True)`."
    VALID = (
        RuleExample("class Thing:\n    __slots__ = ('x', 'y')"),
        RuleExample("class Base:\n    __slots__ = ()\nclass Thing(Base):\n    __slots__ = ('x',)"),
        RuleExample("from dataclasses import dataclass\n@dataclass(slots=True)\nclass Thing:\n    x: int"),
        RuleExample("FIELDS = ('x',)\nclass Thing:\n    __slots__ = FIELDS"),
        RuleExample(
            """
            from dataclasses import dataclass
            from functools import partial
            @partial(dataclass, slots=True)
            class Thing:
                x: int
            """
        ),
        RuleExample("from collections.abc import Container\nclass Thing(Container['Thing']):\n    __slots__ = ('x',)"),
        RuleExample("from dataclasses import dataclass\nclass _T:\n    x: int\nThing = dataclass(slots=True)(_T)"),
        RuleExample("import attrs\n@attrs.define\nclass Thing:\n    x: int"),
        RuleExample(
            "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Thing(Generic[T]):\n    __slots__ = 'x'"
        ),
    )
    INVALID = (
        RuleExample("class Thing:\n    x = 1"),
        RuleExample("class Base: ...\nclass Thing(Base):\n    __slots__ = ('x',)"),
        RuleExample("class Thing:\n    __slots__ = ('x', '__dict__')"),
        RuleExample("class Thing:\n    __slots__ = ('x', '__di' + 'ct__')"),
        RuleExample("D = '__dict__'\nclass Thing:\n    __slots__ = ('x', D)"),
        RuleExample("class Thing:\n    __slots__ = ('x', f'__dict__')"),
        RuleExample("FIELDS = ('x',) + ('__dict__',)\nclass Thing:\n    __slots__ = FIELDS"),
        RuleExample("from dataclasses import dataclass\n@dataclass\nclass Thing:\n    x: int"),
        RuleExample("class Thing:\n    if False:\n        __slots__ = ('x',)"),
        RuleExample("class Other:\n    __slots__ = ('x',)\nclass Thing: ...", status=Status.DECOY),
        RuleExample(
            "from threading import Thread\nclass Thing(Thread):\n    __slots__ = ('x',)", status=Status.DYNAMIC
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        if isinstance(subject, Instance) and external_name(subject) in TUPLES:
            return MET
        if made_with(question.project, subject, WITH_KEYWORD, "slots"):
            return MET
        if not isinstance(subject, Class):
            return ABSENT
        lineage = question.project.names.ancestry(subject)
        without = [
            ancestor.name for ancestor in lineage if isinstance(ancestor, Class) and not _has_slots(ancestor, question)
        ]
        if without:
            return Seen(Status.ABSENT, f"{without[-1]} has no `__slots__`.")
        foreign = [ancestor.name for ancestor in lineage if isinstance(ancestor, External)]
        unknown = [name for name in foreign if not _is_slotted(canonical(name))]
        if unknown:
            return Seen(Status.DYNAMIC, f"The source does not show whether the base {unknown[0]} adds a __dict__.")
        return MET


def _is_slotted(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return name in SLOTTED_BASES or (module in {"collections.abc", "typing"} and last in ABSTRACT)


def _has_slots(class_: Class, question: Question) -> bool:
    for node, names in decorations(question.project, class_):
        if names & BY_DEFAULT and keyword(node, "slots") is None:
            return True
    if decorated_with(question.project, class_, BY_DEFAULT | WITH_KEYWORD, "slots"):
        return True
    bindings = class_.body.bindings.get("__slots__", [])
    if not bindings or bindings[-1].how is not How.VALUE or not bindings[-1].certain:
        return False
    return "__dict__" not in _texts(bindings[-1].node, class_.body, question, DEPTH)


def _texts(node: cst.CSTNode, scope: Scope, question: Question, depth: int) -> Iterator[str]:
    """Yield the strings in an expression, whether written out, concatenated or behind a name."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            yield str(node.evaluated_value)
        case cst.FormattedString(parts=parts):
            pieces = [part.value if isinstance(part, cst.FormattedStringText) else None for part in parts]
            if None not in pieces:
                yield "".join(piece for piece in pieces if piece is not None)
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            firsts, seconds = (list(_texts(side, scope, question, depth)) for side in (left, right))
            yield from (*firsts, *seconds)
            if len(firsts) == len(seconds) == 1:
                yield firsts[0] + seconds[0]
        case cst.Name(value=name) if depth:
            for value, where in question.project.names.assigned(name, scope):
                yield from _texts(value, where, question, depth - 1)
        case _:
            for child in children(node):
                yield from _texts(child, scope, question, depth)
