"""Walks LibCST trees, and determines which of their statements can run at all.

The trees come from text that passed the gate, so nothing here recurses deeper than the gate's limit.
"""

from __future__ import annotations

import dataclasses
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import libcst as cst

Compound: TypeAlias = cst.BaseCompoundStatement
Block: TypeAlias = cst.BaseSuite | cst.Module

TERMINATORS = (cst.Return, cst.Raise, cst.Continue, cst.Break)
EXITS = frozenset({"sys.exit", "os._exit", "exit", "quit", "os.abort"})
COMPARED: Mapping[type[cst.BaseCompOp], Callable[[Any, Any], bool]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}
LABELS: Mapping[type[cst.CSTNode], frozenset[str]] = {
    cst.Attribute: frozenset({"attr"}),
    cst.Arg: frozenset({"keyword"}),
    cst.Param: frozenset({"name"}),
    cst.NameItem: frozenset({"name"}),
    cst.ImportAlias: frozenset({"name", "asname"}),
    cst.MatchKeywordElement: frozenset({"key"}),
}
"""Fields that hold a Name that does not refer to anything in scope."""
LAYOUT = frozenset({"header", "footer", "indent", "comma", "semicolon", "lpar", "rpar", "lbracket", "rbracket"})


class Step(NamedTuple):
    """A statement that can run. Statements inside a compound statement follow it as steps of their own."""

    node: cst.CSTNode
    certain: bool
    """Whether it runs whenever the block runs."""


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = (field.name for field in dataclasses.fields(kind) if field.name not in LABELS.get(kind, ()))
    return tuple(
        name
        for name in names
        if name not in LAYOUT and not name.startswith(("whitespace", "leading_", "trailing_", "lines_", "default_"))
    )


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node's meaningful parts in the order of its fields, which is mostly source order."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


def walk(*roots: cst.CSTNode, into_definitions: bool = True) -> Iterator[cst.CSTNode]:
    """Yield `roots` and the nodes below them, but nothing within annotations."""
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, cst.Annotation) or (
            not into_definitions and isinstance(node, cst.FunctionDef | cst.ClassDef)
        ):
            continue
        stack.extend(reversed(list(children(node))))


