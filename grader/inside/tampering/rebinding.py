"""Names that are bound at run time by something other than a plain statement, so that what was read is not what runs.

A public name is bound by `def`, `class`, `import` or an assignment. The places reported here put another object under a
name: writes to tables of names, `setattr` on a module, `global` in a function, a decorator that throws its function
away. `certain` means that one of the submission's definitions is replaced, or that any of them may be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from grader.inside.tampering import signs
from grader.inside.tampering.origins import NAMESPACE, OWN_MODULE, Origins
from grader.inside.tampering.scopes import FunctionNode, arguments

Defined: TypeAlias = Mapping[str, frozenset[str]]
"""The names that each module of the submission defines: functions, classes and imports."""
SETTERS = frozenset({"setattr", "builtins.setattr", "object.__setattr__", "delattr", "types.ModuleType.__setattr__"})
WRITERS = frozenset(
    {"dict.update", "dict.__setitem__", "dict.__ior__", "dict.setdefault"}
    | {f"operator.{name}" for name in ("setitem", "ior", "__setitem__", "__ior__")}
)
WRITING = signs.CHANGING | {"__ior__", "__delitem__"}


class Rebinding(NamedTuple):
    """One place that binds a name at run time."""

    node: ast.AST
    shown: str
    certain: bool


def defined_names(tree: ast.Module) -> frozenset[str]:
    """Return the names defined at the top level of a module: functions, classes, imports, and other names for these."""
    found: set[str] = set()
    for statement in _top_level(tree):
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                found.update(alias.asname or alias.name.partition(".")[0] for alias in aliases)
            case ast.Assign(targets=targets, value=ast.Name(id=name)) if name in found:
                found.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(found)


def rebindings(tree: ast.Module, origins: Origins, module: str, defined: Defined) -> Iterator[Rebinding]:
    """Yield every place in one file that binds a name other than by a plain statement."""
    finder = _Finder(origins, module, defined, tree)
    for node in ast.walk(tree):
        yield from finder.at(node)


def under_main(tree: ast.Module) -> set[int]:
    """Return the ids of the nodes that run only when the file is run as a program, which an answer never is."""
    if any(isinstance(node, ast.Name) and node.id == "__name__" and _stores(node) for node in ast.walk(tree)):
        return set()
    return {
        id(part)
        for statement in tree.body
        if isinstance(statement, ast.If) and _is_main(statement.test)
        for child in statement.body
        for part in ast.walk(child)
    }


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case _:
            return False


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements of a module outside functions and classes, including those in branches."""
    stack: list[ast.stmt] = list(reversed(tree.body))
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
            inner += [
                child
                for handler in ast.iter_child_nodes(statement)
                if isinstance(handler, ast.ExceptHandler)
                for child in handler.body
            ]
            stack.extend(reversed(inner))


