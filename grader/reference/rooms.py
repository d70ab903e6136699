"""The packages of the product, each with the first sentence of its docstring, read without importing anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grader
import sandbox
from grader.reference.layout import table

DEPTH = 2
"""The depth below `grader` or `sandbox` to which packages are listed; the package above stands for anything deeper."""


def rooms() -> str:
    """List every package down to DEPTH, and the modules beside them."""
    tops = [Path(grader.__file__).parent, Path(sandbox.__file__).parent]
    return table(("room", "what it is for"), (row for top in tops for row in _rows(top)))


def _rows(top: Path) -> Iterator[tuple[str, str]]:
    packages = sorted(path for path in top.rglob("__init__.py") if len(path.relative_to(top).parts) <= DEPTH + 1)
    for path in (*packages, *sorted(top.glob("[!_]*.py"))):
        name = path.parent if path.name == "__init__.py" else path
        if purpose := _purpose(path):
            yield f"`{name.relative_to(top.parent).as_posix()}{'/' if name == path.parent else ''}`", purpose


def _purpose(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    sentence = re.split(r"(?<=\.)\s|\n\n", docstring, maxsplit=1)[0]
    return " ".join(sentence.split()).removesuffix(":")
