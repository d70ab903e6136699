"""All mutants of a reference solution, each with an id that survives edits elsewhere in the file.

orm.py:Field.__set__:negate:1      file : function or class : operator : index among that operator's mutants there
"""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from grader.model import SourceFile, Struct
from grader.verify.mutation.operators import OPERATORS
from grader.verify.mutation.source import Edit, ModuleSource
from grader.verify.mutation.territory import foreign, wordless

CONTEXT = 2
"""The number of unchanged lines around the change in a diff."""


class Mutant(Struct, frozen=True, kw_only=True):
    """The reference with one mistake."""

    id: str
    path: str
    """The path of the file with the mistake, relative to the solution."""
    line: int
    text: str
    """The whole file, mistake included."""
    diff: str

    @property
    def place(self) -> str:
        """The function or class with the mutation, such as `orm.py:Field.__set__`."""
        return self.id.rsplit(":", 2)[0]


def mutants(solution: Path) -> tuple[Mutant, ...]:
    """Return every mutant of the solution in that folder, file by file, from top to bottom."""
    files = [path for path in sorted(solution.rglob("*.py")) if "__pycache__" not in path.parts]
    read = [SourceFile(path=path.relative_to(solution).as_posix(), text=path.read_text("utf-8")) for path in files]
    return tuple(mutant for file in read for mutant in mutants_of(file))


def mutants_of(file: SourceFile) -> Iterator[Mutant]:
    """Yield the mutants of one file that compile, leaving out any that equals the original or an earlier mutant."""
    walk = _Walk(ModuleSource(file.path, file.text))
    walk.source.module.visit(walk)
    seen = {_meaning(file.text)}
    for id_, change in walk.found:
        text = walk.source.changed(change)
        meaning = _meaning(text)
        if meaning and meaning not in seen:
            seen.add(meaning)
            line = file.text.encode()[: walk.source.span(change.target).start].count(b"\n") + 1
            yield Mutant(id=id_, path=file.path, line=line, text=text, diff=diff(file.path, file.text, text))


def diff(path: str, old: str, new: str) -> str:
    """Return the mutation as a unified diff without dates."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, n=CONTEXT, lineterm="")
    return "\n".join(lines)


def _meaning(text: str) -> str:
    """Return the program without its layout, or an empty string if it does not compile."""
    try:
        tree = ast.parse(text)
        compile(tree, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return ""
    return ast.dump(tree)


class _Walk(cst.CSTVisitor):
    """Offers every node that may be mutated to every operator."""

    def __init__(self, source: ModuleSource) -> None:
        super().__init__()
        self.source = source
        self.found: list[tuple[str, Edit]] = []
        self._names: list[str] = []
        self._wordless = 0
        self._count: Counter[tuple[str, str]] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if foreign(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
        self._wordless += wordless(node)
        if not (self._wordless and isinstance(node, cst.BaseString | cst.FormattedStringText)):
            self._ask(node)
        return not (self._wordless and isinstance(node, cst.FormattedString))

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if foreign(original_node):
            return
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()
        self._wordless -= wordless(original_node)

    def _ask(self, node: cst.CSTNode) -> None:
        where = ".".join(self._names) or "<module>"
        for name, operator in OPERATORS.items():
            for change in operator(node, self.source):
                index = self._count[where, name]
                self._count[where, name] += 1
                self.found.append((f"{self.source.path}:{where}:{name}:{index}", change))