class _Finder:
    def __init__(self, origins: Origins, module: str, defined: Defined, tree: ast.Module) -> None:
        self._origins = origins
        self._own = defined.get(module, frozenset())
        self._defined = defined
        self._package = module.rpartition(".")[0]
        self._used = {
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        self._used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        self._classes = {node.name: node for node in _top_level(tree) if isinstance(node, ast.ClassDef)}
        self._functions = {
            node.name: node for node in _top_level(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    def at(self, node: ast.AST) -> Iterator[Rebinding]:
        match node:
            case ast.Subscript(value=table, slice=key, ctx=ast.Store() | ast.Del()):
                yield from self._written(node, table, self._origins.text(key))
            case ast.AugAssign(target=target, op=ast.BitOr()):
                yield from self._written(node, target, None)
            case ast.Attribute(value=owner, attr=name, ctx=ast.Store() | ast.Del()):
                yield from self._set(node, owner, name)
            case ast.Call():
                yield from self._called(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._global(node)
                yield from self._thrown_away(node)
            case ast.ClassDef():
                yield from self._thrown_away(node)
            case _:
                pass

    def _written(self, node: ast.AST, table: ast.expr, key: str | None) -> Iterator[Rebinding]:
        """Yield a rebinding if a node sets an entry in a table that may hold names or modules."""
        name = self._origins.of(table)
        if name == NAMESPACE and not isinstance(self._origins.scopes.of(node).node, ast.ClassDef):
            yield Rebinding(node, f"an entry of {ast.unparse(table)[:60]}", key is None or key in self._own)
        elif name == "sys.modules" and isinstance(node, ast.Subscript) and (key is None or key in self._defined):
            yield Rebinding(node, "an entry of sys.modules", certain=True)
        elif name is not None and name.endswith(".__dict__"):
            yield from self._in_module(node, name.removesuffix(".__dict__"), key)

    def _in_module(self, node: ast.AST, owner: str, name: str | None) -> Iterator[Rebinding]:
        """Yield a rebinding if a node sets a name in one of the submission's modules from outside that module."""
        module = owner.lstrip(".") if owner.startswith(".") else owner
        known = self._defined.get(module, self._defined.get(f"{self._package}.{module}"))
        if owner == OWN_MODULE:
            known = frozenset().union(*self._defined.values())
        if known is not None:
            yield Rebinding(node, f"{owner}.{name or '...'}", name is None or name in known or name == "__class__")

    def _set(self, node: ast.AST, owner: ast.expr, name: str | None) -> Iterator[Rebinding]:
        """Yield a rebinding if a node sets an attribute of a module, of a class, or of what a function runs."""
        full = self._origins.of(owner)
        if full is not None:
            yield from self._in_module(node, full, name)
        if not isinstance(owner, ast.Name) or self._origins.scopes.of(owner).holder(owner.id) not in (
            None,
            self._origins.scopes.module,
        ):
            if name in {"__class__", "__code__", "__bases__"}:
                yield Rebinding(node, f".{name}", certain=False)
            return
        class_ = self._classes.get(owner.id)
        if class_ is not None and (name in _methods(class_) or name in {"__bases__", "__class__"}):
            yield Rebinding(node, f"{owner.id}.{name}", certain=True)
        elif name == "__code__":
            yield Rebinding(node, f"{owner.id}.__code__", certain=owner.id in self._own)

    def _called(self, node: ast.Call) -> Iterator[Rebinding]:
        full = self._origins.of(node.func)
        match node:
            case ast.Call(args=[owner, name, *_]) if full in SETTERS:
                text = self._origins.text(name)
                if text is not None or self._origins.of(owner) is not None:
                    yield from self._set(node, owner, text)
            case ast.Call(args=[text, *_]) if full in signs.RUNNERS and _bound_in(self._origins.text(text)) & self._own:
                yield Rebinding(node, f"{full} with text that redefines a name", certain=True)
            case ast.Call(args=[table, *_]) if full in WRITERS:
                yield from self._written(node, table, self._key(node.args[1:]))
            case ast.Call(func=ast.Attribute(value=table, attr=method)) if method in WRITING:
                if method != "pop":
                    yield from self._written(node, table, self._key(node.args, node.keywords))
            case ast.Call(func=ast.Attribute(value=owner, attr="__setattr__"), args=[name, _]):
                yield from self._set(node, owner, self._origins.text(name))
            case _:
                pass

    def _key(self, args: list[ast.expr], keywords: list[ast.keyword] | None = None) -> str | None:
        """Return the name to which a call writes; None if there are several, or if the name is computed."""
        names = [keyword.arg for keyword in keywords or ()]
        match args:
            case [] if len(names) == 1:
                return names[0]
            case [ast.Dict(keys=[ast.expr() as key])] if not names:
                return self._origins.text(key)
            case [ast.expr() as key, _] if not names:
                return self._origins.text(key)
            case _:
                return None

    def _global(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Rebinding]:
        """Yield bindings of X after `global X`, where X is defined at the top of the module."""
        inside = self._origins.scopes.of(function.body[0])
        hit = {name for name, is_global in inside.outer.items() if is_global and name in inside.bound} & self._own
        for statement in function.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Global) and hit & set(node.names):
                    yield Rebinding(node, f"global {', '.join(sorted(hit & set(node.names)))}", certain=True)

    def _thrown_away(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Rebinding]:
        """Yield the submission's own decorators that ignore what they decorate, unless the decorated object is private
        and unused.
        """
        if node.name.startswith("_") and node.name not in self._used:
            return
        for decorator in node.decorator_list:
            maker = self._decorator(decorator)
            if maker is not None and _ignores_argument(maker):
                yield Rebinding(decorator, f"@{ast.unparse(decorator)[:60]} throws {node.name} away", certain=True)

    def _decorator(self, node: ast.expr) -> FunctionNode | None:
        """Return the function that a decorator calls with what it decorates; None if that is unknown."""
        match node:
            case ast.Lambda():
                return node
            case ast.Name(id=name):
                return self._functions.get(name)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions:
                return _returned(self._functions[name])
            case _:
                return None


def _bound_in(text: str | None) -> frozenset[str]:
    """Return the names that a text would define or assign if it ran."""
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _stores(node)}
    return defined_names(tree) | assigned


def _methods(class_: ast.ClassDef) -> set[str]:
    return {
        statement.name for statement in class_.body if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _returned(function: FunctionNode) -> FunctionNode | None:
    """Return the inner function that a function returns; None if it returns none."""
    if isinstance(function, ast.Lambda):
        return function.body if isinstance(function.body, ast.Lambda) else None
    inner = {statement.name: statement for statement in function.body if isinstance(statement, ast.FunctionDef)}
    for statement in function.body:
        match statement:
            case ast.Return(value=ast.Lambda() as made):
                return made
            case ast.Return(value=ast.Name(id=name)):
                return inner.get(name)
            case _:
                pass
    return None


def _ignores_argument(function: FunctionNode) -> bool:
    parameters = arguments(function.args)
    if not parameters:
        return False
    body: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else [*function.body]
    first = parameters[0].arg
    reads = any(
        isinstance(node, ast.Name) and node.id in (first, "locals", "vars", "nonlocal")
        for statement in body
        for node in ast.walk(statement)
    )
    returns = isinstance(function, ast.Lambda) or any(
        isinstance(node, ast.Return) and node.value is not None for statement in body for node in ast.walk(statement)
    )
    return returns and not reads
