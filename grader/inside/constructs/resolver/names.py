"""Scopes, and the bindings of names in them.

A scope is a module, a class body or a function. Its bindings are read from the statements that can run, in order, so
that a class's bases are looked up as they were when the class was made, and the names in a function as they are once
the enclosing scope has run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.binding import Binding, How, Star, bound
from grader.inside.constructs.resolver.parsing import ParsedText

CLASS_HOOKS = frozenset({"__new__", "__init_subclass__", "__class_getitem__", "__prepare__"})
TRANSPARENT = frozenset({"staticmethod", "classmethod", "cache", "lru_cache", "override", "final"})
"""Decorators that do not change what a call returns."""


class ScopeKind(Enum):
    """The kinds of scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"


@dataclass(eq=False, repr=False)
class Scope:
    """A namespace: a module, a class body or a function."""

    place: ScopeKind
    node: cst.Module | cst.ClassDef | cst.FunctionDef | cst.Lambda
    module: Module
    parent: Scope | None = None
    order: int = 0
    """The step of the parent that defines this scope."""
    definitions: dict[int, Class | Function] = field(default_factory=dict)

    @cached_property
    def steps(self) -> list[tree.Step]:
        """The statements that can run when the scope runs."""
        match self.node:
            case cst.Module():
                return tree.steps(self.node)
            case cst.Lambda():
                return [tree.Step(cst.Return(self.node.body), certain=True)]
            case _:
                return tree.steps(self.node.body)

    @cached_property
    def own_nodes(self) -> tuple[cst.CSTNode, ...]:
        """Every node in the statements that can run, except those of nested definitions."""
        return tuple(
            node for step in self.steps for node in tree.walk(*tree.headers(step.node), into_definitions=False)
        )

    @cached_property
    def bindings(self) -> Mapping[str, list[Binding]]:
        """The bindings of each name, in order."""
        found: dict[str, list[Binding]] = {}
        if isinstance(self.node, cst.FunctionDef | cst.Lambda):
            for param in tree.parameters(self.node.params):
                found[param.name.value] = [Binding(How.PARAMETER, -1, certain=True, node=param)]
        for order, step in enumerate(self.steps):
            for name, binding in bound(step, order, self.module.absolute):
                found.setdefault(name, []).append(binding)
        for name in self.declared:
            found.pop(name, None)
        return found

    @cached_property
    def declared(self) -> frozenset[str]:
        """Names that `global` or `nonlocal` assigns to an outer scope."""
        return frozenset(
            item.name.value
            for step in self.steps
            if isinstance(step.node, cst.Global | cst.Nonlocal)
            for item in step.node.names
        )

    @cached_property
    def stars(self) -> list[Star]:
        """Star imports, in order."""
        return [
            Star(target, order)
            for order, step in enumerate(self.steps)
            if isinstance(step.node, cst.ImportFrom) and isinstance(step.node.names, cst.ImportStar)
            if (target := self.module.absolute(step.node)) is not None
        ]

    @cached_property
    def set_on_self(self) -> Mapping[str, list[tuple[cst.BaseExpression, Scope, int]]]:
        """For a class body: the expressions that its methods assign to attributes of a name, with the method and the
        step.
        """
        found: dict[str, list[tuple[cst.BaseExpression, Scope, int]]] = {}
        for order, step in enumerate(self.steps):
            if not isinstance(step.node, cst.FunctionDef):
                continue
            method = self.definition_of(step.node, order).body
            for at, inner in enumerate(method.steps):
                match inner.node:
                    case (
                        cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)], value=value)
                        | cst.AnnAssign(target=cst.Attribute() as target, value=cst.BaseExpression() as value)
                    ) if isinstance(target.value, cst.Name):
                        found.setdefault(target.attr.value, []).append((value, method, at))
        return found

    @property
    def receives_class(self) -> bool:
        """For a method: whether its first argument is the class."""
        named = self.node.name.value if isinstance(self.node, cst.FunctionDef) else ""
        return "classmethod" in self._decorators or named in CLASS_HOOKS

    def receiver(self, name: str) -> Scope | None:
        """Return the class body of this method if `name` is its parameter for the instance or the class; else None."""
        if (
            self.parent is None
            or self.parent.place is not ScopeKind.CLASS
            or not isinstance(self.node, cst.FunctionDef)
        ):
            return None
        first = next((param.name.value for param in tree.parameters(self.node.params)), None)
        return self.parent if name == first and "staticmethod" not in self._decorators else None

    @cached_property
    def _decorators(self) -> frozenset[str | None]:
        if not isinstance(self.node, cst.FunctionDef):
            return frozenset()
        return frozenset(tree.dotted(decorator.decorator) for decorator in self.node.decorators)

    def definition(self) -> Class | Function | None:
        """Return the definition that has this body; None for a module."""
        if self.parent is None or isinstance(self.node, cst.Module):
            return None
        return self.parent.definition_of(self.node, self.order)

    def definition_of(self, node: cst.ClassDef | cst.FunctionDef | cst.Lambda, order: int) -> Class | Function:
        """Return the one object that represents a definition in this scope."""
        known = self.definitions.get(id(node))
        if known is None:
            place = ScopeKind.CLASS if isinstance(node, cst.ClassDef) else ScopeKind.FUNCTION
            body = Scope(place, node, self.module, self, order)
            if isinstance(node, cst.ClassDef):
                known = Class(node.name.value, node, self, order, body)
            else:
                name = node.name.value if isinstance(node, cst.FunctionDef) else "<lambda>"
                known = Function(name, node, self, order, body)
            self.definitions[id(node)] = known
        return known


