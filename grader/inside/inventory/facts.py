"""What is kept about a file besides its signs: facts to be judged together with other files', and a few counts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice
from typing import TypedDict

from grader.inside.inventory.skill_rule import (
    FUNCTIONS,
    FunctionNode,
    SignContext,
    is_stub,
    last,
    methods_of,
    raises_not_implemented,
)

MOST = 400
"""The most entries of one kind that a file may add: nobody writes more, and an answer has to fit through the wall."""
ABSTRACT = frozenset({"abc.abstractmethod", "abstractmethod", "abc.abstractproperty"})
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
NAME = re.compile(r"[A-Za-z_]\w*")


class FactsDict(TypedDict):
    """The facts of one file, as they leave the sandbox."""

    abstractions: list[tuple[str, int]]
    """Abstract classes and protocols, with their lines."""
    bases: list[tuple[str, str, int]]
    """The class, its base and the line of each derivation."""
    takes: list[tuple[str, int]]
    """Names in the annotations of parameters, with their lines."""
    imports: list[str]
    """Dotted names; relative ones begin with dots."""
    classes: int
    functions: int
    coroutines: int
    annotated: int
    tests: int
    prints: int
    loggers: int


class Facts:
    """Collects the facts of a file while it is walked."""

    def __init__(self, position: SignContext) -> None:
        self._position = position
        self._imports: dict[str, None] = {}
        self._abstractions: list[tuple[str, int]] = []
        self._bases: list[tuple[str, str, int]] = []
        self._takes: list[tuple[str, int]] = []
        self._counts = dict.fromkeys(
            ("classes", "functions", "coroutines", "annotated", "tests", "prints", "loggers"), 0
        )

    def imports(self, name: str) -> None:
        """Remember an import."""
        if len(self._imports) < MOST:
            self._imports.setdefault(name[:200])

    def see(self, node: ast.AST) -> None:
        """Remember a class or a function."""
        if isinstance(node, ast.ClassDef):
            self._see_class(node)
        elif isinstance(node, FUNCTIONS):
            self._see_function(node)

    def see_call(self, node: ast.Call) -> None:
        """Count calls of `print`, and calls that get a logger."""
        name = self._position.name(node.func)
        self._counts["prints"] += name == "print"
        self._counts["loggers"] += last(name) in {"getLogger", "get_logger"}

    def _see_class(self, node: ast.ClassDef) -> None:
        self._counts["classes"] += 1
        bases = self._position.bases(node)
        if len(self._bases) < MOST:
            self._bases += [(node.name[:100], last(base)[:100], node.lineno) for base in bases if base][:20]
        if len(self._abstractions) < MOST and is_abstract(node, self._position):
            self._abstractions.append((node.name[:100], node.lineno))

    def _see_function(self, node: FunctionNode) -> None:
        self._counts["functions"] += 1
        self._counts["coroutines"] += isinstance(node, ast.AsyncFunctionDef)
        self._counts["tests"] += node.name.startswith("test")
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        annotations = [argument.annotation for argument in arguments if argument.annotation is not None]
        self._counts["annotated"] += bool(annotations or node.returns is not None)
        if len(self._takes) < MOST:
            self._takes += [(name[:100], node.lineno) for part in annotations for name in named(part)][:40]

    def as_plain(self) -> FactsDict:
        """Return the facts as plain data."""
        counts = self._counts
        return {
            "abstractions": self._abstractions,
            "bases": self._bases,
            "takes": self._takes,
            "imports": list(self._imports),
            "classes": counts["classes"],
            "functions": counts["functions"],
            "coroutines": counts["coroutines"],
            "annotated": counts["annotated"],
            "tests": counts["tests"],
            "prints": counts["prints"],
            "loggers": counts["loggers"],
        }


def is_abstract(node: ast.ClassDef, position: SignContext) -> bool:
    """Return whether a class leaves something to its subclasses: abstract methods, methods that only raise
    NotImplementedError, or the members of a protocol.
    """
    methods = methods_of(node).values()
    if not PROTOCOLS.isdisjoint(position.bases(node)):
        return any(map(is_stub, methods)) or any(isinstance(part, ast.AnnAssign) for part in node.body)
    return any(
        raises_not_implemented(method) or not ABSTRACT.isdisjoint(position.decorators(method)) for method in methods
    )


def named(annotation: ast.expr) -> Iterator[str]:
    """Yield the last part of each name in an annotation, including names in quotes."""
    for node in islice(ast.walk(annotation), 50):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
            yield from NAME.findall(node.value)
