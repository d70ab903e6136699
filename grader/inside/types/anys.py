"""The number of expressions in a file that mypy considers Any, and the excess over what each function may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mypy import build, stats
from mypy.nodes import Decorator, FuncDef, MypyFile, OverloadedFuncDef, Statement

FREE = 0.2
"""The share of a function's expressions that may be of type Any..."""
MOST_FREE = 3.0
"""... and never more than this many: typed lines that do nothing would make room for any number."""


class Expressions(NamedTuple):
    """The numbers of expressions of type Any and of all expressions."""

    anys: int
    expressions: int


def count(result: build.BuildResult, tree: MypyFile) -> tuple[Expressions, float]:
    """Return a file's counts and the total excess of its functions, for which code elsewhere does not make up."""
    total = _expressions_of(result, tree, tree)
    functions = [
        _expressions_of(result, tree, function) for statement in tree.defs for function in _functions(statement)
    ]
    anys = total.anys - sum(function.anys for function in functions)
    elsewhere = Expressions(anys, total.expressions - sum(function.expressions for function in functions))
    return total, sum(max(0.0, part.anys - min(FREE * part.expressions, MOST_FREE)) for part in [*functions, elsewhere])


def _expressions_of(result: build.BuildResult, tree: MypyFile, part: MypyFile | FuncDef) -> Expressions:
    visitor = stats.StatisticsVisitor(
        inferred=True,
        filename=tree.fullname,
        modules=result.files,
        typemap=result.types,
        all_nodes=True,
        visit_untyped_defs=False,
    )
    visitor.cur_mod_node, visitor.cur_mod_id = tree, tree.fullname
    part.accept(visitor)
    return Expressions(
        visitor.num_any_exprs, visitor.num_any_exprs + visitor.num_imprecise_exprs + visitor.num_precise_exprs
    )


def _functions(statement: Statement) -> Iterator[FuncDef]:
    """Yield the functions in a statement that are not inside another function."""
    match statement:
        case FuncDef():
            yield statement
        case Decorator():
            yield statement.func
        case OverloadedFuncDef():
            for item in [*statement.items, *([statement.impl] if statement.impl else [])]:
                yield from _functions(item)
        case _:
            for name in ("defs", "body", "bodies", "handlers", "else_body", "finally_body"):
                inner = getattr(statement, name, None) or []
                for element in inner if isinstance(inner, list) else [inner]:
                    yield from _functions(element)
