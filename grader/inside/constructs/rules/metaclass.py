"""The rule `metaclass`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.values import Class, Function, Instance, Opaque, Parameter, Value
from grader.inside.constructs.rules.rule import (
    ABSENT,
    MET,
    Asked,
    DefinitionRule,
    Example,
    Option,
    Seen,
    Status,
    methods,
)


class Metaclass(DefinitionRule):
    """The class is made by a metaclass that the submission defines and that does something.

    Found through `metaclass=`, through inheritance, through a factory function and through a call such as
    `Meta("Model", (), {})`. `type`, `ABCMeta` and a metaclass without a method of its own that does more than call
    `super()` do not count. `hooks` narrows it to metaclasses that define those methods.
    """

    name = "metaclass"
    of = "a class"
    message = "{of} is not made by a metaclass of your own."
    help = "Derive a class from `type`, let its `__new__` or `__init__` do the work, and name it: `metaclass=...`."
    options = (
        Option("hooks", default=[], means="Methods that the metaclass must define, each doing something: `__new__`."),
    )
    VALID = (
        Example(
            """
            class Meta(type):
                def __new__(meta, name, bases, body):
                    body['x'] = 1
                    return super().__new__(meta, name, bases, body)
            class Thing(metaclass=Meta): ...
            """
        ),
        Example(
            {
                "m.py": "from base import Base as B\nclass Thing(B): ...\n",
                "base.py": "from meta import *\nclass Base(metaclass=M): ...\n",
                "meta.py": """
                    import abc
                    class M(abc.ABCMeta):
                        def __init__(cls, *args): cls.seen = True
                    """,
            }
        ),
        Example(
            """
            def make():
                class Meta(type):
                    def fields(cls): return list(vars(cls))
                return Meta
            class Thing(metaclass=make()): ...
            """
        ),
        Example(
            """
            class Meta(type):
                def __call__(cls): return 1
            Thing = Meta('Thing', (), {})
            """
        ),
        Example(
            """
            class Meta(type):
                def __prepare__(*args): return {'x': 1}
            class Thing(metaclass=Meta): ...
            """,
            options={"hooks": ["__prepare__"]},
        ),
        Example(
            """
            class Base: ...
            class Meta(type(Base)):
                def __new__(meta, *args): return keep(type.__new__(meta, *args))
            class Thing(Base, metaclass=Meta): ...
            """
        ),
        Example(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            def made(name, bases, body): return Meta(name, bases, body)
            class Thing(metaclass=made): ...
            """
        ),
    )
    INVALID = (
        Example("class Thing: ..."),
        Example("import abc\nclass Thing(abc.ABC): ..."),
        Example("class Thing(metaclass=type): ..."),
        Example("class Meta(type): ...\nclass Thing(metaclass=Meta): ..."),
        Example(
            """
            class Meta(type):
                def __new__(meta, name, bases, body): return super().__new__(meta, name, bases, body)
            class Thing(metaclass=Meta): ...
            """
        ),
        Example(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            class Other(metaclass=Meta): ...
            class Thing: ...
            """,
            status=Status.DECOY,
        ),
        Example(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            if False:
                class Thing(metaclass=Meta): ...
            else:
                class Thing: ...
            """
        ),
        Example(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            class Thing(metaclass=Meta): ...
            Real = Thing
            class Thing: ...
            """,
            status=Status.DECOY,
        ),
        Example(
            """
            import os
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            class Thing: ...
            if os.environ.get('NEVER'):
                class Thing(metaclass=Meta): ...
            """
        ),
        Example(
            """
            class Meta(type):
                def __init__(cls, *args): cls.seen = True
            def plain(cls):
                class New: ...
                return New
            @plain
            class Thing(metaclass=Meta): ...
            """,
            status=Status.DECOY,
        ),
        Example(
            """
            def made(name, bases, body): return globals()['Meta'](name, bases, body)
            class Thing(metaclass=made): ...
            """,
            status=Status.DYNAMIC,
        ),
        Example(
            """
            class Meta(type):
                def __call__(cls): return 1
            class Thing(metaclass=Meta): ...
            """,
            options={"hooks": ["__new__"]},
        ),
        Example("Meta = Meta2\nMeta2 = Meta\nclass Thing(metaclass=Meta): ..."),
    )

    def holds(self, subject: Value, asked: Asked) -> Seen:
        """See DefinitionRule."""
        made_by = asked.project.metaclasses(subject)
        own = [one for one in made_by if isinstance(one, Class) and asked.project.is_metaclass(one)]
        if len(own) < len(made_by):
            unknown = any(isinstance(one, Opaque | Parameter | Instance) for one in made_by)
            return Seen(Status.DYNAMIC, "What makes this class is only known at run time.") if unknown else ABSENT
        return MET if own and all(self._works(one, asked) for one in own) else ABSENT

    def _works(self, metaclass: Class, asked: Asked) -> bool:
        doing = {method.name for method in methods(asked.project, metaclass) if not _passes_on(method)}
        wanted = asked.words("hooks")
        return doing.issuperset(wanted) if wanted else bool(doing)


def _passes_on(method: Function) -> bool:
    """Whether a method is empty or no more than a call of the same method of its parent."""
    return all(_is_idle(step.node, method.name) for step in method.body.steps)


def _is_idle(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.Pass() | cst.Expr(value=cst.Ellipsis() | cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Return(value=value) | cst.Expr(value=value):
            called = value.func if isinstance(value, cst.Call) else None
            return isinstance(called, cst.Attribute) and called.attr.value == name and _is_parent(called.value)
        case _:
            return False


def _is_parent(node: cst.BaseExpression) -> bool:
    return tree.dotted(node.func if isinstance(node, cst.Call) else node) in {"super", "type"}
