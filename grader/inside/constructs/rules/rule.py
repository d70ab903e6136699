"""The form of a construct rule: a name, texts, options, examples, and one question about one definition.

A requirement is `met`, which earns its points; a `decoy`, if the construct is not where the challenge requires it, or
not on a live path; `dynamic`, if the construct may be created at run time, which reading cannot prove; or `absent`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from textwrap import dedent
from typing import ClassVar, TypeAlias

import libcst as cst

from grader.inside.constructs.resolver.names import Module
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, Function, Instance, Value

Setting: TypeAlias = str | int | bool | list[str]


class Status(StrEnum):
    """The outcome of a requirement."""

    MET = "met"
    DECOY = "decoy"
    DYNAMIC = "dynamic"
    ABSENT = "absent"


@dataclass(frozen=True)
class Option:
    """A parameter that a requirement may pass to its rule. Its type is that of the default."""

    name: str
    _: KW_ONLY
    default: Setting
    means: str


@dataclass(frozen=True)
class RuleExample:
    """A source text, a requirement, and the status that the rule must report."""

    source: str | Mapping[str, str]
    """One module `m.py`, or several files."""
    of: str = "m.Thing"
    options: Mapping[str, Setting] = field(default_factory=dict)
    status: Status | None = None
    """The status of an INVALID example; None means `absent`."""

    @property
    def files(self) -> dict[str, str]:
        """The example's files, without the indentation that they have in the rule's file."""
        files = {"m.py": self.source} if isinstance(self.source, str) else self.source
        return {path: dedent(text).lstrip("\n") for path, text in files.items()}


@dataclass(frozen=True)
class Seen:
    """A rule's conclusion about one definition."""

    status: Status
    why: str = ""
    """A sentence for the candidate, if the rule's own message does not say enough."""


MET = Seen(Status.MET)
ABSENT = Seen(Status.ABSENT)


@dataclass(frozen=True)
class Question:
    """A requirement as a rule sees it: the submission, the name, and the options with their defaults filled in."""

    project: Project
    of: str
    options: Mapping[str, Setting]
    besides: tuple[str, ...] = ()
    """The other names that must meet the same rule: a construct that they have is not a decoy."""

    def words(self, name: str) -> list[str]:
        """Return an option that is a list of strings."""
        value = self.options[name]
        return value if isinstance(value, list) else []

    def flag(self, name: str) -> bool:
        """Return an option that is true or false."""
        return self.options[name] is True

    def text(self, name: str) -> str:
        """Return an option that is a string."""
        value = self.options[name]
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Judgement:
    """The outcome of a requirement, and where to look."""

    status: Status
    why: str = ""
    module: Module | None = None
    node: cst.CSTNode | None = field(default=None, repr=False)


class Rule(ABC):
    """A check for one construct."""

    name: ClassVar[str]
    of: ClassVar[str]
    """The things that a requirement's `of` may name, in words."""
    message: ClassVar[str]
    """Shown when the construct is absent; `{of}` is the required name."""
    help: ClassVar[str]
    options: ClassVar[Sequence[Option]] = ()
    VALID: ClassVar[Sequence[RuleExample]]
    INVALID: ClassVar[Sequence[RuleExample]]

    @abstractmethod
    def judge(self, question: Question) -> Judgement:
        """Judge the required name."""

    def problems(self, options: Mapping[str, Setting]) -> list[str]:
        """Return the problems with the options that a challenge gives."""
        known = {option.name: option for option in self.options}
        wrong = [
            f"options.{name}: the rule {self.name!r} has no such option. Its options are: {', '.join(known) or 'none'}."
            for name in options
            if name not in known
        ]
        return wrong + [
            f"options.{name}: must be of the same type as {known[name].default!r}, got {value!r}."
            for name, value in options.items()
            if name in known and type(value) is not type(known[name].default)
        ]

    def settings(self, options: Mapping[str, Setting]) -> dict[str, Setting]:
        """Return the options, with defaults for those not given."""
        return {option.name: options.get(option.name, option.default) for option in self.options}


class DefinitionRule(Rule):
    """A rule about one class or function.

    For a module, one of its live definitions must have the construct; for a name, everything that the name can stand
    for must have it.
    """

    @abstractmethod
    def holds(self, subject: Value, question: Question) -> Seen:
        """Return whether one definition has the construct."""

    def judge(self, question: Question) -> Judgement:
        subjects = question.project.export(question.of)
        if any(isinstance(subject, Module) for subject in subjects):
            return self._somewhere(question)
        if not subjects:
            module = nearest_module(question)
            return Judgement(Status.ABSENT, f"{question.of} is not defined.", module)
        seen = [(subject, self.holds(subject, question)) for subject in subjects]
        unmet = [pair for pair in seen if pair[1].status is not Status.MET]
        if not unmet:
            return Judgement(Status.MET)
        subject, worst = unmet[-1]
        decoy = self._decoy(question, subjects) if worst.status is Status.ABSENT else None
        if decoy is not None:
            return Judgement(Status.DECOY, worst.why, *place(decoy))
        return Judgement(worst.status, worst.why, *place(subject))

    def _somewhere(self, question: Question) -> Judgement:
        """Judge whether any live definition in a module has the construct."""
        found = [
            (definition, self.holds(definition, question)) for definition in question.project.definitions(question.of)
        ]
        with_it = [definition for definition, result in found if result.status is Status.MET]
        if any(definition in question.project.alive for definition in with_it):
            return Judgement(Status.MET)
        if with_it:
            return Judgement(Status.DECOY, "", *place(with_it[0]))
        maybe = next(((definition, result) for definition, result in found if result.status is not Status.ABSENT), None)
        if maybe is not None:
            return Judgement(maybe[1].status, maybe[1].why, *place(maybe[0]))
        return Judgement(Status.ABSENT, "", nearest_module(question))

    def _decoy(self, question: Question, subjects: Sequence[Value]) -> Value | None:
        """Return another definition that has the construct; None if there is none."""
        required = {value for name in question.besides for value in question.project.export(name)}
        candidates = (
            definition
            for definition in question.project.definitions()
            if definition not in subjects and definition not in required
        )
        return next(
            (definition for definition in candidates if self.holds(definition, question).status is Status.MET), None
        )


def place(value: Value) -> tuple[Module | None, cst.CSTNode | None]:
    """Return the module and the node to point at for a value."""
    match value:
        case Class() | Function():
            node = value.node if isinstance(value.node, cst.Lambda) else value.node.name
            return value.module, node
        case Instance():
            return value.scope.module, value.call
        case Module():
            return value, None
        case _:
            return None, None


def nearest_module(question: Question) -> Module | None:
    """Return the module that a name should be in, so that a finding has a file to point at."""
    parts = question.of.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((question.project.modules[name] for name in names if name in question.project.modules), None)


def methods(project: Project, class_: Class) -> Iterator[Function]:
    """Yield the methods that a class and its bases in the submission define."""
    for ancestor in project.names.ancestry(class_):
        if isinstance(ancestor, Class):
            for name in ancestor.body.bindings:
                for value in project.names.own_member(ancestor, name) or ():
                    if isinstance(value, Function):
                        yield value
