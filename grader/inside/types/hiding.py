"""Code that a type checker sees and Python does not run, or the other way round.

mypy decides some conditions by their names alone: TYPE_CHECKING and MYPY are true, PY2 is false, PY3 is true, and
`sys.platform` and `sys.version_info` are those of this machine, whatever `sys` is. What such
a condition guards is judged by one of the two and executed by the other, so a typed twin can stand in for untyped code.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from grader.inside.findings import Finding, finding

DECIDED = frozenset({"TYPE_CHECKING", "MYPY", "PY2", "PY3"})
TYPE_ONLY = frozenset({"Protocol", "TypedDict"})
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def hidden(path: str, tree: ast.Module) -> list[Finding]:
    """Findings for everything that would make mypy judge another program than the one that runs."""
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
        _finding(path, node, f"{_name(node)} decides an expression here: the checker and Python see different values.")
        for node in ast.walk(tree)
        if node not in accounted and _name(node) in DECIDED and isinstance(getattr(node, "ctx", None), ast.Load)
    )
    return found


def _unchecked_definitions(path: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if _name(node) == "no_type_check" or (isinstance(node, ast.alias) and node.name == "no_type_check"):
            yield _finding(path, node, "no_type_check switches the type checker off for a definition.")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            yield _finding(path, node, "A module's __getattr__ makes every name of the module exist for the checker.")


def _another_sys(path: str, tree: ast.Module) -> Iterator[Finding]:
    """mypy decides `sys.platform` and `sys.version_info` by the words alone, whatever `sys` is."""
    aliases = {"sys"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases.update(alias.asname or "sys" for alias in node.names if alias.name == "sys")
    for node in ast.walk(tree):
        if _binds_sys(node):
            yield _finding(path, node, "The type checker takes every `sys` for the standard library's module.")
        elif _sets_what_is_decided(node, aliases):
            yield _finding(path, node, "The type checker decides conditions on this part of `sys` before it is set.")


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
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[ast.Name(id=name), *_]):
            return name in aliases
        case _:
            return False


def unvisited(path: str, tree: ast.Module, skipped: Collection[int]) -> list[Finding]:
    """Findings for lines that mypy never looked at, but for annotated ones that a real platform or version decides."""
    left = set(skipped)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (_decided_by_sys(node.test) or _named(node.test)):
            left.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = sorted(left)
    starts = [line for line in lines if line - 1 not in left]
    found = [
        _at(path, line, "The type checker does not look at what follows: it takes a condition before it for decided.")
        for line in starts
    ]
    found += [
        _finding(path, node, f"The type checker does not look at {node.name}, and it is not annotated.")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno in skipped
        and node.lineno not in left
        and not _annotated(node)
    ]
    return found


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
    bare = [one for one in named if one is not None and one.annotation is None]
    return function.returns is not None and all(one.arg in {"self", "cls"} for one in bare)


def _of_branch(path: str, node: ast.If, bound: set[str]) -> Iterator[Finding]:
    if not (isinstance(node.test, ast.Name | ast.Attribute) and _name(node.test) == "TYPE_CHECKING"):
        yield _finding(path, node, "This condition is decided by the type checker without running it.")
        return
    if any(not isinstance(statement, ast.Pass) for statement in node.orelse):
        yield _finding(path, node.orelse[0], "The type checker does not look at code in the else of TYPE_CHECKING.")
    for statement in node.body:
        names = _bindings(statement)
        if names is None:
            yield _finding(path, statement, "Only imports and names of types may stand under TYPE_CHECKING.")
        elif twins := names & bound:
            yield _finding(
                path, statement, f"{min(twins)} has one definition for the type checker and another one that runs."
            )


def _bindings(statement: ast.stmt) -> set[str] | None:
    """What a statement under TYPE_CHECKING binds; None when it must not stand there."""
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
    """The decided conditions of one scope, and the names that it binds outside of them."""
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


def _finding(path: str, node: ast.AST, message: str) -> Finding:
    return _at(path, getattr(node, "lineno", None), message, column=getattr(node, "col_offset", -1) + 1 or None)


def _at(path: str, line: int | None, message: str, *, column: int | None = None) -> Finding:
    return finding(
        "types.hidden",
        message,
        help="Write the code so that what is checked is what runs; under TYPE_CHECKING keep imports only.",
        file=path,
        line=line,
        column=column,
    )
