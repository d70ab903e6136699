"""The rule `protocol`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.values import Class, Value
from grader.inside.constructs.rules.queries import decorated_by, external_names
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status


class IsProtocol(DefinitionRule):
    """The class is a `typing.Protocol`: Protocol is among its own bases, and it has at least one member, of its own or
    from a protocol that it extends.

    A class that only inherits from a protocol implements it but is not a protocol itself. With `runtime`, it must be
    `@runtime_checkable` as well.
    """

    name = "protocol"
    of = "a class"
    message = "{of} is not a typing.Protocol."
    help = (
        "Derive the class from `Protocol`, and declare the methods that callers need; any object that has them is "
        "accepted."
    )
    options = (
        Option(
            "runtime",
            default=False,
            means="The protocol must be marked `@runtime_checkable`, so that isinstance accepts it.",
        ),
        Option(
            "members",
            default=[],
            means="Members that the protocol must declare, itself or in a protocol that it extends.",
        ),
    )
    VALID = (
        RuleExample(
            """
            from typing import Protocol
            class Thing(Protocol):
                def close(self) -> None: ...
            """
        ),
        RuleExample(
            """
            import typing_extensions as te
            T = te.TypeVar("T", covariant=True)
            @te.runtime_checkable
            class Thing(te.Protocol[T]):
                value: T
            """,
            options={"runtime": True},
        ),
        RuleExample(
            """
            from typing import Protocol
            class Opens(Protocol):
                def open(self) -> None: ...
            class Closes(Protocol):
                def close(self) -> None: ...
            class Thing(Opens, Closes, Protocol): ...
            """,
            options={"members": ["open", "close"]},
        ),
        RuleExample(
            {
                "m.py": "from ports import *\n",
                "ports.py": "import typing as t\nclass Thing(t.Protocol):\n    size: int\n",
            }
        ),
    )
    INVALID = (
        RuleExample(
            "from typing import Protocol\nclass Thing(Protocol):\n    def other(self) -> None: ...",
            options={"members": ["close"]},
        ),
        RuleExample("class Protocol: ...\nclass Thing(Protocol):\n    size: int\n"),
        RuleExample("from typing import Protocol\nclass Thing(Protocol): ...\n"),
        RuleExample(
            """
            from typing import Protocol
            class Base(Protocol):
                size: int
            class Thing(Base): ...
            """,
            status=Status.DECOY,
        ),
        RuleExample(
            """
            from typing import Protocol
            class Thing(Protocol):
                size: int
            """,
            options={"runtime": True},
        ),
        RuleExample("from abc import ABC\nclass Thing(ABC):\n    size: int\n"),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        if not isinstance(subject, Class):
            return ABSENT
        bases = (
            external_names(question.project, arg.value, subject.scope, subject.order) for arg in subject.node.bases
        )
        if not any("typing.Protocol" in names for names in bases):
            return ABSENT
        members = _members(subject, question)
        if not members:
            return Seen(Status.ABSENT, "It has no members.")
        if missing := [name for name in question.words("members") if name not in members]:
            return Seen(Status.ABSENT, f"It lacks {', '.join(missing)}.")
        if question.flag("runtime") and not decorated_by(question.project, subject, "typing.runtime_checkable"):
            return Seen(Status.ABSENT, "It is not @runtime_checkable.")
        return MET


def _members(class_: Class, question: Question) -> set[str]:
    """Return the members that a class and its bases in the submission declare."""
    lineage = [ancestor for ancestor in question.project.names.ancestry(class_) if isinstance(ancestor, Class)]
    found: set[str] = set()
    for ancestor in lineage:
        for step in ancestor.body.steps:
            match step.node:
                case cst.FunctionDef(name=cst.Name(value=name)) | cst.AnnAssign(target=cst.Name(value=name)):
                    found.add(name)
                case _:
                    pass
    return found
