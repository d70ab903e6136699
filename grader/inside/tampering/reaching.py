"""The places where a submission takes what it was neither given nor has imported: variables, objects, modules.

Each is judged by the whole of a use, since most of what looks alike is honest: `sys.modules[name]` is one module, and
the construct rules take it for an import; `sys._getframe(1).f_globals["__name__"]` is a name. What runs is watched in
the sandbox besides (`reach.py` there); the text also shows what did not run, and searches through all modules, which
raise no event.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.inside.tampering import signs
from grader.inside.tampering.origins import Origins
from grader.inside.tampering.signs import SignUse

LISTS = frozenset({"gc.get_objects", "gc.get_referrers"})
"""Not `gc.get_referents`, which a program asks about what it has; where it runs, `reach.py` sees it."""
CLIMBING = frozenset(
    {"sys._getframe", "sys._current_frames", "inspect.currentframe", "inspect.stack", "inspect.getouterframes"}
    | {"traceback.walk_stack", "logging.currentframe"}
)
"""Functions that lead to the frames of callers."""
OBJECTS = frozenset({"values", "items", "copy", "__iter__"})
"""Methods of the table of modules that give all modules; their names alone give nothing."""


def reaches(tree: ast.Module, origins: Origins) -> Iterator[SignUse]:
    """Yield every place where variables, objects or modules of others are taken."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    asked = [node for node in parents if isinstance(node, ast.Attribute | ast.Name | ast.Call)]
    full: dict[ast.AST, str | None] = {node: origins.of(node) for node in asked}
    tables = [node for node in asked if full[node] == "sys.modules"]
    lists_names = any(_lists_names(node, parents) for node in tables)
    climbs = any(name in CLIMBING or getattr(node, "attr", "") == "f_back" for node, name in full.items())
    for node in parents:
        match node:
            case ast.Call() if climbs and full.get(node.func) in signs.RESOLVERS and _asks_for(node, origins):
                yield SignUse(signs.FRAMES, node, "the variables of callers")
            case ast.Attribute(attr="f_locals") if climbs:
                yield SignUse(signs.FRAMES, node, "the variables of callers")
            case ast.Call(func=ast.Attribute(value=ast.expr() as owner, attr="__subclasses__")) if is_object(owner):
                yield SignUse(signs.HEAP, node, "object.__subclasses__")
            case ast.Attribute() | ast.Name() | ast.Call() if full[node] in LISTS:
                yield SignUse(signs.HEAP, node, f"{full[node]}")
            case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()) if full[node] == "sys.modules":
                if _searches(node, parents) or (lists_names and _takes_any(node, parents, origins)):
                    yield SignUse(signs.REACHES, node, "a search through sys.modules")
            case _:
                pass


def is_object(node: ast.expr) -> bool:
    """Return whether an expression is the class `object`, by its name or as the base of another class."""
    match node:
        case ast.Name(id="object"):
            return True
        case ast.Attribute(attr="__base__") | ast.Subscript(value=ast.Attribute(attr="__mro__" | "__bases__")):
            return True
        case _:
            return False


def _asks_for(call: ast.Call, origins: Origins) -> bool:
    """Return whether a call resolves the name of a frame's variables."""
    return any(origins.text(argument) == "f_locals" for argument in call.args)


def _searches(table: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether the table of modules is asked for all modules."""
    match parents[table]:
        case ast.Attribute(attr=method):
            return method in OBJECTS
        case ast.Call(func=ast.Name(id="dict" | "vars")) | ast.Dict() | ast.Starred() | ast.BinOp() | ast.Return():
            return True
        case _:
            return False


def _lists_names(table: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether an expression goes through the names of all modules."""
    match parents[table]:
        case ast.Attribute(attr="keys") | ast.Call() | ast.comprehension() | ast.For():
            return True
        case _:
            return False


def _takes_any(table: ast.expr, parents: dict[ast.AST, ast.AST], origins: Origins) -> bool:
    """Return whether a module is taken out of the table by a computed name."""
    match parents[table]:
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()):
            return value is table and origins.text(key) is None
        case ast.Attribute(attr="get" | "__getitem__"):
            return True
        case _:
            return False
