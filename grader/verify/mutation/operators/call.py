"""Calls: arguments in the wrong order or left out, and a forgotten `await`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource

UNMISTAKABLE = ("isinstance", "issubclass", "getattr", "setattr", "hasattr", "delattr", "map", "filter")
"""Builtins that reject swapped arguments at once: such mutants would only flatter the suite."""
INVISIBLE = ("slots",)
"""Keywords that a construct rule may require but that never show in behaviour."""


def swap_arguments(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Swap the first two positional arguments."""
    if isinstance(node, cst.Call) and len(node.args) > 1 and source.of(node.func) not in UNMISTAKABLE:
        first, second, *rest = node.args
        plain = not (first.keyword or second.keyword or first.star or second.star)
        if plain and source.of(first) != source.of(second):
            yield Edit(node, _call(node, [second, first, *rest], source))


def drop_keyword(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Leave out a keyword argument."""
    if isinstance(node, cst.Call):
        for dropped in node.args:
            if dropped.keyword is not None and dropped.keyword.value not in INVISIBLE:
                yield Edit(node, _call(node, [argument for argument in node.args if argument is not dropped], source))


def drop_await(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Drop `await`, so that nothing waits for the coroutine."""
    if isinstance(node, cst.Await):
        yield Edit(node, source.operand(node.expression))


def _call(node: cst.Call, arguments: Iterable[cst.Arg], source: ModuleSource) -> str:
    return f"{source.operand(node.func)}({', '.join(map(source.of, arguments))})"
