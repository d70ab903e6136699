"""mypy in this process, by the functions that its command line calls: its messages, and what it looked at.

The command line tells neither which lines it skipped nor which expressions are `Any`; mypy's own trees do.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mypy import build, defaults, errors, main, stats
from mypy.fscache import FileSystemCache


class Looked(NamedTuple):
    """How far mypy looked at one file."""

    skipped: frozenset[int]
    """Lines that it never looked at, because it holds their condition for decided."""
    anys: int
    """Expressions of type Any."""
    expressions: int


class Ran(NamedTuple):
    """What mypy said, as its command line would, and how far it looked at each file that it was given."""

    out: str
    complaint: str
    status: int
    looked: Mapping[Path, Looked]


def run(arguments: Sequence[str], *, look: bool) -> Ran:
    """Run mypy with these arguments; `look` says whether it is of interest what it looked at."""
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
        return Ran(out.getvalue(), complaint.getvalue(), 2, looked)
    except SystemExit as left:  # of options that it does not know, and of a defect of its own
        return Ran(out.getvalue(), complaint.getvalue(), left.code if isinstance(left.code, int) else 2, looked)
    if look:
        given = {Path(source.path) for source in sources if source.path}
        looked = {
            Path(tree.path): _looked(result, name) for name, tree in result.files.items() if Path(tree.path) in given
        }
    result.manager.metastore.close()
    said = out.getvalue()
    return Ran(said, complaint.getvalue(), 1 if said.strip() or complaint.getvalue().strip() else 0, looked)


def _looked(result: build.BuildResult, name: str) -> Looked:
    tree = result.files[name]
    visitor = stats.StatisticsVisitor(
        inferred=True,
        filename=name,
        modules=result.files,
        typemap=result.types,
        all_nodes=True,
        visit_untyped_defs=False,
    )
    tree.accept(visitor)
    anys = visitor.num_any_exprs
    return Looked(frozenset(tree.skipped_lines), anys, anys + visitor.num_imprecise_exprs + visitor.num_precise_exprs)
