"""The rule `metaclass`."""

from __future__ import annotations

import libcst as cst

from grader.analysis.source import tree
from grader.analysis.source.values import Class, Function, Value
from grader.rules.rule import ABSENT, MET, Asked, DefinitionRule, Example, Option, Seen, Status, methods


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
    options = (Option("hooks", [], "Methods that the metaclass must define, each doing something: `__new__`."),)
    VALID = (
        Example(
            "class Meta(type):\n    def __new__(m, n, b, d):\n        d['x'] = 1\n        return super().__new__(m, n, b, d)\nclass Thing(metaclass=Meta): ...\n"
        ),
        Example(
            {
                "m.py": "from base import Base as B\nclass Thing(B): ...\n",
                "base.py": "from meta import *\nclass Base(metaclass=M): ...\n",
                "meta.py": "import abc\nclass M(abc.ABCMeta):\n    def __init__(c, *a):\n        c.seen = True\n",
            }
        ),
        Example(
            "def make():\n    class Meta(type):\n        def fields(cls): return list(cls.__dict__)\n    return Meta\n"
            "class Thing(metaclass=make()): ...\n"
        ),
        Example("class Meta(type):\n    def __call__(c): return 1\nThing = Meta('Thing', (), {})\n"),
        Example(
            "class Meta(type):\n    def __prepare__(*a): return {'x': 1}\nclass Thing(metaclass=Meta): ...\n",
            options={"hooks": ["__prepare__"]},
        ),
        Example(
            "class Base: ...\nclass Meta(type(Base)):\n    def __new__(m, *a): return keep(type.__new__(m, *a))\nclass Thing(Base, metaclass=Meta): ...\n"
        ),
    )
    INVALID = (
        Example("class Thing: ...\n"),
        Example("import abc\nclass Thing(abc.ABC): ...\n"),
        Example("class Thing(metaclass=type): ...\n"),
        Example("class Meta(type): ...\nclass Thing(metaclass=Meta): ...\n"),
        Example(
            "class Meta(type):\n    def __new__(m, n, b, d): return super().__new__(m, n, b, d)\nclass Thing(metaclass=Meta): ...\n"
        ),
        Example(
            "class Meta(type):\n    def __init__(c, *a): c.x = 1\nclass Other(metaclass=Meta): ...\nclass Thing: ...\n",
            status=Status.DECOY,
        ),
        Example(
            "class Meta(type):\n    def __init__(c, *a): c.x = 1\nif False:\n    class Thing(metaclass=Meta): ...\nelse:\n    class Thing: ...\n"
        ),
        Example(
            "class Meta(type):\n    def __init__(c, *a): c.x = 1\nclass Thing(metaclass=Meta): ...\nReal = Thing\n"
            "class Thing: ...\n",
            status=Status.DECOY,
        ),
        Example(
            "import os\nclass Meta(type):\n    def __init__(c, *a): c.x = 1\nclass Thing: ...\n"
            "if os.environ.get('NEVER'):\n    class Thing(metaclass=Meta): ...\n",
        ),
        Example(
            "class Meta(type):\n    def __init__(c, *a): c.x = 1\ndef plain(cls):\n    class New: ...\n    return New\n"
            "@plain\nclass Thing(metaclass=Meta): ...\n",
            status=Status.DECOY,
        ),
        Example(
            "def made(n, b, d): return globals()['Meta'](n, b, d)\nclass Thing(metaclass=made): ...\n",
            status=Status.DYNAMIC,
        ),
        Example(
            "class Meta(type):\n    def __call__(c): return 1\nclass Thing(metaclass=Meta): ...\n",
            options={"hooks": ["__new__"]},
        ),
        Example("Meta = Meta2\nMeta2 = Meta\nclass Thing(metaclass=Meta): ...\n"),
    )

    def holds(self, subject: Value, asked: Asked) -> Seen:
        """See DefinitionRule."""
        made_by = asked.project.metaclasses(subject)
        own = [one for one in made_by if isinstance(one, Class) and asked.project.is_metaclass(one)]
        if len(own) < len(made_by):
            plain = any(not isinstance(one, Class | Function) and type(one).__name__ == "Opaque" for one in made_by)
            return Seen(Status.DYNAMIC, "What makes this class is only known at run time.") if plain else ABSENT
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
