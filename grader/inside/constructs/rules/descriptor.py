"""The rule `descriptor`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, Function, Value
from grader.inside.constructs.rules.queries import ancestors, class_of, working_member
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status

PROPERTY = {
    "builtins.property": {"__get__", "__set__", "__delete__"},
    "functools.cached_property": {"__get__", "__set_name__"},
}


def _gives(project: Project, class_: Class, name: str) -> bool:
    """Return whether a `__get__` does more than raise an exception or return the descriptor itself."""
    for method in project.names.member(class_, name) if name == "__get__" else ():
        if isinstance(method, Function) and not _returns_something(method):
            return False
    return True


def _returns_something(method: Function) -> bool:
    own = next((param.name.value for param in tree.parameters(method.node.params)), "")
    returned = [step.node.value for step in method.body.steps if isinstance(step.node, cst.Return)]
    if not returned:
        return not all(isinstance(step.node, cst.Raise | cst.Expr) for step in method.body.steps)
    return any(not (isinstance(value, cst.Name) and value.value == own) for value in returned)


class Descriptor(DefinitionRule):
    """The class is a descriptor: it defines or inherits every method that `needs` lists, `__get__` by default.

    A method counts if it does more than `...`, `pass` or raising NotImplementedError.
    """

    name = "descriptor"
    of = "a class, or an instance of it"
    message = "{of} is not a descriptor."
    help = (
        "Define the methods of the descriptor protocol in the class, such as `__get__`, `__set__` and `__set_name__`."
    )
    options = (
        Option(
            "needs", default=["__get__"], means="The methods that it must have: `__get__`, `__set__`, `__set_name__`..."
        ),
        Option("own", default=False, means="If true, methods inherited from `property` do not count."),
    )
    VALID = (
        RuleExample(
            """
            class Thing:
                def __get__(self, instance, owner): return self if instance is None else 1
            """
        ),
        RuleExample(
            {
                "m.py": "from pkg import Thing\n",
                "pkg/__init__.py": "from .fields import Text as Thing\n",
                "pkg/fields.py": """
                    class Field:
                        def __get__(self, instance, owner): return instance.__dict__[self.name]
                        def __set__(self, instance, value): instance.__dict__[self.name] = value
                        def __set_name__(self, owner, name): self.name = name
                    class Text(Field): ...
                    """,
            },
            options={"needs": ["__get__", "__set__", "__set_name__"]},
        ),
        RuleExample("class Thing(property): ...", options={"needs": ["__get__", "__set__"]}),
        RuleExample(
            """
            def read(self, instance, owner): return 1
            class Thing:
                __get__ = read
            """
        ),
        RuleExample(
            """
            class Field:
                def __get__(self, instance, owner): return 1
            Thing = Field()
            """
        ),
        RuleExample(
            """
            def readable(cls):
                def __get__(self, instance, owner): return 1
                cls.__get__ = __get__
                return cls
            @readable
            class Thing: ...
            """
        ),
    )
    INVALID = (
        RuleExample("class Thing(property): ...", options={"own": True}),
        RuleExample("class Thing: ..."),
        RuleExample("class Thing:\n    def __get__(self, instance, owner): raise AttributeError('no')"),
        RuleExample("class Thing:\n    def __get__(self, instance, owner): return self"),
        RuleExample(
            """
            class Thing:
                def __get__(self, instance, owner): return 1
            """,
            options={"needs": ["__set__"]},
        ),
        RuleExample(
            """
            from typing import TYPE_CHECKING
            class Thing:
                if TYPE_CHECKING:
                    def __get__(self, instance, owner): return 1
            """
        ),
        RuleExample(
            """
            class Thing:
                def __get__(self, instance, owner): ...
            """
        ),
        RuleExample(
            """
            class Thing:
                def __get__(self, instance, owner): return 1
                del __get__
            """
        ),
        RuleExample(
            """
            class Decoy:
                def __get__(self, instance, owner): return 1
            class Thing: ...
            """,
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        class_ = class_of(subject)
        if class_ is None:
            return ABSENT
        given: set[str] = set()
        for base in () if question.flag("own") else ancestors(question.project, class_):
            given |= PROPERTY.get(base, set())
        missing = [
            name
            for name in question.words("needs")
            if not (working_member(question.project, class_, name) and _gives(question.project, class_, name))
            and not (name in given and not question.project.names.member(class_, name))
        ]
        return Seen(Status.ABSENT, f"It lacks {', '.join(missing)}.") if missing else MET
