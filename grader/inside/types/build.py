"""Runs mypy in this process, through the functions that its command line calls, and records what mypy looked at.

The command line reports neither the lines that mypy skipped nor the expressions of type `Any`; mypy's own trees do.
"""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mypy import build, defaults, errors, main, nodes
from mypy.fscache import FileSystemCache
from mypy.types import AnyType, Type, TypeOfAny

from grader.inside.types import anys

REFERENCES = frozenset({"node", "info", "type", "unanalyzed_type", "original_def", "names", "__match_args__"})
"""Attributes that lead from a node to its meaning, not to its parts."""
ELSEWHERE = (nodes.TypeInfo, nodes.MypyFile, nodes.Var)


class Looked(NamedTuple):
    """The parts of one file that mypy skipped, typed, or found silenced errors in."""

    skipped: frozenset[int]
    """Lines that mypy never looked at, because it considers the condition above them decided."""
    typed: frozenset[tuple[int, int]]
    """The positions at which expressions with a type begin: lines from 1, columns from 0."""
    silenced: frozenset[int]
    """Lines with an expression in which mypy found an error, whether it reported the error or not."""
    anys: int
    """The number of expressions of type Any."""
    expressions: int
    excess: float
    """The number of expressions of type Any beyond what each function may have."""


class MypyRun(NamedTuple):
    """The output of mypy, as on its command line, and what mypy looked at in each file that it was given."""

    out: str
    complaint: str
    status: int
    looked: Mapping[Path, Looked]


def run(arguments: Sequence[str], *, look: bool) -> MypyRun:
    """Run mypy with these arguments; `look` says whether to record what mypy looked at."""
    out, complaint = io.StringIO(), io.StringIO()
    looked: dict[Path, Looked] = {}
    sys.setrecursionlimit(defaults.RECURSION_LIMIT)

    def flush(_: str | None, messages: list[str], serious: bool) -> None:  # noqa: FBT001 - mypy calls it so
        print(*messages, sep="\n", file=complaint if serious else out)

    try:
        cache = FileSystemCache()
        sources, options = main.process_options([*arguments], stdout=out, stderr=complaint, fscache=cache)
        options.native_parser = False  # CPython's parser reads what CPython reads, and tells which lines are skipped
        options.export_types = options.preserve_asts = look
        result = build.build(sources, options, None, flush, cache, out, complaint)
    except errors.CompileError:
        return MypyRun(out.getvalue(), complaint.getvalue(), 2, looked)
    except SystemExit as left:  # of options that it does not know, and of a defect of its own
        return MypyRun(out.getvalue(), complaint.getvalue(), left.code if isinstance(left.code, int) else 2, looked)
    if look:
        given = {Path(source.path) for source in sources if source.path}
        looked = {
            Path(tree.path): _looked(result, name) for name, tree in result.files.items() if Path(tree.path) in given
        }
    result.manager.metastore.close()
    output = out.getvalue()
    return MypyRun(output, complaint.getvalue(), 1 if output.strip() or complaint.getvalue().strip() else 0, looked)


def _looked(result: build.BuildResult, name: str) -> Looked:
    tree = result.files[name]
    total, excess = anys.count(result, tree)
    typed, silenced = _types(tree, result.types)
    return Looked(frozenset(tree.skipped_lines), typed, silenced, total.anys, total.expressions, excess)


def _types(
    tree: nodes.MypyFile, types: Mapping[nodes.Expression, Type]
) -> tuple[frozenset[tuple[int, int]], frozenset[int]]:
    """Return the positions of typed expressions, and the lines of those whose type is an error on every visit."""
    right: set[tuple[int, int, int | None, int | None, str]] = set()
    wrong: set[tuple[int, int, int | None, int | None, str]] = set()
    for node in _expressions(tree):
        if (type_ := types.get(node)) is not None:
            place = (node.line, node.column, node.end_line, node.end_column, type(node).__name__)
            erroneous = isinstance(type_, AnyType) and type_.type_of_any == TypeOfAny.from_error
            (wrong if erroneous else right).add(place)
    return frozenset(place[:2] for place in right | wrong), frozenset(place[0] for place in wrong - right)


def _expressions(tree: nodes.MypyFile) -> Iterator[nodes.Expression]:
    """Yield every expression of a file, including those of functions that mypy copies for each value of a type
    variable.

    mypy's own visitors are compiled, and an interpreted class cannot inherit from them.
    """
    seen: set[int] = set()
    waiting: list[object] = [tree.defs]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | tuple):
            waiting += node
        elif isinstance(node, nodes.Node) and not isinstance(node, ELSEWHERE) and id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, nodes.Expression):
                yield node
            waiting += [getattr(node, name, None) for name in _parts(type(node).__mro__)]


@functools.cache
def _parts(mro: tuple[type, ...]) -> tuple[str, ...]:
    """Return the attributes of a kind of node that hold its parts."""
    names = {name for above in mro for name in getattr(above, "__mypyc_attrs__", vars(above).get("__slots__", ()))}
    return tuple(sorted(names - REFERENCES))
