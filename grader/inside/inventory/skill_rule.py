"""A rule of the skill inventory: what counts as a sign of one skill, why, and examples that serve as its tests.

A rule is a class whose methods are marked with the types of `ast` nodes that they look at (`@sees(ast.ClassDef)`), and
a table `uses` of qualified names. A sign is *strong* if the code at that place implements or works with the skill,
*weak* if it only touches it. How signs become a strength from 0 to 3 is defined outside, in `strength.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, NamedTuple, TypeVar

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Method = TypeVar("Method", bound=Callable[..., "Sign | None"])
KINDS = "kinds"
"""The attribute of a rule's method that names the types of nodes that it looks at."""

CODE = "code"
TESTS = "tests"
ANYWHERE = "anywhere"


class Sign(NamedTuple):
    """A sign of a skill, described in a few words that a reader can check in the code."""

    what: str
    strong: bool = True
    line: int | None = None
    """The line of the sign; None if it is the line of the node that was looked at."""


def weak(what: str, line: int | None = None) -> Sign:
    """Return a sign that the code only touches a skill."""
    return Sign(what, strong=False, line=line)


def sees(*kinds: type[ast.AST]) -> Callable[[Method], Method]:
    """Mark a method of a rule, so that it is given every node of these types."""

    def mark(method: Method) -> Method:
        setattr(method, KINDS, kinds)
        return method

    return mark


class SourceScope:
    """A function or class around a node, and the scope around it. The outermost scope is the module, without a node."""

    __slots__ = ("above", "node")

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None, above: SourceScope | None
    ) -> None:
        self.node = node
        self.above = above


class SignContext:
    """The context of the node that a rule looks at: its file, the scopes around it, and what imported names mean."""

    __slots__ = ("aliases", "is_test", "path", "scope")

    def __init__(self, path: str, *, is_test: bool) -> None:
        self.path = path
        self.is_test = is_test
        self.aliases: dict[str, str] = {}
        self.scope = SourceScope(None, None)

    def name(self, node: ast.AST | None) -> str:
        """Return an expression's dotted name, qualified by the file's imports; empty if it is not a name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(self.aliases.get(node.id, node.id))
        return ".".join(reversed(parts))

    def function(self) -> FunctionNode | None:
        """Return the innermost function around the node."""
        scope: SourceScope | None = self.scope
        while scope is not None:
            if isinstance(scope.node, FUNCTIONS):
                return scope.node
            scope = scope.above
        return None

    def functions(self) -> Iterator[FunctionNode]:
        """Yield the functions around the node, the innermost first."""
        scope: SourceScope | None = self.scope
        while scope is not None:
            if isinstance(scope.node, FUNCTIONS):
                yield scope.node
            scope = scope.above

    def decorators(self, node: FunctionNode | ast.ClassDef) -> list[str]:
        """Return the qualified names of the decorators, whether they are called or not."""
        return [self.name(part.func if isinstance(part, ast.Call) else part) for part in node.decorator_list]

    def bases(self, node: ast.ClassDef) -> list[str]:
        """Return the qualified names of the bases, without their subscripts."""
        return [self.name(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]


class SkillRule:
    """The base of all rules. A rule's docstring says what counts."""

    skill: ClassVar[str]
    why: ClassVar[str]
    """Why these signs count, and what does not count."""
    enough: ClassVar[int] = 1
    """The number of strong places from which the skill counts as used."""
    distinct: ClassVar[bool] = False
    """True if different signs are counted instead of places: two patterns, not two factories."""
    where: ClassVar[str] = CODE
    """Where the rule looks: in code, in tests or in both."""
    uses: ClassVar[Mapping[str, str]] = {}
    """The strong sign for a use of each qualified name, such as `threading.Lock`, or `weakref.*` for any name in it."""
    touches: ClassVar[Mapping[str, str]] = {}
    """The weak sign for a use of each qualified name, in the same form."""
    VALID: ClassVar[tuple[str, ...]]
    """Example files that give a strong sign."""
    INVALID: ClassVar[tuple[str, ...]]
    """Example files that give no strong sign."""


def methods_of(node: ast.ClassDef) -> dict[str, FunctionNode]:
    """Return a class's own methods by name; of several with the same name, the last."""
    return {part.name: part for part in node.body if isinstance(part, FUNCTIONS)}


def body_of(node: FunctionNode) -> list[ast.stmt]:
    """Return a function's statements without its docstring."""
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:]
    return body


def is_stub(node: FunctionNode) -> bool:
    """Return whether a function does nothing: its body consists of `...`, `pass` or a docstring."""
    return all(
        isinstance(part, ast.Pass) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for part in body_of(node)
    )


def raises_not_implemented(node: FunctionNode) -> bool:
    """Return whether a function does nothing but raise NotImplementedError."""
    body = body_of(node)
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def last(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.rpartition(".")[2]
