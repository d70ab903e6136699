"""Code that a type checker sees and Python does not run, or vice versa.

mypy decides some conditions by their names alone: TYPE_CHECKING and MYPY are true, PY2 is false, PY3 is true, and
`sys.platform` and `sys.version_info` are those of this machine, whatever `sys` is. Code under such a condition may be
judged but not run, or run but not judged, so a typed twin can stand in for untyped code.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from grader.inside.findings import FindingDict, finding

DECIDED = frozenset({"TYPE_CHECKING", "MYPY", "PY2", "PY3"})
TYPE_ONLY = frozenset({"Protocol", "TypedDict"})
CODE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr, ast.Await)
"""Nodes that compute. A name, a constant, or a call to a function that is itself checked may describe a type."""
SYS_PARTS = frozenset({"platform", "version_info"})
READERS = frozenset({"getattr", "hasattr"})
TAKERS = READERS | {"setattr", "delattr", "object"}
"""Functions that take a part of a module by name: built-ins, and the `setattr` and `object` of patching tools."""
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def hidden(path: str, tree: ast.Module) -> list[FindingDict]:
    """Return findings for everything that would make mypy judge a different program from the one that runs."""
    found = [*_unchecked_definitions(path, tree), *_another_sys(path, tree)]
    declared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    accounted: set[ast.AST] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, SCOPES):
            branches, bound = _scope(scope)
            for node in branches:
                accounted.update(ast.walk(node.test))
                found.extend(_of_branch(path, node, bound | declared))
    found.extend(
        _finding(
            path,
            node,
            f"{_name(node)} is used in an expression here: the type checker and Python see different values.",
        )
        for node in ast.walk(tree)
        if node not in accounted and _name(node) in DECIDED and isinstance(getattr(node, "ctx", None), ast.Load)
    )
    return found


def _unchecked_definitions(path: str, tree: ast.Module) -> Iterator[FindingDict]:
    for node in ast.walk(tree):
        if _name(node) == "no_type_check" or (isinstance(node, ast.alias) and node.name == "no_type_check"):
            yield _finding(path, node, "no_type_check switches the type checker off for a definition.")
    for node in _of_module(tree):
        if _binds_getattr(node):
            yield _finding(
                path, node, "A module's __getattr__ makes every name of the module exist for the type checker."
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _name(node.value) == "Annotated":
            metadata = node.slice.elts[1:] if isinstance(node.slice, ast.Tuple) else []
            for part in metadata:
                if any(isinstance(inner, CODE) for inner in ast.walk(part)):
                    yield _finding(path, part, "The type checker does not look at code within Annotated.")


def _of_module(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of a module outside functions and classes, including the definitions of these."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        if node is tree or not isinstance(node, SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _binds_getattr(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef(name="__getattr__") | ast.ClassDef(name="__getattr__"):
            return True
        case ast.Name(id="__getattr__", ctx=ast.Store()):
            return True
        case ast.alias(name=name, asname=asname):
            return (asname or name) == "__getattr__"
        case _:
            return False


def _another_sys(path: str, tree: ast.Module) -> Iterator[FindingDict]:
    """Refuse another `sys`: mypy decides `sys.platform` and `sys.version_info` by name alone, whatever `sys` is."""
    aliases = {"sys"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases.update(alias.asname or "sys" for alias in node.names if alias.name == "sys")
    for node in _passed_on(tree, aliases):
        yield _finding(
            path, node, "Code that has the whole module `sys` can change values that the type checker takes as fixed."
        )
    for node in ast.walk(tree):
        if _binds_sys(node):
            yield _finding(path, node, "The type checker treats every name `sys` as the standard library's module.")
        elif _sets_what_is_decided(node, aliases):
            yield _finding(
                path, node, "The type checker decides conditions on this part of `sys` as if it were never changed."
            )


def _passed_on(tree: ast.Module, aliases: set[str]) -> Iterator[ast.AST]:
    """Yield the places where the module `sys` itself is passed on, or named in a text that may resolve to it.

    `getattr(sys, "name")` takes only one part of it.
    """
    read: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name() as owner, attr=name) if name != "__dict__":
                read.add(id(owner))
            case ast.Call(args=[ast.Name() as owner, ast.Constant(value=str() as part), *_]):
                if _name(node.func) in TAKERS and (part not in SYS_PARTS or _name(node.func) in READERS):
                    read.add(id(owner))
            case _:
                pass
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in aliases and id(node) not in read:
                yield node
            case ast.Constant(value=str() as text) if text in {f"sys.{part}" for part in SYS_PARTS}:
                yield node


def _binds_sys(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="sys", ctx=ast.Store()) | ast.arg(arg="sys"):
            return True
        case ast.FunctionDef(name="sys") | ast.AsyncFunctionDef(name="sys") | ast.ClassDef(name="sys"):
            return True
        case ast.ExceptHandler(name="sys") | ast.MatchAs(name="sys") | ast.MatchStar(name="sys"):
            return True
        case ast.MatchMapping(rest="sys"):
            return True
        case ast.Import(names=names):
            return any(alias.asname == "sys" and alias.name != "sys" for alias in names)
        case ast.ImportFrom(names=names):
            return any((alias.asname or alias.name) == "sys" for alias in names)
        case _:
            return False


def _sets_what_is_decided(node: ast.AST, aliases: set[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="platform" | "version_info", ctx=ast.Store() | ast.Del()):
            return name in aliases
        case _:
            return False


def unvisited(path: str, tree: ast.Module, skipped: Collection[int]) -> list[FindingDict]:
    """Return findings for lines that mypy never looked at, except annotated functions that the real platform or version
    decides.
    """
    left = set(skipped) - decided_lines(tree)
    lines = sorted(left)
    starts = [line for line in lines if line - 1 not in left]
    found = [
        _at(
            path,
            line,
            "The type checker does not look at the code from here on: it considers an earlier condition decided.",
        )
        for line in starts
    ]
    found += [
        _finding(path, node, f"The type checker does not look at {node.name}, which is not annotated.")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno in skipped
        and node.lineno not in left
        and not _annotated(node)
    ]
    return found


def decided_lines(tree: ast.Module) -> set[int]:
    """Return the lines of statements that a platform, a version or TYPE_CHECKING decides."""
    decided = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and (_decided_by_sys(node.test) or _named(node.test))
    ]
    return {line for node in decided for line in _lines(node)}


def unseen(
    path: str, tree: ast.Module, typed: Collection[tuple[int, int]], known: Collection[int]
) -> list[FindingDict]:
    """Return findings for statements and calls in which the type checker gave no expression a type.

    `known` holds the lines that already have a finding, or that mypy skips for a reason.
    """
    places = sorted(typed)
    left = {node.lineno for node in _weighed(tree) if not _holds(places, node) and not _lines(node).intersection(known)}
    return [
        _at(path, line, "The type checker does not look at this code: it considers the code unreachable.")
        for line in sorted(left)
        if line - 1 not in left
    ]


def silenced(path: str, tree: ast.Module, lines: Collection[int], known: Collection[int]) -> list[FindingDict]:
    """Return findings for errors that the type checker found but did not report, in code that it considers unreachable.

    A reported error, anywhere in a function or class, may be the cause of the errors that follow it.
    """
    explained = {line for node in tree.body if _lines(node).intersection(known) for line in _lines(node)}
    return [
        _at(
            path,
            line,
            "The type checker finds an error here but does not report it: it considers the line unreachable.",
        )
        for line in sorted(set(lines) - explained)
    ]


def _lines(node: ast.AST) -> set[int]:
    """Return the numbers of a node's lines."""
    return set(range(getattr(node, "lineno", 0), (getattr(node, "end_lineno", 0) or 0) + 1))


