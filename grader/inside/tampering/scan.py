"""Points a reviewer to the means of tampering in a submission, with file and line. It judges nothing.

Names are followed through imports and plain assignments (`import sys as s; look = s._getframe`), attributes through
`getattr` with a constant name, numbers through assignments and loops over ranges.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.inside.findings import Answer, Finding, finding
from grader.inside.gate import parsed
from grader.inside.tampering import signs
from grader.inside.tampering.origins import Origins
from grader.inside.tampering.signs import TamperingSign

MOST = 40
"""Findings of one submission; more would not be read."""


class Use(NamedTuple):
    """One of the means, where it was found."""

    sign: TamperingSign
    node: ast.AST
    shown: str


def integrity(files: Mapping[str, str]) -> Answer:
    """The means of tampering in gated files."""
    found = [one for path, text in sorted(files.items()) for one in flagged(path, parsed(text))]
    left = len(found) - MOST
    if left > 0:
        more = f"{left} more places use means of tampering."
        found = [*found[:MOST], finding("integrity.many", more, severity="warning", help="Read the whole submission.")]
    return {"findings": found, "tools": {}}


def flagged(path: str, tree: ast.Module) -> Iterator[Finding]:
    """The findings of one file in the order of its lines, at most one of an id on a line."""
    seen: dict[tuple[int, str], tuple[Use, int]] = {}
    for use in uses(tree):
        line, column = getattr(use.node, "lineno", 1), getattr(use.node, "col_offset", 0) + 1
        seen.setdefault((line, use.sign.id), (use, column))
    for (line, _), (use, column) in sorted(seen.items(), key=lambda item: (item[0][0], item[1][1], item[0][1])):
        yield finding(
            use.sign.id,
            f"{use.sign.what}: {use.shown}",
            severity=use.sign.severity,
            help=use.sign.look,
            file=path,
            line=line,
            column=column,
        )


def uses(tree: ast.Module) -> Iterator[Use]:
    """Every use of every means, in no order."""
    origins = Origins(tree)
    texts = _documentation(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from _imports(node)
            case ast.Call():
                yield from _calls(node, origins)
            case ast.Attribute() | ast.Name():
                yield from _names(node, origins)
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _tables(node, node.value, origins)
            case ast.Constant(value=str() as text) if id(node) not in texts:
                yield from _texts(node, text)
            case ast.FunctionDef() | ast.Assign():
                yield from _agreeable(node)


def _documentation(tree: ast.Module) -> set[int]:
    """The strings that stand alone: documentation."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Use]:
    if isinstance(node, ast.ImportFrom) and node.level:
        return
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
    for name in named:
        top = name.partition(".")[0]
        if top in signs.NATIVE_MODULES:
            yield Use(signs.NATIVE, node, f"import {name}")
        if top in signs.HARNESS_MODULES:
            yield Use(signs.PROBE, node, f"import {name}")


def _calls(node: ast.Call, origins: Origins) -> Iterator[Use]:
    name = origins.of(node.func)
    first = node.args[0] if node.args else None
    if name in signs.DESCRIPTOR_CALLS and first is not None:
        if origins.is_number(first):
            yield Use(signs.DESCRIPTORS, node, f"{name}({ast.unparse(first)})")
        elif name == "os.fdopen" and not origins.opens_descriptors:
            yield Use(signs.DESCRIPTORS, node, "os.fdopen")
    elif name == "types.CodeType":
        yield Use(signs.BYTECODE, node, name)
    elif name in signs.RUNNERS | signs.LOADERS and first is not None:
        yield from _runs(node, name or "", first, origins)
    elif name in signs.IMPORTERS and first is not None:
        yield from _imported(node, name or "", origins.text(first))
    elif name in ("getattr", "setattr", "delattr", "builtins.setattr", "builtins.getattr") and len(node.args) > 1:
        yield from _attribute(node, (name or "").rpartition(".")[2], origins)
    elif isinstance(node.func, ast.Attribute) and node.func.attr in signs.CHANGING:
        yield from _tables(node, node.func.value, origins)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "__subclasses__" and _is_object(node.func.value):
        yield Use(signs.HEAP, node, "object.__subclasses__")


def _is_object(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="object"):
            return True
        case ast.Attribute(attr="__base__") | ast.Subscript(value=ast.Attribute(attr="__mro__" | "__bases__")):
            return True
        case _:
            return False


