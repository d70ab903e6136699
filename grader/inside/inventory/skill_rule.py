"""What a rule of the skill inventory is: what counts as a sign of one skill, why, and examples that are its tests.

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
    """One sign of a skill: what it is, in a few words that a reader can check at the place."""

    what: str
    strong: bool = True
    line: int | None = None
    """Where it is, if that is not the line of the node that was looked at."""


def weak(what: str, line: int | None = None) -> Sign:
    """Return a sign that the code touches a skill."""
    return Sign(what, strong=False, line=line)


def sees(*kinds: type[ast.AST]) -> Callable[[Method], Method]:
    """Mark a method of a rule: it is given every node of these types."""

    def mark(method: Method) -> Method:
        setattr(method, KINDS, kinds)
        return method

    return mark


class SourceScope:
    """A function or class around a node, and what is around that. The outermost is the module, without a node."""

    __slots__ = ("above", "node")

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None, above: SourceScope | None
    ) -> None:
        self.node = node
        self.above = above


class SignContext:
    """The place of the node that a rule looks at: its file, the scopes around it, what its names mean."""

    __slots__ = ("aliases", "is_test", "path", "scope")

    def __init__(self, path: str, *, is_test: bool) -> None:
        self.path = path
        self.is_test = is_test
        self.aliases: dict[str, str] = {}
        self.scope = SourceScope(None, None)

    def name(self, node: ast.AST | None) -> str:
        """Return the qualified dotted name of an expression, by the file's imports; empty if it is no name."""
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
        """Return the qualified names of the decorators, called or not."""
        return [self.name(part.func if isinstance(part, ast.Call) else part) for part in node.decorator_list]

    def bases(self, node: ast.ClassDef) -> list[str]:
        """Return the qualified names of the bases, without what they are subscripted with."""
        return [self.name(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]


class SkillRule:
    """Base of all rules. The docstring of a rule says what counts."""

    skill: ClassVar[str]
    why: ClassVar[str]
    """Why this counts, and what does not."""
    enough: ClassVar[int] = 1
    """Strong places from which on the skill counts as used."""
    distinct: ClassVar[bool] = False
    """Whether different signs are counted instead of places: two patterns, not two factories."""
    where: ClassVar[str] = CODE
    """Whether the rule looks at code, at tests or at both."""
    uses: ClassVar[Mapping[str, str]] = {}
    """What a use of a qualified name is a strong sign of: `threading.Lock`, or `weakref.*` for all that is in it."""
    touches: ClassVar[Mapping[str, str]] = {}
    """The same for weak signs."""
    VALID: ClassVar[tuple[str, ...]]
    """Files in which there is a strong sign."""
    INVALID: ClassVar[tuple[str, ...]]
    """Files in which there is none."""


def methods_of(node: ast.ClassDef) -> dict[str, FunctionNode]:
    """Return a class's own methods by name; of overloads, the last."""
    return {part.name: part for part in node.body if isinstance(part, FUNCTIONS)}


def body_of(node: FunctionNode) -> list[ast.stmt]:
    """Return a function's statements without its docstring."""
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:]
    return body


def is_stub(node: FunctionNode) -> bool:
    """Return whether a function does nothing: `...`, `pass`, a docstring."""
    return all(
        isinstance(part, ast.Pass) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for part in body_of(node)
    )


def raises_not_implemented(node: FunctionNode) -> bool:
    """Return whether all that a function does is to say that subclasses have to."""
    body = body_of(node)
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def last(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.rpartition(".")[2]
