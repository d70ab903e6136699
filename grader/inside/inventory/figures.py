"""Stage two: the quality of code in figures, by radon, bandit and ruff. Files that a tool gives up on are listed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TypedDict

from radon.visitors import ComplexityVisitor

from grader.inside.inventory.lint import lint
from grader.inside.inventory.source_text import read
from grader.inside.security import security

COMPLEX = 10
"""Cyclomatic complexity above which radon ranks a block C or worse."""
WORST = 5
"""The most places that are listed for a figure."""
UNREAD = ".unanalysable"


class FiguresDict(TypedDict):
    """The figures of a batch, as they leave the sandbox."""

    blocks: int
    """The number of functions and methods."""
    complexity: int
    """The sum of the complexity of all blocks."""
    above: int
    """The number of blocks above COMPLEX."""
    worst: list[tuple[int, str, int, str]]
    """The complexity, file, line and name of the most complex blocks."""
    weaknesses: dict[str, int]
    """The number of findings by severity: error, warning, note."""
    weakest: list[tuple[str, str, int, str]]
    """The severity, file, line and message of some errors and warnings."""
    given_up: list[tuple[str, str]]
    """The tool and the file."""
    rules: dict[str, tuple[int, str, int, str]]
    """The number of findings of each rule of ruff, with the file, line and message of the first."""
    linted: int
    """The number of lines that ruff read; 0 if it is not there."""


def figures(files: dict[str, str], ruff: str | None) -> FiguresDict:
    """Measure the code files that stage one could read; `ruff` is the program's path, if it is there."""
    total: FiguresDict = {
        "blocks": 0,
        "complexity": 0,
        "above": 0,
        "worst": [],
        "weaknesses": {},
        "weakest": [],
        "given_up": [],
        "rules": {},
        "linted": 0,
    }
    readable: dict[str, str] = {}
    worst: list[tuple[int, str, int, str]] = []
    for path, text in files.items():
        source = read(text)
        if source.tree is None:
            continue
        readable[path] = source.text
        try:
            blocks = list(_blocks(ComplexityVisitor.from_ast(source.tree)))
        except Exception:  # whatever radon raises, it has given up on the file
            total["given_up"].append(("radon", path))
            continue
        total["blocks"] += len(blocks)
        total["complexity"] += sum(complexity for complexity, _, _ in blocks)
        total["above"] += sum(complexity > COMPLEX for complexity, _, _ in blocks)
        worst += [(complexity, path, line, name[:100]) for complexity, line, name in heapq.nlargest(WORST, blocks)]
    total["worst"] = heapq.nlargest(WORST, worst)
    _weaknesses(readable, total)
    if ruff is not None:
        found = lint(readable, ruff)
        total["rules"], total["linted"] = found["rules"], found["lines"]
        total["given_up"] += [("ruff", path) for path in found["given_up"]]
    return total


def _blocks(visitor: ComplexityVisitor) -> Iterator[tuple[int, int, str]]:
    """Yield the complexity, line and name of each function and method; closures count as part of the outer function."""
    for function in visitor.functions:
        yield int(function.complexity), int(function.lineno), str(function.name)
    for class_ in visitor.classes:
        for method in class_.methods:
            yield int(method.complexity), int(method.lineno), f"{class_.name}.{method.name}"


def _weaknesses(files: dict[str, str], total: FiguresDict) -> None:
    answer = security(files, disguised=False)
    for measurement in answer.get("measurements", []):
        total["weaknesses"][measurement["name"].removeprefix("security.")] = int(measurement["value"])
    for finding in answer["findings"]:
        if finding["id"].endswith(UNREAD):
            total["given_up"].append(("bandit", finding["file"] or ""))
        elif finding["file"] and finding["severity"] != "note" and len(total["weakest"]) < WORST:
            total["weakest"].append(
                (finding["severity"], finding["file"], finding["line"] or 1, finding["message"][:160])
            )
