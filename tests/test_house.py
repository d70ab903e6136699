"""The rules of the house hold: direction of imports, sizes, clean checks, nothing of one machine in the repository."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOF = 400
"""Lines of a source file."""
ROOF_OF = {"challenges": 1000}
"""A hidden suite is one file, with the model that foretells its answers, and so is a probe."""
SKIPPED = {
    "__pycache__",
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "build",
    "dist",
}
MACHINE = [
    r"/opt/(wheels|pypi)",
    r"/work/(main|shared)\b",
    r"--(extra-)?index-url",
    r"--find-links",
    r"https?://[^\s\"']*/simple\b",
    r"/home/(?!candidate\b|user\b)\w+/",
]
"""Paths and addresses that only one machine has."""


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts):
                yield path


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, lazily or for types too, by absolute name, with its line."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield node.lineno, module
            case ast.ImportFrom(level=level, module=module):
                above = package[: len(package) - level + 1]
                yield node.lineno, ".".join([*above, *([module] if module else [])])
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"), args=[ast.Constant(str(name)), *_]
            ):
                yield node.lineno, name
            case _:
                pass


def found(folder: str, is_wrong: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in files(folder)
        for line, name in imports(path)
        if is_wrong.match(name)
    ]


def test_the_sandbox_imports_nothing_of_the_grader() -> None:
    """Imports go one way, sandbox <- grader; lazy and type-checking ones count."""
    assert found("sandbox", re.compile(r"(grader|challenges|tests|benchmarks)\b")) == []


def test_the_grader_imports_no_challenge_and_no_test() -> None:
    """Challenges are data, found by path."""
    assert found("grader", re.compile(r"(challenges|tests|benchmarks)\b")) == []


def test_challenges_use_the_suite_and_nothing_else_of_ours() -> None:
    """A hidden suite uses `grader.suite`; everything else of a challenge uses nothing of ours."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in files("challenges")
        for line, name in imports(path)
        if name.partition(".")[0] in {"grader", "sandbox"}
        and not (name == "grader.suite" and path.name.startswith("test_"))
    ]
    assert wrong == []


def test_what_enters_the_sandbox_imports_the_standard_library_alone() -> None:
    """`sandbox/inside` runs where nothing else is installed, and nothing else of ours may be there."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in files("sandbox/inside")
        for line, name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("sandbox.inside")
    ]
    assert wrong == []


def test_what_lies_beside_a_probe_imports_the_standard_library_alone() -> None:
    """Kits run where nothing of the grader is: the standard library, pytest under a candidate's suite, themselves."""
    pytest_too = ROOT / "grader/suite/inside/suite_inside"
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in files("grader/suite/inside")
        for line, name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not (path.parent == pytest_too and name.partition(".")[0] in {"pytest", "_pytest"})
        and not (name.startswith("grader.suite.inside") and "from grader" not in path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_imports_are_found_wherever_they_hide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules above see lazy, relative, type-checking and dynamic imports."""
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "pack").mkdir()
    path = tmp_path / "pack/module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a.b\n"
        "def f():\n    from . import near\n    from .c import d\n    from ..e import g\n"
        "import importlib\nimportlib.import_module('h')\n"
    )
    assert {name for _, name in imports(path)} == {"typing", "a.b", "pack", "pack.c", "e", "importlib", "h"}


@pytest.mark.parametrize("folder", ["grader", "sandbox", "tests", "challenges", "benchmarks"])
def test_no_file_is_too_long_to_do_one_thing(folder: str) -> None:
    """Files stay below the roof."""
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in files(folder)}
    assert {path: length for path, length in lengths.items() if length > ROOF_OF.get(folder, ROOF)} == {}


def test_nothing_of_one_machine_is_in_the_repository() -> None:
    """Neither a path nor a package index of the machine that it was written on."""
    pattern = re.compile("|".join(MACHINE))
    texts = (".py", ".md", ".toml", ".yml", ".yaml", ".json", ".txt", ".html", ".sh", "")
    everything = [*files(".", suffixes=texts)]
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in everything
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert wrong == []


def run(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.heavy  # half a minute without a cache
def test_mypy_has_nothing_to_say() -> None:
    """Our own code, its tests, the benchmarks and every hidden suite pass what we ask of candidates."""
    assert run("mypy") == ""


def test_ruff_has_nothing_to_say() -> None:
    """Our own code passes its linter and is formatted."""
    assert run("ruff", "check", "--quiet") == ""
    assert run("ruff", "format", "--check", "--quiet") == ""


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    named: dict[str, Path] = {}
    for path in files("grader", "sandbox"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported_modules(path: Path, known: Collection[str]) -> set[str]:
    """The modules of ours that a file imports, lazily or for types too; `from package import module` is the module."""
    direct = {name for _, name in imports(path) if name in known}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in direct:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            direct |= inner & set(known)
            if inner <= set(known):
                direct.discard(node.module)
    return direct


@pytest.mark.heavy
def test_no_module_imports_itself_through_others() -> None:
    """Imports have no cycle, lazy and type-checking ones included."""
    named = modules()
    graph = {name: imported_modules(path, named) - {name} for name, path in named.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_what_enters_an_analysers_sandbox_imports_its_tools_alone() -> None:
    """`grader/inside` imports the standard library, the analysers' distributions and itself: nothing else is there."""
    tools = {"bandit", "grimp", "libcst", "mypy", "radon", "tree_sitter", "tree_sitter_python"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in files("grader/inside")
        for line, name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | tools and not name.startswith("grader.inside")
    ]
    assert wrong == []
