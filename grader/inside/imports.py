"""Imports: the files that import statements reach, and the modules that a challenge allows.

The *answer* consists of the modules that the brief asks for and those that they reach by import statements, directly or
indirectly. Absolute and relative imports count, and so do imports within functions, `try` and `if`, and those under
TYPE_CHECKING, which the type checker follows. `import a.b` also reaches the packages on the way; `from a import *` also
reaches the modules that `a.__all__` names. A module of the standard library or of a runtime package takes precedence
over a file of the same name, and a package over a module, as in CPython. Text that is not Python reaches nothing, and a
call to `importlib` at run time is not an import statement.

A test suite also starts from every file that pytest collects and from each `conftest.py`; its imports also reach the
importing file's own folder, and the modules that `pytest_plugins` names.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import PurePosixPath
from typing import NamedTuple, TypeGuard

from grader.inside.findings import FindingDict, finding

FOR_THE_CHECKER = frozenset({"_typeshed", "typing_extensions"})
"""Modules that the type checker brings itself, and that need not exist where they are imported under TYPE_CHECKING."""


class Imported(NamedTuple):
    """One imported module, as far as can be told without running anything."""

    name: str
    """The absolute dotted name. For `from a import b`, both `a` and `a.b` are listed."""
    line: int
    column: int
    guarded: bool
    """Whether the import is inside a `try` whose handler may catch ImportError, or under TYPE_CHECKING."""
    star: bool = False
    checked_only: bool = False
    """Whether it is in the body of `if TYPE_CHECKING`, which never runs."""


def module_name(path: str) -> str:
    """Return a file's module name: `pkg/mod.py` -> `pkg.mod`, `pkg/__init__.py` -> `pkg`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imported(path: str, tree: ast.Module) -> Iterator[Imported]:
    """Yield every module that the file's import statements name, wherever they are."""
    package = PurePosixPath(path).parent.parts
    never_run = {
        child for node in ast.walk(tree) if _is_checker_block(node) for part in node.body for child in ast.walk(part)
    }
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, guarded = stack.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, node.lineno, node.col_offset + 1, guarded, checked_only=node in never_run)
        elif isinstance(node, ast.ImportFrom):
            statements = _imported_from(node, package, guarded=guarded)
            yield from (one._replace(checked_only=node in never_run) for one in statements)
        if isinstance(node, ast.Try):
            stack.extend((child, guarded or bool(node.handlers)) for child in node.body)
            rest: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
            stack.extend((child, guarded) for child in rest)
        else:
            inner = guarded or (isinstance(node, ast.If) and _is_for_the_checker(node.test))
            stack.extend((child, inner) for child in ast.iter_child_nodes(node))


