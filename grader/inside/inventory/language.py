"""The rules for the skills of the area Python Language Mastery."""

from __future__ import annotations

import ast
import re

from grader.inside.inventory.skill_rule import (
    FUNCTIONS,
    FunctionNode,
    Sign,
    SignContext,
    SkillRule,
    is_stub,
    last,
    methods_of,
    sees,
    weak,
)

METACLASSES = frozenset({"type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})
META_NAME = re.compile(r"\w(Meta|Metaclass|MetaClass)$|^Meta[A-Z]")
META_METHODS = frozenset({"__new__", "__init__", "__call__", "__prepare__", "__instancecheck__", "__subclasscheck__"})
CONTEXT = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
NO_GENERATOR = frozenset({"fixture", "contextmanager", "asynccontextmanager", "coroutine", "inlineCallbacks"})
PROTOCOL_BASES = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def _typing(*names: str) -> dict[str, str]:
    return {f"{module}.{name}": name for module in ("typing", "typing_extensions") for name in names}


class Metaclasses(SkillRule):
    """A class that derives from `type`, `ABCMeta`, `EnumMeta` or another metaclass, and defines something."""

    skill = "Metaclasses"
    why = (
        "Writing a metaclass is the skill; using one, `type(name, bases, names)` and `__init_subclass__` only touch "
        "it, and `metaclass=ABCMeta` does not count."
    )
    VALID = (
        "class Meta(type):\n    def __new__(mcs, *parts):\n        return super().__new__(mcs, *parts)",
        "from abc import ABCMeta as A\nclass Tracked(A):\n    def __call__(cls): return super().__call__()",
        "from shop import ModelMeta\nclass FormMeta(ModelMeta):\n    def __new__(mcs, *a): return super().__new__(*a)",
    )
    INVALID = (
        "from abc import ABCMeta\nclass Base(metaclass=ABCMeta): ...",
        "class Field:\n    def __init_subclass__(cls): ...",
        "class User(Base):\n    class Meta(Base.Meta):\n        table = 'users'",
        "Point = type('Point', (), {})",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise metaclasses, and classes made by a metaclass."""
        bases = at.bases(node)
        made_by_type = any(isinstance(base, ast.Call) and at.name(base.func) == "type" for base in node.bases)
        methods = methods_of(node)
        if made_by_type or not METACLASSES.isdisjoint(bases):
            return Sign(f"metaclass {node.name}") if len(node.body) > 1 or methods else weak(f"metaclass {node.name}")
        if any(META_NAME.search(last(base)) for base in bases) and not META_METHODS.isdisjoint(methods):
            return Sign(f"metaclass {node.name}")
        made_by = [at.name(keyword.value) for keyword in node.keywords if keyword.arg == "metaclass"]
        return weak(f"class {node.name} made by {made_by[0]}") if made_by and made_by[0] not in METACLASSES else None

    @sees(ast.FunctionDef)
    def hook(self, node: ast.FunctionDef, at: SignContext) -> Sign | None:
        """Recognise `__init_subclass__`, which often makes a metaclass unnecessary."""
        return weak("__init_subclass__") if node.name == "__init_subclass__" and at.scope.node else None

    @sees(ast.Call)
    def made(self, node: ast.Call, at: SignContext) -> Sign | None:
        """Recognise classes made by calling `type`."""
        return weak("class made by type()") if len(node.args) == 3 and at.name(node.func) == "type" else None


class Descriptors(SkillRule):
    """A class with a `__get__` of its own that does something."""

    skill = "Descriptors"
    why = (
        "Implementing the protocol is the skill; `@property` is everyday use, and `__set_name__` alone only touches "
        "the skill."
    )
    VALID = (
        "class Field:\n    def __get__(self, owner, kind): return 1",
        "class Field:\n    def __get__(self, owner, kind): return 1\n    def __set__(self, owner, x): self.x = x",
        "def make():\n    class Lazy:\n        def __get__(self, owner, kind): return self.f(owner)\n    return Lazy",
    )
    INVALID = (
        "class User:\n    @property\n    def name(self): return 1",
        "from typing import Protocol\nclass Bound(Protocol):\n    def __get__(self, owner, kind): ...",
        "class Named:\n    def __set_name__(self, owner, name): self.name = name",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes that implement the protocol."""
        methods = methods_of(node)
        if "__get__" in methods and not is_stub(methods["__get__"]):
            kind = "data descriptor" if "__set__" in methods else "descriptor"
            return Sign(f"{kind} {node.name}")
        parts = {"__set_name__", "__set__", "__delete__", "__get__"} & set(methods)
        return weak(f"{min(parts)} of {node.name}") if parts else None


class Decorators(SkillRule):
    """A decorator: `functools.wraps` or `update_wrapper`, or a function that returns a wrapper around its argument."""

    skill = "Decorators"
    why = "A reusable wrapper is the skill; applying decorators is not, nor is registering and returning a function."
    uses = {
        "functools.wraps": "functools.wraps",
        "functools.update_wrapper": "functools.update_wrapper",
        "wrapt.decorator": "wrapt.decorator",
        "decorator.decorator": "decorator.decorator",
    }
    VALID = (
        "from functools import wraps\ndef log(f):\n    @wraps(f)\n    def inner(*a): return f(*a)\n    return inner",
        "import functools as ft\nclass Once:\n    def __init__(self, f):\n        ft.update_wrapper(self, f)",
        "def twice(f):\n    def inner(*a):\n        f(*a)\n        return f(*a)\n    return inner",
        "def define(f=None):\n    def wrap(cls): return make(cls)\n    if f is None: return wrap\n    return wrap(f)",
    )
    INVALID = (
        "@register\ndef f(): ...",
        "def register(f):\n    REGISTRY.append(f)\n    return f",
        "def adder(n):\n    def add(x): return x + n\n    return add",
        "from functools import wraps",
    )

    @sees(ast.FunctionDef)
    def wrapper(self, node: ast.FunctionDef, _at: SignContext) -> Sign | None:
        """Recognise functions that return a wrapper around their argument, or a decorator with optional arguments."""
        inner = {part.name: part for part in node.body if isinstance(part, FUNCTIONS)}
        if not inner:
            return None
        parameters = {argument.arg for argument in [*node.args.posonlyargs, *node.args.args]}
        returned = [part.value for part in _returns(node)]
        names = {value.id for value in returned if isinstance(value, ast.Name)} & set(inner)
        if any(_passes_on(inner[name], parameters) for name in names):
            return Sign(f"decorator {node.name}")
        called = {part.func.id for part in returned if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
        return Sign(f"decorator {node.name}, with or without arguments") if names & called else None


def _returns(node: ast.FunctionDef) -> list[ast.Return]:
    """Return the return statements directly in a function's body and in its `if` blocks."""
    branches = [part for statement in node.body if isinstance(statement, ast.If) for part in statement.body]
    return [part for part in [*node.body, *branches] if isinstance(part, ast.Return)]


def _passes_on(node: FunctionNode, parameters: set[str]) -> bool:
    """Return whether a function passes `*` or `**` arguments on to a parameter of the function around it."""
    if node.args.vararg is None and node.args.kwarg is None:
        return False
    for statement in node.body[:50]:
        for part in ast.walk(statement):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in parameters:
                starred = any(isinstance(value, ast.Starred) for value in part.args)
                return starred or any(keyword.arg is None for keyword in part.keywords)
    return False


class ContextManagers(SkillRule):
    """A class with `__enter__` and `__exit__` or the async pair, or a function decorated with `contextmanager`."""

    skill = "Context Managers"
    why = "Writing a context manager is the skill; a `with` statement is everyday use, and `ExitStack` only touches it."
    touches = {"contextlib.ExitStack": "ExitStack", "contextlib.AsyncExitStack": "AsyncExitStack"}
    VALID = (
        "class Lock:\n    def __enter__(self): return self\n    def __exit__(self, *error): self.close()",
        "class Link:\n    async def __aenter__(self): return self\n    async def __aexit__(self, *e): await close()",
        "import contextlib as c\n@c.contextmanager\ndef opened():\n    yield 1",
        "class Attempt:\n    def __enter__(self): pass\n    def __exit__(self, kind, error, trace): self.keep(error)",
    )
    INVALID = (
        "with open('x') as file: ...",
        "class Half:\n    def __enter__(self): return self",
        "from contextlib import contextmanager",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes that can be entered and exited."""
        methods = methods_of(node)
        for enter, leave, kind in (
            ("__enter__", "__exit__", "context manager"),
            ("__aenter__", "__aexit__", "asynchronous context manager"),
        ):
            if enter in methods and leave in methods and not is_stub(methods[leave]):
                return Sign(f"{kind} {node.name}", line=methods[enter].lineno)
        return None

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def generated(self, node: FunctionNode, at: SignContext) -> Sign | None:
        """Recognise generator functions that are decorated as context managers."""
        return Sign(f"context manager {node.name}") if not CONTEXT.isdisjoint(at.decorators(node)) else None


class Generators(SkillRule):
    """A function with `yield` or `yield from` that is neither a fixture nor a context manager."""

    skill = "Generators"
    why = (
        "Producing values one at a time is the skill; fixtures and context managers only borrow the keyword. "
        "A generator expression only touches the skill."
    )
    enough = 2
    VALID = (
        "def numbers():\n    yield 1",
        "def leaves(tree):\n    for part in tree:\n        yield from leaves(part)",
        "async def lines(stream):\n    async for line in stream:\n        yield line",
    )
    INVALID = (
        "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    yield 1",
        "import pytest\n@pytest.fixture()\ndef client():\n    yield 1",
        "total = sum(n * n for n in range(9))",
    )

    @sees(ast.Yield, ast.YieldFrom)
    def yielded(self, node: ast.Yield | ast.YieldFrom, at: SignContext) -> Sign | None:
        """Recognise generator functions, each of them once."""
        function = at.function()
        if function is None or any(last(name) in NO_GENERATOR for name in at.decorators(function)):
            return None
        how = "delegates with yield from" if isinstance(node, ast.YieldFrom) else "is a generator"
        return Sign(f"{function.name} {how}", line=function.lineno)

    @sees(ast.GeneratorExp)
    def expression(self, _node: ast.GeneratorExp, _at: SignContext) -> Sign:
        """Recognise generator expressions."""
        return weak("generator expression")


class AsyncAwait(SkillRule):
    """A coroutine: `async def` with `await`, `async for` or `async with` in it."""

    skill = "Async/Await"
    why = "Waiting without blocking other code is the skill; an `async def` that never waits only touches it."
    enough = 3
    VALID = (
        "async def get(client):\n    return await client.get('/')",
        "async def get(pool):\n    async with pool.acquire() as c:\n        return c",
        "class A:\n    async def all(self, rows):\n        async for row in rows: print(row)",
    )
    INVALID = (
        "async def ready():\n    return True",
        "def get(client):\n    return client.get('/')",
        "import asyncio",
    )

    @sees(ast.Await, ast.AsyncFor, ast.AsyncWith)
    def waits(self, _node: ast.AST, at: SignContext) -> Sign | None:
        """Recognise coroutines that wait, each of them once."""
        function = at.function()
        return Sign(f"coroutine {function.name}", line=function.lineno) if function is not None else None

    @sees(ast.AsyncFunctionDef)
    def defined(self, node: ast.AsyncFunctionDef, _at: SignContext) -> Sign:
        """Recognise functions that could wait."""
        return weak(f"async def {node.name}")


class TypeHints(SkillRule):
    """Advanced typing: Protocol, Generic, type variables, Literal, overload, TypedDict, NewType, Annotated, Self."""

    skill = "Type Hints"
    why = "Types that say more than `int` are the skill; ordinary annotations, Optional and Union only touch it."
    enough = 3
    uses = _typing(
        *("Protocol", "Generic", "TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "Literal", "overload", "TypedDict"),
        *(
            "Annotated",
            "Concatenate",
            "TypeGuard",
            "TypeIs",
            "Self",
            "Unpack",
            "Required",
            "NotRequired",
            "assert_never",
        ),
    )
    VALID = (
        "from typing import Protocol\nclass Sized(Protocol):\n    def size(self) -> int: ...",
        "import typing as t\nT = t.TypeVar('T')",
        "from typing_extensions import Self\nclass A:\n    def copy(self) -> Self: return self",
        "from typing import Literal\ndef f(mode: Literal['r', 'w']) -> None: ...",
    )
    INVALID = (
        "def f(x: int) -> str: return str(x)",
        "from typing import Optional\ndef f(x: Optional[int] = None) -> None: ...",
        "from typing import Protocol",
    )

    @sees(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    def parametrised(self, node: FunctionNode | ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise type parameters (Python 3.12), and ordinary annotations."""
        if getattr(node, "type_params", None):
            return Sign(f"type parameters of {node.name}")
        annotated = not isinstance(node, ast.ClassDef) and (node.returns or any(_annotated(node)))
        return weak("annotated") if annotated else None


def _annotated(node: FunctionNode) -> list[bool]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [argument.annotation is not None for argument in arguments]


RULES = (Metaclasses, Descriptors, Decorators, ContextManagers, Generators, AsyncAwait, TypeHints)
