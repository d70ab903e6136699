"""Imports: which of them this challenge allows, and which files are in play because something imports them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.inside.findings import Finding, finding


class Imported(NamedTuple):
    """One imported module, as far as it can be told without running anything."""

    name: str
    """Absolute dotted name. For `from a import b` both `a` and `a.b` are listed."""
    line: int
    column: int
    guarded: bool
    """Inside a `try` whose handler may catch ImportError, or under TYPE_CHECKING."""


def module_name(path: str) -> str:
    """`pkg/mod.py` -> `pkg.mod`, `pkg/__init__.py` -> `pkg`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imported(path: str, tree: ast.Module) -> Iterator[Imported]:
    """Every import statement of the file, wherever it stands."""
    package = PurePosixPath(path).parent.parts
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, guarded = stack.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, node.lineno, node.col_offset + 1, guarded)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            if base:
                yield Imported(base, node.lineno, node.col_offset + 1, guarded)
            for alias in node.names:
                if node.level or base:
                    name = ".".join(filter(None, (base, alias.name)))
                    yield Imported(name, node.lineno, node.col_offset + 1, guarded)
        if isinstance(node, ast.Try):
            stack.extend((child, guarded or bool(node.handlers)) for child in node.body)
            rest: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
            stack.extend((child, guarded) for child in rest)
        else:
            inner = guarded or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
            stack.extend((child, inner) for child in ast.iter_child_nodes(node))


def _base(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    if not node.level:
        return node.module or ""
    up = package[: len(package) - (node.level - 1)]
    return ".".join((*up, *filter(None, [node.module])))


def unavailable(trees: Mapping[str, ast.Module], provided: Collection[str]) -> list[Finding]:
    """A finding for each import that is neither standard library, nor submitted, nor provided by the challenge."""
    own = {module_name(path).partition(".")[0] for path in trees}
    known = own | set(sys.stdlib_module_names) | set(provided)
    allowed = ", ".join(sorted(provided)) or "nothing"
    found = []
    for path, tree in sorted(trees.items()):
        seen: set[str] = set()
        for one in sorted(imported(path, tree), key=lambda each: each.line):
            top = one.name.partition(".")[0]
            if top in known or top in seen:
                continue
            seen.add(top)
            found.append(
                finding(
                    "imports.unavailable",
                    f"{top!r} cannot be imported where this is graded.",
                    help=f"Besides the standard library and your own modules this challenge allows: {allowed}.",
                    severity="warning" if one.guarded else "error",
                    file=path,
                    line=one.line,
                    column=one.column,
                )
            )
    return found


def shadowed(path: str, provided: Collection[str] = ()) -> bool:
    """Whether `import` never reaches the file, because the standard library or a runtime package comes first."""
    top = PurePosixPath(path).parts[0].removesuffix(".py")
    return top in sys.stdlib_module_names or top in provided


def shadowing(paths: Collection[str], provided: Collection[str] = ()) -> list[Finding]:
    """A finding for each file that `import` never reaches."""
    found = []
    for path in sorted(paths):
        if shadowed(path, provided):
            top = PurePosixPath(path).parts[0].removesuffix(".py")
            what = "package that is provided here" if top in provided else "module of the standard library"
            found.append(
                finding(
                    "imports.shadows-package" if top in provided else "imports.shadows-stdlib",
                    f"{top!r} is a {what}; `import {top}` gives that one, never this file.",
                    help="Rename the file or the folder.",
                    severity="warning",
                    file=path,
                )
            )
    return found


def in_play(trees: Mapping[str, ast.Module], modules: Collection[str] = ()) -> set[str]:
    """The files that are judged: all but tests and their helpers, `modules`, and whatever those files import."""
    by_name = {module_name(path): path for path in trees}
    waiting = [path for path in trees if path in modules or not is_test(path)]
    judged = set(waiting)
    while waiting:
        path = waiting.pop()
        for one in imported(path, trees[path]):
            parts = one.name.split(".")
            for length in range(1, len(parts) + 1):
                target = by_name.get(".".join(parts[:length]))
                if target and target not in judged:
                    judged.add(target)
                    waiting.append(target)
    return judged


def is_test(path: str) -> bool:
    """Whether a file is by its name a test of the candidate's own."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    return (
        name == "conftest.py"
        or (name.startswith("test_") and name.endswith(".py"))
        or name.endswith("_test.py")
        or any(part in {"test", "tests"} for part in parts[:-1])
    )