def dotted(node: cst.CSTNode) -> str | None:
    """Return `a.b.c` as text if the expression consists only of names and dots; else None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join((node.value, *reversed(parts)))


def statements(block: Block) -> Iterator[cst.CSTNode]:
    """Yield the statements of a block, separating those that share a line."""
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def headers(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """Return the parts of a statement that belong to the step itself rather than to its inner blocks."""
    match node:
        case cst.If() | cst.While():
            return [node.test]
        case cst.For():
            return [node.iter]
        case cst.With():
            return [item.item for item in node.items]
        case cst.Try() | cst.TryStar():
            return [handler.type for handler in node.handlers if handler.type is not None]
        case cst.Match():
            return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
        case cst.FunctionDef():
            return [*(decorator.decorator for decorator in node.decorators), *defaults(node.params)]
        case cst.ClassDef():
            return [
                *(decorator.decorator for decorator in node.decorators),
                *(arg.value for arg in (*node.bases, *node.keywords)),
            ]
        case cst.AnnAssign():
            return [node.target, *([node.value] if node.value is not None else [])]
        case _:
            return [node]


def parameters(params: cst.Parameters) -> list[cst.Param]:
    """Return every parameter in order, including `*args` and `**kwargs`."""
    found = [*params.posonly_params, *params.params]
    if isinstance(params.star_arg, cst.Param):
        found.append(params.star_arg)
    found.extend(params.kwonly_params)
    if params.star_kwarg is not None:
        found.append(params.star_kwarg)
    return found


def defaults(params: cst.Parameters) -> list[cst.BaseExpression]:
    """Return the default values, which are evaluated where the function is defined."""
    return [param.default for param in parameters(params) if param.default is not None]


def steps(block: Block) -> list[Step]:
    """Return the statements of a scope that can run, leaving out dead branches and anything after a `return`."""
    out: list[Step] = []
    _follow(block, certain=True, out=out)
    return out


def _follow(block: Block, *, certain: bool, out: list[Step]) -> bool:
    """Append the steps of a block; return whether nothing after the block can run."""
    for statement in statements(block):
        out.append(Step(statement, certain))
        if _ends(statement, certain=certain, out=out):
            return True
    return False


def _ends(statement: cst.CSTNode, *, certain: bool, out: list[Step]) -> bool:
    match statement:
        case cst.Return() | cst.Raise() | cst.Continue() | cst.Break():
            return True
        case cst.Assert(test=test):
            return truth(test) is False
        case cst.Expr(value=cst.Call(func=func)):
            return dotted(func) in EXITS
        case cst.If():
            return _of_if(statement, certain=certain, out=out)
        case cst.While() | cst.For():
            return _of_loop(statement, certain=certain, out=out)
        case cst.Try() | cst.TryStar():
            return _of_try(statement, certain=certain, out=out)
        case cst.With():
            ended = _follow(statement.body, certain=certain, out=out)
            return ended and not any(_swallows(item.item) for item in statement.items)
        case cst.Match():
            for case in statement.cases:
                _follow(case.body, certain=False, out=out)
        case _:
            pass
    return False


def _of_if(statement: cst.If, *, certain: bool, out: list[Step]) -> bool:
    taken = truth(statement.test)
    if taken is True:
        return _follow(statement.body, certain=certain, out=out)
    decided = taken is False and certain
    ended = taken is not False and _follow(statement.body, certain=False, out=out)
    match statement.orelse:
        case cst.If() as following:
            out.append(Step(following, decided))
            return _of_if(following, certain=decided, out=out) and (ended or taken is False)
        case cst.Else(body=body):
            return _follow(body, certain=decided, out=out) and (ended or taken is False)
        case _:
            return False


def _of_loop(statement: cst.While | cst.For, *, certain: bool, out: list[Step]) -> bool:
    endless = isinstance(statement, cst.While) and truth(statement.test) is True
    if isinstance(statement, cst.While):
        never = truth(statement.test) is False
    else:
        never = isinstance(statement.iter, cst.Tuple | cst.List) and not statement.iter.elements
    if not never:
        _follow(statement.body, certain=certain and endless, out=out)
    if statement.orelse is not None and not endless:
        _follow(statement.orelse.body, certain=False, out=out)
    return endless and not any(isinstance(node, cst.Break) for node in walk(statement.body))


def _of_try(statement: cst.Try | cst.TryStar, *, certain: bool, out: list[Step]) -> bool:
    ended = _follow(statement.body, certain=certain, out=out)
    handled = [_follow(handler.body, certain=False, out=out) for handler in statement.handlers]
    if statement.orelse is not None and not ended:
        ended = _follow(statement.orelse.body, certain=certain, out=out)
    final = statement.finalbody is not None and _follow(statement.finalbody.body, certain=certain, out=out)
    return final or (ended and all(handled))


def _swallows(item: cst.BaseExpression) -> bool:
    """Return whether a `with` may suppress an exception in its body."""
    name = dotted(item.func) if isinstance(item, cst.Call) else None
    return name is None or name.rpartition(".")[2] not in {"open", "Lock", "RLock", "closing", "timeout"}


def truth(test: cst.BaseExpression) -> bool | None:
    """Return the value that a condition is certain to have when its module is imported; None if it is not certain."""
    match test:
        case cst.Name(value="False" | "None" | "TYPE_CHECKING") | cst.Attribute(attr=cst.Name(value="TYPE_CHECKING")):
            return False
        case cst.Name(value="True" | "__debug__"):
            return True
        case cst.Integer() | cst.Float():
            return bool(test.evaluated_value)
        case cst.SimpleString():
            return bool(test.evaluated_value)
        case cst.Tuple(elements=elements) | cst.List(elements=elements) if not elements:
            return False
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            value = truth(inner)
            return None if value is None else not value
        case cst.BooleanOperation(left=left, operator=joined, right=right):
            return _combined([truth(left), truth(right)], conjunction=isinstance(joined, cst.And))
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=compared, comparator=right)]):
            return _compared(left, compared, right)
        case _:
            return None


def _combined(sides: list[bool | None], *, conjunction: bool) -> bool | None:
    decisive = not conjunction
    if decisive in sides:
        return decisive
    return None if None in sides else conjunction


def _compared(left: cst.BaseExpression, compared: cst.BaseCompOp, right: cst.BaseExpression) -> bool | None:
    if isinstance(left, cst.Name) and left.value == "__name__" and isinstance(compared, cst.Equal):
        return False
    values = _constant(left), _constant(right)
    if values[0] is None or values[1] is None or type(values[0]) is not type(values[1]):
        return None
    return bool(COMPARED[type(compared)](*values)) if type(compared) in COMPARED else None


def _constant(node: cst.BaseExpression) -> object:
    """Return an integer, a string, or a tuple of integers such as a version; None for everything else."""
    match node:
        case cst.Integer() | cst.SimpleString():
            return node.evaluated_value
        case cst.Attribute() if dotted(node) == "sys.version_info":
            return tuple(sys.version_info[:2])
        case cst.Attribute() if dotted(node) == "sys.platform":
            return sys.platform
        case cst.Tuple(elements=elements):
            values = [_constant(element.value) for element in elements]
            return tuple(values) if all(isinstance(value, int) for value in values) else None
        case _:
            return None