def _is_checker_block(node: ast.AST) -> TypeGuard[ast.If]:
    """Return whether it is `if TYPE_CHECKING:`, whose body never runs."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case _:
            return False


def _is_for_the_checker(test: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING")
        or (isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING")
        for node in ast.walk(test)
    )


def _imported_from(node: ast.ImportFrom, package: tuple[str, ...], *, guarded: bool) -> Iterator[Imported]:
    base = _base(node, package)
    star = any(alias.name == "*" for alias in node.names)
    if base:
        yield Imported(base, node.lineno, node.col_offset + 1, guarded, star)
    for alias in node.names:
        if (node.level or base) and alias.name != "*":
            name = ".".join(filter(None, (base, alias.name)))
            yield Imported(name, node.lineno, node.col_offset + 1, guarded)


def _base(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    if not node.level:
        return node.module or ""
    up = package[: len(package) - (node.level - 1)]
    return ".".join((*up, *filter(None, [node.module])))


class Answer(NamedTuple):
    """The files of the answer, and the trees of those that are Python."""

    paths: list[str]
    trees: dict[str, ast.Module]


def answer(
    files: Mapping[str, str],
    modules: Sequence[str],
    *,
    tests: bool,
    provided: Collection[str],
    parse: Callable[[str, str], ast.Module | None],
) -> Answer:
    """Follow import statements from `modules`; `parse` returns a file's tree, or None if it has none.

    With `tests`, the answer is a test suite, and also starts from everything that pytest collects. If a module and a
    package share a name, the answer holds only the package, since Python imports that one.
    """
    by_name = _by_name(files)
    trees: dict[str, ast.Module] = {}
    roots = [path for path in files if path in modules or (tests and is_test(path))]
    reached = dict.fromkeys(by_name[module_name(path)] for path in roots)
    waiting = list(reached)
    while waiting:
        path = waiting.pop()
        tree = parse(path, files[path])
        if tree is None:
            continue
        trees[path] = tree
        names = {name for statement in imported(path, tree) for name in _reached_by(statement, by_name, files, parse)}
        folders: list[tuple[str, ...]] = [()]
        if tests:
            names |= _strings(tree, "pytest_plugins")
            folders.append(PurePosixPath(path).parent.parts)
        for target in _targets(names, folders, by_name, provided):
            if target not in reached:
                reached[target] = None
                waiting.append(target)
    return Answer(sorted(reached), trees)


def _by_name(files: Collection[str]) -> dict[str, str]:
    """Return the file that each module name stands for: the package, if a module and a package share the name."""
    return {module_name(path): path for path in sorted(files, key=lambda path: (path.endswith("__init__.py"), path))}


def _reached_by(
    statement: Imported,
    by_name: Mapping[str, str],
    files: Mapping[str, str],
    parse: Callable[[str, str], ast.Module | None],
) -> Iterator[str]:
    yield statement.name
    package = by_name.get(statement.name) if statement.star else None
    tree = parse(package, files[package]) if package else None
    if tree is not None:
        yield from (f"{statement.name}.{name}" for name in _strings(tree, "__all__"))


def _strings(tree: ast.Module, variable: str) -> set[str]:
    """Return the strings in the values assigned to one of the module's variables."""
    values: list[ast.expr] = []
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AugAssign(target=ast.Name(id=name), value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name == variable:
                values.append(value)
    constants = [node for value in values for node in ast.walk(value) if isinstance(node, ast.Constant)]
    return {node.value for node in constants if isinstance(node.value, str)}


def _targets(
    names: Collection[str],
    folders: Sequence[tuple[str, ...]],
    by_name: Mapping[str, str],
    provided: Collection[str],
) -> Iterator[str]:
    for name in sorted(names):
        parts = name.split(".")
        if shadowed(parts[0], provided):
            continue
        for folder in folders:
            for length in range(1, len(parts) + 1):
                target = by_name.get(".".join((*folder, *parts[:length])))
                if target is not None:
                    yield target


def is_test(path: str) -> bool:
    """Return whether pytest collects a file, or loads it before collection."""
    name = PurePosixPath(path).name
    return name == "conftest.py" or (name.startswith("test_") and name.endswith(".py")) or name.endswith("_test.py")


def shadowed(top: str, provided: Collection[str] = ()) -> bool:
    """Return whether an import of a top-level name never reaches the submission, because another module comes first."""
    return top in provided or _in_standard_library(top)


@functools.cache
def _in_standard_library(top: str) -> bool:
    """Return whether this interpreter's standard library has a module of that name; sys.stdlib_module_names also lists
    those of other systems.
    """
    if top == "__main__" or BuiltinImporter.find_spec(top) or FrozenImporter.find_spec(top):
        return True
    places = [place for place in sys.path if place.startswith(sys.base_prefix) and "-packages" not in place]
    found = PathFinder.find_spec(top, places)
    return found is not None and found.loader is not None


def unavailable(trees: Mapping[str, ast.Module], provided: Collection[str]) -> list[FindingDict]:
    """Return a finding for each import of a module that is neither in the standard library, nor submitted, nor provided
    by the challenge.
    """
    own = {module_name(path).partition(".")[0] for path in trees}
    known = own | set(sys.stdlib_module_names) | set(provided)
    allowed = ", ".join(sorted(provided)) or "nothing"
    found = []
    for path, tree in sorted(trees.items()):
        seen: set[str] = set()
        for statement in sorted(imported(path, tree), key=lambda statement: statement.line):
            top = statement.name.partition(".")[0]
            if top in known or top in seen or (statement.checked_only and top in FOR_THE_CHECKER):
                continue
            seen.add(top)
            found.append(
                finding(
                    "imports.unavailable",
                    f"{top!r} cannot be imported in the grading environment.",
                    help=f"Besides the standard library and your own modules, this challenge allows {allowed}.",
                    severity="warning" if statement.guarded else "error",
                    file=path,
                    line=statement.line,
                    column=statement.column,
                )
            )
    return found


def hidden_by_packages(files: Collection[str], modules: Sequence[str]) -> list[FindingDict]:
    """Return a note for each file that the brief asks for and that a package of the same name replaces."""
    by_name = _by_name(files)
    return [
        finding(
            "imports.hidden-by-package",
            f"{path} is never imported: Python uses {by_name[module_name(path)]} for that name, so only the package is "
            "judged.",
            help="Keep only one of the two.",
            severity="note",
            file=by_name[module_name(path)],
            line=1,
        )
        for path in modules
        if path in files and by_name[module_name(path)] != path
    ]


def shadowing(trees: Mapping[str, ast.Module], files: Collection[str], provided: Collection[str]) -> list[FindingDict]:
    """Return a note for each file that an import in the answer seems to name but that another module hides."""
    hidden = {PurePosixPath(path).parts[0].removesuffix(".py") for path in files}
    found: dict[str, FindingDict] = {}
    for path, tree in sorted(trees.items()):
        for statement in imported(path, tree):
            top = statement.name.partition(".")[0]
            if top in hidden and top not in found and shadowed(top, provided):
                what = "package that the challenge provides" if top in provided else "module of the standard library"
                found[top] = finding(
                    "imports.shadows-package" if top in provided else "imports.shadows-stdlib",
                    f"{top!r} is a {what}; `import {top}` imports it, never a file of that name.",
                    help="If you mean to import your own module, rename its file or folder.",
                    severity="note",
                    file=path,
                    line=statement.line,
                    column=statement.column,
                )
    return list(found.values())