@dataclass(eq=False, repr=False)
class Module:
    """One file of the submission."""

    name: str
    path: str
    text: ParsedText

    @property
    def tree(self) -> cst.Module:
        """The module's LibCST tree."""
        return self.text.tree

    @cached_property
    def scope(self) -> Scope:
        """The module's namespace."""
        return Scope(ScopeKind.MODULE, self.tree, self)

    @property
    def package(self) -> tuple[str, ...]:
        """The package from which relative imports start."""
        parts = tuple(self.name.split("."))
        return parts if PurePosixPath(self.path).name == "__init__.py" else parts[:-1]

    def absolute(self, node: cst.ImportFrom) -> str | None:
        """Return the module that a `from` import names; None if the import leads out of the submission's root."""
        named = tree.dotted(node.module) or "" if node.module is not None else ""
        if not node.relative:
            return named
        up = len(node.relative) - 1
        if up > len(self.package):
            return None
        base = self.package[: len(self.package) - up]
        return ".".join((*base, *filter(None, [named])))

    @cached_property
    def listed(self) -> frozenset[str] | None:
        """The names in `__all__`, from all strings assigned or added to it; None if the module has no `__all__`."""
        found: set[str] | None = None
        for step in self.scope.steps:
            match step.node:
                case (
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__all__"))], value=value)
                    | cst.AnnAssign(target=cst.Name(value="__all__"), value=cst.BaseExpression() as value)
                ):
                    found = set()
                case cst.AugAssign(target=cst.Name(value="__all__"), value=value):
                    found = found or set()
                case _:
                    continue
            texts = (node.evaluated_value for node in tree.walk(value) if isinstance(node, cst.SimpleString))
            found.update(text for text in texts if isinstance(text, str))
        return None if found is None else frozenset(found)

    @property
    def public(self) -> list[str]:
        """The names that the module exports."""
        if self.listed is not None:
            return sorted(self.listed)
        return sorted(name for name in self.scope.bindings if not name.startswith("_"))

    def position(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return a node's 1-based line and column; the whole file's are computed on the first request, which is
        rare.
        """
        found = self._positions.get(node)
        return self.text.place(found.start.line, found.start.column + 1) if found is not None else (1, 1)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        # Nothing is changed and the parser shares no nodes, so the wrapper need not copy the tree first.
        wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
        return wrapper.resolve(PositionProvider)


@dataclass(eq=False, repr=False, slots=True)
class Class:
    """A class definition of the submission."""

    name: str
    node: cst.ClassDef
    scope: Scope
    """The scope that contains the definition."""
    order: int
    """The step of `scope` that defines the class."""
    body: Scope

    @property
    def module(self) -> Module:
        """The module that defines the class."""
        return self.scope.module


@dataclass(eq=False, repr=False, slots=True)
class Function:
    """A function, method or lambda of the submission."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    order: int
    body: Scope

    @property
    def module(self) -> Module:
        """The module that defines the function."""
        return self.scope.module

    @property
    def decorators(self) -> list[cst.BaseExpression]:
        """The decorator expressions, outermost first."""
        return (
            [decorator.decorator for decorator in self.node.decorators]
            if isinstance(self.node, cst.FunctionDef)
            else []
        )

    @property
    def is_plain(self) -> bool:
        """True if a call returns the value of a `return`: no coroutine, no generator, no decorator that may change the
        value.
        """
        if self.is_async or any(isinstance(node, cst.Yield) for node in self.body.own_nodes):
            return False
        names = (
            tree.dotted(decorator.func if isinstance(decorator, cst.Call) else decorator) or ""
            for decorator in self.decorators
        )
        return all(name.rpartition(".")[2] in TRANSPARENT for name in names)

    @property
    def is_async(self) -> bool:
        """True for an `async def`."""
        return isinstance(self.node, cst.FunctionDef) and self.node.asynchronous is not None