def _holds(places: Sequence[tuple[int, int]], node: ast.expr) -> bool:
    """Return whether one of the places lies within an expression."""
    at = bisect_left(places, (node.lineno, node.col_offset))
    return at < len(places) and places[at] < (node.end_lineno or 0, node.end_col_offset or 0)


def _weighed(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions to which the type checker gives a type wherever it looks: those that statements compute,
    and every call in these.
    """
    for statement in ast.walk(tree):
        for expression in _computed(statement):
            yield expression
            stack: list[ast.AST] = [expression]
            while stack:
                node = stack.pop()
                if isinstance(node, ast.Call | ast.Await | ast.Lambda | ast.ListComp | ast.GeneratorExp):
                    assert isinstance(node, ast.expr)
                    yield node
                if not (isinstance(node, ast.Subscript) and _name(node.value) == "Annotated"):
                    stack.extend(ast.iter_child_nodes(node))


def _computed(statement: ast.AST) -> list[ast.expr]:
    match statement:
        case ast.Return(value=ast.Name(id="NotImplemented")):
            return []  # how operators refuse an operand of another type, which mypy takes for impossible
        case ast.Expr(value=value) | ast.AugAssign(value=value) | ast.Assign(value=value):
            return [value]
        case ast.AnnAssign(value=ast.expr() as value) | ast.Return(value=ast.expr() as value):
            return [value]
        case ast.If(test=test) | ast.While(test=test) | ast.For(iter=test) | ast.AsyncFor(iter=test):
            return [test]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [item.context_expr for item in items]
        case ast.Match(subject=subject):
            return [subject]
        case _:
            return []


def _decided_by_sys(test: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"platform", "version_info"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
        for node in ast.walk(test)
    )


def _annotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    bare = [argument for argument in named if argument is not None and argument.annotation is None]
    return function.returns is not None and all(argument.arg in {"self", "cls"} for argument in bare)


def _of_branch(path: str, node: ast.If, bound: set[str]) -> Iterator[FindingDict]:
    if not (isinstance(node.test, ast.Name | ast.Attribute) and _name(node.test) == "TYPE_CHECKING"):
        yield _finding(path, node, "The type checker decides this condition without evaluating it.")
        return
    if any(not isinstance(statement, ast.Pass) for statement in node.orelse):
        yield _finding(path, node.orelse[0], "The type checker does not look at code in the `else` of TYPE_CHECKING.")
    for statement in node.body:
        names = _bindings(statement)
        if names is None:
            yield _finding(path, statement, "Only imports and names of types may appear under TYPE_CHECKING.")
        elif twins := names & bound:
            yield _finding(
                path, statement, f"{min(twins)} has one definition for the type checker and another one that runs."
            )


def _bindings(statement: ast.stmt) -> set[str] | None:
    """Return the names that a statement under TYPE_CHECKING binds; None if the statement is not allowed there."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return set()
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).partition(".")[0] for alias in names}
        case ast.ClassDef(name=name, bases=bases) if any(_name(_unsubscripted(base)) in TYPE_ONLY for base in bases):
            return {name}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _ if type(statement).__name__ == "TypeAlias":
            return set()
        case _:
            return None


def _scope(scope: ast.AST) -> tuple[list[ast.If], set[str]]:
    """Return the decided conditions of one scope, and the names that it binds outside them."""
    branches: list[ast.If] = []
    names: set[str] = set()
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.If(test=test, orelse=orelse) if _named(test):
                branches.append(node)
                stack.extend(orelse)
                continue
        stack.extend(ast.iter_child_nodes(node))
    return branches, names


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


def _named(test: ast.expr) -> bool:
    return any(_name(node) in DECIDED for node in ast.walk(test))


def _finding(path: str, node: ast.AST, message: str) -> FindingDict:
    return _at(path, getattr(node, "lineno", None), message, column=getattr(node, "col_offset", -1) + 1 or None)


def _at(path: str, line: int | None, message: str, *, column: int | None = None) -> FindingDict:
    return finding(
        "types.hidden",
        message,
        help="Write the code so that the type checker sees the code that runs; under TYPE_CHECKING, keep only imports.",
        file=path,
        line=line,
        column=column,
    )
