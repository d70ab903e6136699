"""How our code reads, in figures: `python -m benchmarks.house [ROOT]` prints a column for each part of the repository.

The bounds that tests hold (tests/test_names.py) are measured by the functions here.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

ROOT = Path(__file__).parent.parent
PARTS = {
    "grader": ("grader/**/*.py",),
    "sandbox": ("sandbox/**/*.py",),
    "tests": ("tests/**/test_*.py", "tests/**/conftest.py"),
    "benchmarks": ("benchmarks/*.py",),
    "suites": ("challenges/*/*/test_*.py", "challenges/*/*/probe.py"),
}
FOREIGN = ("tests/candidates/", "tests/fixtures/", "tests/hostile/", "tests/verify/fixtures/")
"""Folders of submissions and challenges that are made for tests; `tests/hostile/test_*.py` itself is ours."""
# fmt: off
PRONOUNS = frozenset((
    "all", "another", "any", "asked", "both", "each", "found", "given", "got", "here", "it", "kept", "made",
    "one", "other", "others", "said", "seen", "shown", "some", "taken", "that", "there", "these", "this",
    "those", "told", "wanted", "what", "which", "who", "whose",
))
# fmt: on
"""Words that stand for something without saying what it is."""
SHORT = 6
"""Lines of a function that a reader would rather see where it is called."""


class Figures(NamedTuple):
    """The figures of some files."""

    files: int
    lines: int
    median_file: int
    largest_file: int
    functions: int
    median_function: int
    ninth_decile: int
    longest_function: int
    documented: str
    used_once: str
    pronouns: str
    lines_a_comment: int
    any_cast_ignore: str


def files(part: str, root: Path = ROOT) -> list[Path]:
    """Return the files of a part of the repository."""
    found = {path for pattern in PARTS[part] for path in root.glob(pattern)}
    return sorted(path for path in found if _is_ours(path.relative_to(root)))


def _is_ours(path: Path) -> bool:
    return path.parent.as_posix() == "tests/hostile" or not path.as_posix().startswith(FOREIGN)


def loop_variables(tree: ast.AST) -> Iterator[ast.Name]:
    """Yield every name that a `for` binds, in loops and in comprehensions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            yield from (part for part in ast.walk(node.target) if isinstance(part, ast.Name))


def public_classes(paths: Iterable[Path]) -> Mapping[str, list[Path]]:
    """Return the files that define each public class at their top level."""
    named: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named[node.name].append(path)
    return named


def figures(paths: Iterable[Path]) -> Figures:
    """Measure some files."""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    trees = [ast.parse(text) for text in texts]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, Function)]
    public = [function for function in functions if not function.name.startswith("_")]
    private, once = _private(trees)
    short = [function for function in once if _length(function) <= SHORT]
    variables = [variable.id for tree in trees for variable in loop_variables(tree)]
    vague = sum(variable in PRONOUNS for variable in variables)
    lengths, sizes = [_length(function) for function in functions], [text.count("\n") for text in texts]
    comments = sum(_comments(text) for text in texts)
    words = Counter(node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name))
    ignores = sum(text.count("# type: ignore") for text in texts)
    return Figures(
        files=len(texts),
        lines=sum(sizes),
        median_file=round(statistics.median(sizes)),
        largest_file=max(sizes),
        functions=len(functions),
        median_function=round(statistics.median(lengths)),
        ninth_decile=round(statistics.quantiles(lengths, n=10)[-1]),
        longest_function=max(lengths),
        documented=_percent(sum(ast.get_docstring(function) is not None for function in public), len(public)),
        used_once=f"{_percent(len(once), private)} ({_percent(len(short), private)} short)",
        pronouns=f"{vague} of {len(variables)}, {_percent(vague, len(variables))}",
        lines_a_comment=round(sum(sizes) / max(1, comments)),
        any_cast_ignore=f"{words['Any']} / {words['cast']} / {ignores}",
    )


def _private(trees: Iterable[ast.Module]) -> tuple[int, list[Function]]:
    """Count private functions and list those that their module mentions a single time."""
    total, once = 0, []
    for tree in trees:
        mentions = Counter(
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute | ast.Name)
        )
        private = [node for node in ast.walk(tree) if isinstance(node, Function) and _is_private(node.name)]
        total += len(private)
        once += [function for function in private if mentions[function.name] == 1]
    return total, once


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def _comments(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(
        token.type == tokenize.COMMENT and not token.string.startswith(("# type:", "# noqa")) for token in tokens
    )


def _percent(share: int, whole: int) -> str:
    return f"{100 * share / max(1, whole):.1f} %"


def main() -> None:
    """Print a table."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    columns = {part: figures(files(part, root)) for part in PARTS}
    print(f"{'':20}" + "".join(f"{part:>28}" for part in columns))
    for name in Figures._fields:
        print(f"{name.replace('_', ' '):20}" + "".join(f"{getattr(column, name):>28}" for column in columns.values()))


if __name__ == "__main__":
    main()
