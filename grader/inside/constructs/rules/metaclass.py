"""The rule `metaclass`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, Function, Instance, Opaque, Parameter, Value
from grader.inside.constructs.rules.queries import put_on
from grader.inside.constructs.rules.rule import (
    ABSENT,
    MET,
    DefinitionRule,
    Option,
    Question,
    RuleExample,
    Seen,
    Status,
    methods,
)

SHOWING = frozenset({"__dir__", "__repr__", "__str__", "__format__", "__hash__", "__sizeof__", "__reduce__"})
"""Methods that describe a class and do nothing with it."""
MARKS = (cst.SimpleString, cst.Integer, cst.Float, cst.Name)
"""The kinds of value in an assignment that only leaves a mark: `cls.seen = True`."""


class Metaclass(DefinitionRule):
    """The class is made by a metaclass that the submission defines and that does something.

    The metaclass is found through `metaclass=`, through inheritance, through a factory function and through a call such
    as `Meta("Model", (), {})`. `type`, `ABCMeta` and a metaclass that does nothing do not count. A metaclass does
    nothing if its methods only call `super()`, leave a mark or show the class, or are never used. With `hooks`, the
    metaclass must define the listed methods.
    """

    name = "metaclass"
    of = "a class"
    message = "{of} is not made by a metaclass of your own."
    help = "Derive a class from `type`, let its `__new__` or `__init__` do the work, and name it in `metaclass=...`."
    options = (
        Option(
            "hooks",
            default=[],
            means="Methods that the metaclass must define and that must do something, such as `__new__`.",
        ),
    )
    VALID = (
        RuleExample(
            """
            class Meta(type):
                def __new__(meta, name, bases, body):
                    body['x'] = 1
                    return super().__new__(meta, name, bases, body)
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            {
                "m.py": "from base import Base as B\nclass Thing(B): ...\n",
                "base.py": "from meta import *\nclass Base(metaclass=M): ...\n",
                "meta.py": """
                    import abc
                    class M(abc.ABCMeta):
                        def __init__(cls, *args): cls.seen = list(args)
                    """,
            }
        ),
        RuleExample(
            """
            def make():
                class Meta(type):
                    def fields(cls): return list(vars(cls))
                return Meta
            class Thing(metaclass=make()):
                def names(self): return type(self).fields()
            """
        ),
        RuleExample(
            """
            from functools import partial
            class Meta(type):
                def __new__(meta, name, bases, body, table):
                    return type.__new__(meta, name, bases, {**body, 't': table})
            class Thing(metaclass=partial(Meta, table=1)): ...
            """
        ),
        RuleExample(
            """
            def collecting(meta):
                def __init__(cls, name, bases, body): cls.fields = [one for one in body if one.islower()]
                meta.__init__ = __init__
                return meta
            @collecting
            class Meta(type): ...
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __call__(cls): return 1
            Thing = Meta('Thing', (), {})
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __prepare__(*args): return {'x': 1}
            class Thing(metaclass=Meta): ...
            """,
            options={"hooks": ["__prepare__"]},
        ),
        RuleExample(
            """
            class Base: ...
            class Meta(type(Base)):
                def __new__(meta, *args): return keep(type.__new__(meta, *args))
            class Thing(Base, metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            def made(name, bases, body): return Meta(name, bases, body)
            class Thing(metaclass=made): ...
            """
        ),
    )
    INVALID = (
        RuleExample("class Thing: ..."),
        RuleExample("import abc\nclass Thing(abc.ABC): ..."),
        RuleExample("class Thing(metaclass=type): ..."),
        RuleExample("class Meta(type): ...\nclass Thing(metaclass=Meta): ..."),
        RuleExample(
            """
            class Meta(type):
                def __new__(meta, name, bases, body): return super().__new__(meta, name, bases, body)
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            class Other(metaclass=Meta): ...
            class Thing: ...
            """,
            status=Status.DECOY,
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            if False:
                class Thing(metaclass=Meta): ...
            else:
                class Thing: ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            class Thing(metaclass=Meta): ...
            Real = Thing
            class Thing: ...
            """,
            status=Status.DECOY,
        ),
        RuleExample(
            """
            import os
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            class Thing: ...
            if os.environ.get('NEVER'):
                class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = list(args)
            def plain(cls):
                class New: ...
                return New
            @plain
            class Thing(metaclass=Meta): ...
            """,
            status=Status.DECOY,
        ),
        RuleExample(
            """
            def made(name, bases, body): return globals()['Meta'](name, bases, body)
            class Thing(metaclass=made): ...
            """,
            status=Status.DYNAMIC,
        ),
        RuleExample(
            """
            class Meta(type):
                def __call__(cls): return 1
            class Thing(metaclass=Meta): ...
            """,
            options={"hooks": ["__new__"]},
        ),
        RuleExample(
            """
            class Meta(type):
                def __dir__(cls): return sorted(vars(cls))
            class Thing(metaclass=Meta):
                def __init_subclass__(cls): cls.fields = list(vars(cls))
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def nobody(cls): return list(vars(cls))
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample(
            """
            class Meta(type):
                def __new__(meta, *args):
                    made = super().__new__(meta, *args)
                    return made
            class Thing(metaclass=Meta): ...
            """
        ),
        RuleExample("Meta = Meta2\nMeta2 = Meta\nclass Thing(metaclass=Meta): ..."),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        made_by = question.project.metaclasses(subject)
        own = [maker for maker in made_by if isinstance(maker, Class) and question.project.is_metaclass(maker)]
        if len(own) < len(made_by):
            unknown = any(isinstance(maker, Opaque | Parameter | Instance) for maker in made_by)
            return Seen(Status.DYNAMIC, "The metaclass of this class is known only at run time.") if unknown else ABSENT
        return MET if own and all(self._works(metaclass, question) for metaclass in own) else ABSENT

    def _works(self, metaclass: Class, question: Question) -> bool:
        lineage = [ancestor for ancestor in question.project.names.ancestry(metaclass) if isinstance(ancestor, Class)]
        doing = {name for ancestor in lineage for name in put_on(question.project, ancestor)}
        doing |= {method.name for method in methods(question.project, metaclass) if not _passes_on(method)}
        doing = {
            name for name in doing if name not in SHOWING and (_is_dunder(name) or _is_used(name, question.project))
        }
        hooks = question.words("hooks")
        return doing.issuperset(hooks) if hooks else bool(doing)


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_used(name: str, project: Project) -> bool:
    """Return whether any of the submission's code uses an attribute of that name."""
    return name in project.once(_is_used, lambda: frozenset(_attributes(project)))


def _attributes(project: Project) -> Iterator[str]:
    for module in project.modules.values():
        for node in tree.walk(module.tree):
            if isinstance(node, cst.Attribute):
                yield node.attr.value


def _passes_on(method: Function) -> bool:
    """Return whether a method is empty, leaves a mark, or merely calls the same method of the parent class."""
    return all(_is_idle(step.node, method.name) for step in method.body.steps)


def _is_idle(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.Pass() | cst.Expr(value=cst.Ellipsis() | cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() | cst.Name())], value=value) if isinstance(
            value, MARKS
        ):
            return True
        case cst.Return(value=cst.Name()):
            return True
        case cst.Return(value=value) | cst.Expr(value=value) | cst.Assign(targets=[_], value=value):
            called = value.func if isinstance(value, cst.Call) else None
            return (
                isinstance(called, cst.Attribute)
                and called.attr.value == name
                and _is_parent(called.value)
                and isinstance(value, cst.Call)
                and all(isinstance(arg.value, cst.Name) for arg in value.args)
            )
        case _:
            return False


def _is_parent(node: cst.BaseExpression) -> bool:
    return tree.dotted(node.func if isinstance(node, cst.Call) else node) in {"super", "type"}
