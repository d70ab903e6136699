"""Points a reviewer to the signs of tampering in a submission, with file and line, and judges nothing.

Names are followed through imports and plain assignments (`import sys as s; look = s._getframe`), attributes through
`getattr` with a constant name, and numbers through assignments and loops over ranges.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from itertools import chain

from grader.inside.findings import AnswerDict, FindingDict, finding
from grader.inside.gate import parsed
from grader.inside.imports import module_name
from grader.inside.tampering import signs
from grader.inside.tampering.origins import Origins
from grader.inside.tampering.reaching import is_object, reaches
from grader.inside.tampering.rebinding import Defined, defined_names, rebindings, under_main
from grader.inside.tampering.runners import definitions_in_text, runs_text
from grader.inside.tampering.signs import SignUse

MOST = 40
"""The maximum number of findings per submission; nobody would read more."""


def integrity(files: Mapping[str, str]) -> AnswerDict:
    """Return the signs of tampering in gated files."""
    trees = {path: parsed(text) for path, text in sorted(files.items())}
    defined = {module_name(path): defined_names(tree) for path, tree in trees.items()}
    found = [finding for path, tree in trees.items() for finding in flagged(path, tree, defined)]
    left = len(found) - MOST
    if left > 0:
        more = f"{left} more places show signs of tampering."
        found = [*found[:MOST], finding("integrity.many", more, severity="warning", help="Read the whole submission.")]
    return {"findings": found, "tools": {}}


def flagged(path: str, tree: ast.Module, defined: Defined | None = None) -> Iterator[FindingDict]:
    """Yield the findings of one file in line order, at most one per id and line.

    `defined` holds the names that the submission's modules define; without it, the file is taken to be the only module.
    """
    module = module_name(path)
    seen: dict[tuple[int, str], tuple[SignUse, int]] = {}
    for use in uses(tree, module, defined or {module: defined_names(tree)}):
        line, column = getattr(use.node, "lineno", 1), getattr(use.node, "col_offset", 0) + 1
        seen.setdefault((line, use.sign.id), (use, column))
    for line in [line for line, id_ in seen if id_ == signs.ENCODED.id]:
        seen.pop((line, signs.FROM_TEXT.id), None)
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


def uses(tree: ast.Module, module: str, defined: Defined) -> Iterator[SignUse]:
    """Yield every use of every sign, in no particular order."""
    origins = Origins(tree)
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # documentation stands alone
    idle = under_main(tree)
    listed = chain(
        (
            SignUse(signs.REBOUND, rebinding.node, rebinding.shown)
            for rebinding in rebindings(tree, origins, module, defined)
        ),
        runs_text(tree, origins),
        reaches(tree, origins),
        definitions_in_text(tree, texts),
    )
    yield from (use for use in listed if id(use.node) not in idle)
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
            case _:
                pass


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[SignUse]:
    if isinstance(node, ast.ImportFrom) and node.level:
        return
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for name in named:
        top = name.partition(".")[0]
        if top in signs.NATIVE_MODULES:
            yield SignUse(signs.NATIVE, node, f"import {name}")
        if top in signs.HARNESS_MODULES:
            yield SignUse(signs.PROBE, node, f"import {name}")


def _calls(node: ast.Call, origins: Origins) -> Iterator[SignUse]:
    name = origins.of(node.func)
    first = node.args[0] if node.args else None
    if name in signs.DESCRIPTOR_CALLS and first is not None:
        if origins.is_number(first):
            yield SignUse(signs.DESCRIPTORS, node, f"{name}({ast.unparse(first)})")
        elif name == "os.fdopen" and not origins.opens_descriptors:
            yield SignUse(signs.DESCRIPTORS, node, "os.fdopen")
    elif name == "types.CodeType":
        yield SignUse(signs.BYTECODE, node, name)
    elif name in signs.RUNNERS | signs.LOADERS and first is not None:
        yield from _runs(node, name or "", first, origins)
    elif name in signs.IMPORTERS and first is not None:
        yield from _imported(node, name or "", origins.text(first))
    elif name in ("getattr", "setattr", "delattr", "builtins.setattr", "builtins.getattr") and len(node.args) > 1:
        yield from _attribute(node, (name or "").rpartition(".")[2], origins)
    elif isinstance(node.func, ast.Attribute) and node.func.attr in signs.CHANGING:
        yield from _tables(node, node.func.value, origins)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "__subclasses__" and is_object(node.func.value):
        yield SignUse(signs.HEAP, node, "object.__subclasses__")


def _runs(node: ast.Call, name: str, source: ast.expr, origins: Origins) -> Iterator[SignUse]:
    if origins.is_decoded(source):
        yield SignUse(signs.ENCODED, node, f"{name} of decoded text")


def _imported(node: ast.Call, name: str, module: str | None) -> Iterator[SignUse]:
    if module is None:
        yield SignUse(signs.COMPUTED, node, name)
        return
    top = module.partition(".")[0]
    if top in signs.NATIVE_MODULES:
        yield SignUse(signs.NATIVE, node, module)
    if top in signs.HARNESS_MODULES:
        yield SignUse(signs.PROBE, node, module)


def _attribute(node: ast.Call, function: str, origins: Origins) -> Iterator[SignUse]:
    owner, attribute = origins.of(node.args[0]), origins.text(node.args[1])
    changes = function != "getattr"
    if not changes and attribute in signs.FRAME_ATTRIBUTES:
        yield SignUse(signs.FRAMES, node, f".{attribute}")
    full = origins.of(node)
    if full in signs.CALLS:
        yield SignUse(signs.CALLS[full], node, full)
    if owner is None or (owner.partition(".")[0] not in sys.stdlib_module_names and owner not in signs.HARNESS_MODULES):
        return
    if attribute is None and not changes and owner in signs.SEARCHED:
        yield SignUse(signs.COMPUTED, node, f"getattr({owner}, ...)")
    elif changes:
        yield from _replaced(node, f"{owner}.{attribute or '...'}")


def _names(node: ast.Attribute | ast.Name, origins: Origins) -> Iterator[SignUse]:
    name = origins.of(node)
    stores = not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Attribute):
        if node.attr in signs.FRAME_ATTRIBUTES:
            yield SignUse(signs.FRAMES, node, f".{node.attr}")
        if node.attr == "__code__" and stores:
            yield SignUse(signs.BYTECODE, node, ".__code__ = ...")
        if stores and name is not None:
            yield from _replaced(node, name)
    if name in signs.CALLS and not stores:
        yield SignUse(signs.CALLS[name], node, name)


def _replaced(node: ast.AST, name: str) -> Iterator[SignUse]:
    """Yield a sign if the named attribute belongs to a module that should not be changed."""
    top = name.partition(".")[0]
    if top in ("builtins", "__builtins__"):
        yield SignUse(signs.BUILTINS, node, name)
    elif top in signs.HARNESS_MODULES:
        yield SignUse(signs.PROBE, node, name)
    elif name in signs.IMPORT_TABLES:
        yield SignUse(signs.MODULES, node, name)
    elif top in sys.stdlib_module_names and name not in signs.OWN_TO_SET:
        yield SignUse(signs.PATCHED, node, name)


def _tables(node: ast.Subscript | ast.Call, table: ast.expr, origins: Origins) -> Iterator[SignUse]:
    """Yield a sign if the changed table belongs to a module, or holds imported modules or built-in names."""
    name = origins.of(table)
    if name in signs.IMPORT_TABLES:
        yield SignUse(signs.MODULES, node, name)
    elif name in ("__builtins__", "builtins.__dict__"):
        yield SignUse(signs.BUILTINS, node, name)
    elif name is not None and name.endswith(".__dict__") and name.partition(".")[0] in sys.stdlib_module_names:
        yield SignUse(signs.PATCHED, node, name)


def _texts(node: ast.Constant, text: str) -> Iterator[SignUse]:
    if text.startswith(signs.KERNEL_FILES):
        yield SignUse(signs.SYSTEM_FILES, node, repr(text[:60]))
    elif text == "PYTEST_CURRENT_TEST":
        yield SignUse(signs.TESTS, node, text)


def _agreeable(node: ast.FunctionDef | ast.Assign) -> Iterator[SignUse]:
    match node:
        case ast.FunctionDef(name=name) if name in signs.ALWAYS_TRUE and _only_returns(node, value=True):
            yield SignUse(signs.AGREEABLE, node, f"{name} is always True")
        case ast.FunctionDef(name="__ne__") if _only_returns(node, value=False):
            yield SignUse(signs.AGREEABLE, node, "__ne__ is always False")
        case ast.FunctionDef(name="__class__"):
            yield SignUse(signs.AGREEABLE, node, "__class__ is a property")
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(body=ast.Constant(value=True))):
            if name in signs.ALWAYS_TRUE:
                yield SignUse(signs.AGREEABLE, node, f"{name} is always True")
        case _:
            pass


def _only_returns(function: ast.FunctionDef, *, value: bool) -> bool:
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return bool(returned) and all(
        isinstance(constant, ast.Constant) and constant.value is value for constant in returned
    )
