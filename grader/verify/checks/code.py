"""Static checks of the author's own Python: promises, criteria, imports."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader.challenges.challenge import Challenge
from grader.evidence.suite.job import behaviour_criteria
from grader.verify.verdict import Problem

SUITE_MAY_IMPORT = ("grader.suite", "hypothesis", "pytest")
PROBE_MAY_IMPORT = ("probe_kit", "suite_inside")
"""Modules mounted beside every probe, or beside a submitted test suite."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tests(challenge: Challenge) -> tuple[Function, ...]:
    """Return the syntax trees of the hidden tests, including those in classes."""
    tree = _tree(challenge.suite)
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))] if tree else []
    nodes = (node for body in bodies for node in body if isinstance(node, Function))
    return tuple(node for node in nodes if node.name.startswith("test"))


def probe_functions(challenge: Challenge) -> frozenset[str]:
    """Return the names of the functions that the probe defines."""
    tree = _tree(challenge.probe)
    return frozenset(node.name for node in tree.body if isinstance(node, Function)) if tree else frozenset()


def source(challenge: Challenge, name: str) -> str:
    """Return the source of a hidden test, including its decorators; an empty string if no test has that name."""
    lines = challenge.suite.read_text("utf-8").splitlines()
    for test in tests(challenge):
        if test.name == name:
            start = min(node.lineno for node in (test, *test.decorator_list))
            return "\n".join(lines[start - 1 : test.end_lineno])
    return ""


def check_suite(challenge: Challenge) -> Iterator[Problem]:
    """Check that every hidden test states a promise, and that the suite imports only what is available when it runs."""
    where = challenge.suite.name
    yield from _parses(challenge.suite)
    for test in tests(challenge):
        if not ast.get_docstring(test):
            remedy = "Add a docstring that states the promise to the candidate, who sees nothing else of the test."
            yield Problem(
                id="form.promise", where=f"{where}: {test.name}", what="the test states no promise", help=remedy
            )
    for name in _imports(challenge.suite):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and not _within(name, SUITE_MAY_IMPORT):
            allowed = ", ".join(SUITE_MAY_IMPORT)
            remedy = f"Import only the standard library, {allowed}; call the submission through the probe."
            yield Problem(id="form.imports", where=where, what=f"the file imports {name}", help=remedy)


def check_criteria(challenge: Challenge) -> Iterator[Problem]:
    """Check that every hidden test counts for a criterion, and that every behaviour criterion has a test."""
    criteria = behaviour_criteria(challenge)
    counted = {test.name: _criterion(test) for test in tests(challenge)}
    for name, criterion in counted.items():
        if criterion is None and len(criteria) != 1:
            remedy = 'Add the decorator `@criterion("...")` from grader.suite.'
            what = "the test counts for no criterion"
            yield Problem(id="form.criterion", where=f"{challenge.suite.name}: {name}", what=what, help=remedy)
        elif criterion is not None and criterion not in criteria:
            remedy = f"Use one of: {', '.join(criteria) or '(no criterion is judged by tests)'}."
            what = f"{criterion!r} is not a criterion judged by tests"
            yield Problem(id="form.criterion", where=f"{challenge.suite.name}: {name}", what=what, help=remedy)
    for criterion in criteria:
        if counted and criterion not in counted.values() and len(criteria) > 1:
            remedy = f"Write a hidden test for it in {challenge.suite.name}."
            what = f"no hidden test counts for {criterion!r}"
            yield Problem(id="form.criterion", where="challenge.toml: criteria", what=what, help=remedy)


def check_probe(challenge: Challenge) -> Iterator[Problem]:
    """Check that the probe imports only what exists inside: the standard library, allowed packages, the submission."""
    yield from _parses(challenge.probe)
    yield from _foreign(challenge, challenge.probe, {*modules(challenge), *packages(challenge), *PROBE_MAY_IMPORT})


def check_contract(challenge: Challenge) -> Iterator[Problem]:
    """Check that the contract imports only the submission and modules that the type checker can resolve."""
    path = challenge.folder / "contract.py"
    yield from _parses(path)
    yield from _foreign(challenge, path, {*modules(challenge), *packages(challenge), "typing_extensions"})


def modules(challenge: Challenge) -> frozenset[str]:
    """Return the top-level names that a submission provides: `orm` for `orm.py`, `shop` for `shop/orders.py`."""
    return frozenset(PurePosixPath(path).parts[0].removesuffix(".py") for path in challenge.manifest.modules)


def packages(challenge: Challenge) -> frozenset[str]:
    """Return the names under which the allowed distributions are imported."""
    distributions = {name.lower().replace("_", "-") for name in challenge.manifest.runtime.packages}
    found = importlib.metadata.packages_distributions()
    return frozenset(
        name
        for name, of in found.items()
        if distributions & {distribution.lower().replace("_", "-") for distribution in of}
    )


def used_by_contract(challenge: Challenge) -> frozenset[str]:
    """Return the names that the contract imports from the submission."""
    tree = _tree(challenge.folder / "contract.py")
    own = modules(challenge)
    return frozenset(
        alias.name
        for node in ast.walk(tree or ast.Module([], []))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in own
        for alias in node.names
        if alias.name != "*"
    )


def _foreign(challenge: Challenge, path: Path, allowed: set[str]) -> Iterator[Problem]:
    for name in _imports(path):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in allowed:
            remedy = "Import only the standard library and the submission, or add the distribution to runtime.packages."
            where = path.relative_to(challenge.folder).as_posix()
            yield Problem(id="form.imports", where=where, what=f"the file imports {name}", help=remedy)


def _criterion(test: Function) -> str | None:
    """Return the first argument of `@criterion(...)` if it is a string literal, else None."""
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and _named(decorator.func) == "criterion" and decorator.args:
            first = decorator.args[0]
            return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    return None


def _named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _within(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _imports(path: Path) -> list[str]:
    """Return every module that the file imports anywhere: `a` for `from a import b`, `grader.b` for `from grader import
    b`.
    """
    found: dict[str, None] = {}
    for node in ast.walk(_tree(path) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "grader" else [module]
            found |= dict.fromkeys(names)
    return list(found)


def _parses(path: Path) -> Iterator[Problem]:
    if path.is_file() and _tree(path) is None:
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError) as error:
            yield Problem(
                id="form.syntax", where=path.name, what=str(error), help="Fix the file: it is not valid Python."
            )


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