def _runs(node: ast.Call, name: str, source: ast.expr, origins: Origins) -> Iterator[Use]:
    if origins.is_decoded(source):
        yield Use(signs.ENCODED, node, f"{name} of decoded text")
    elif name.endswith(("exec", "eval")) and origins.text(source) is None:
        yield Use(signs.DYNAMIC, node, name)


def _imported(node: ast.Call, name: str, module: str | None) -> Iterator[Use]:
    if module is None:
        yield Use(signs.COMPUTED, node, name)
        return
    top = module.partition(".")[0]
    if top in signs.NATIVE_MODULES:
        yield Use(signs.NATIVE, node, module)
    if top in signs.HARNESS_MODULES:
        yield Use(signs.PROBE, node, module)


def _attribute(node: ast.Call, function: str, origins: Origins) -> Iterator[Use]:
    owner, attribute = origins.of(node.args[0]), origins.text(node.args[1])
    changes = function != "getattr"
    if not changes and attribute in signs.FRAME_ATTRIBUTES:
        yield Use(signs.FRAMES, node, f".{attribute}")
    full = origins.of(node)
    if full in signs.CALLS:
        yield Use(signs.CALLS[full], node, full)
    if owner is None or (owner.partition(".")[0] not in sys.stdlib_module_names and owner not in signs.HARNESS_MODULES):
        return
    if attribute is None and not changes and owner in signs.SEARCHED:
        yield Use(signs.COMPUTED, node, f"getattr({owner}, ...)")
    elif changes:
        yield from _replaced(node, f"{owner}.{attribute or '...'}")


def _names(node: ast.Attribute | ast.Name, origins: Origins) -> Iterator[Use]:
    name = origins.of(node)
    stores = not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Attribute):
        if node.attr in signs.FRAME_ATTRIBUTES:
            yield Use(signs.FRAMES, node, f".{node.attr}")
        if node.attr == "__code__" and stores:
            yield Use(signs.BYTECODE, node, ".__code__ = ...")
        if stores and name is not None:
            yield from _replaced(node, name)
    if name in signs.CALLS and not stores:
        yield Use(signs.CALLS[name], node, name)


def _replaced(node: ast.AST, name: str) -> Iterator[Use]:
    """An attribute of a module is set."""
    top = name.partition(".")[0]
    if top in ("builtins", "__builtins__"):
        yield Use(signs.BUILTINS, node, name)
    elif top in signs.HARNESS_MODULES:
        yield Use(signs.PROBE, node, name)
    elif name in signs.IMPORT_TABLES:
        yield Use(signs.MODULES, node, name)
    elif top in sys.stdlib_module_names and name not in signs.OWN_TO_SET:
        yield Use(signs.PATCHED, node, name)


def _tables(node: ast.Subscript | ast.Call, table: ast.expr, origins: Origins) -> Iterator[Use]:
    """An entry of a table is set, or a method that changes it is called."""
    name = origins.of(table)
    if name in signs.IMPORT_TABLES:
        yield Use(signs.MODULES, node, name)
    elif name in ("__builtins__", "builtins.__dict__"):
        yield Use(signs.BUILTINS, node, name)
    elif name is not None and name.endswith(".__dict__") and name.partition(".")[0] in sys.stdlib_module_names:
        yield Use(signs.PATCHED, node, name)


def _texts(node: ast.Constant, text: str) -> Iterator[Use]:
    if text.startswith(signs.KERNEL_FILES):
        yield Use(signs.SYSTEM_FILES, node, repr(text[:60]))
    elif text == "PYTEST_CURRENT_TEST":
        yield Use(signs.TESTS, node, text)


def _agreeable(node: ast.FunctionDef | ast.Assign) -> Iterator[Use]:
    match node:
        case ast.FunctionDef(name=name) if name in signs.ALWAYS_TRUE and _only_returns(node, value=True):
            yield Use(signs.AGREEABLE, node, f"{name} is always True")
        case ast.FunctionDef(name="__ne__") if _only_returns(node, value=False):
            yield Use(signs.AGREEABLE, node, "__ne__ is always False")
        case ast.FunctionDef(name="__class__"):
            yield Use(signs.AGREEABLE, node, "__class__ is a property")
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(body=ast.Constant(value=True))):
            if name in signs.ALWAYS_TRUE:
                yield Use(signs.AGREEABLE, node, f"{name} is always True")


def _only_returns(function: ast.FunctionDef, *, value: bool) -> bool:
    returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return)]
    return bool(returned) and all(isinstance(one, ast.Constant) and one.value is value for one in returned)
