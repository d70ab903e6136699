"""Cyclomatic complexity by radon, for every function, wherever it is defined, and for code outside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import radon
from radon.visitors import ComplexityVisitor

from grader.inside.findings import AnswerDict, FindingDict, capped, finding, measurement, unanalysable
from grader.inside.gate import parsed


class Block(NamedTuple):
    """A function, or all statements of a file or class that are outside functions."""

    name: str
    complexity: int
    line: int


def complexity(files: Mapping[str, str], worst: int) -> AnswerDict:
    """Measure gated Python files, and return a finding for each block whose complexity exceeds `worst`."""
    found: list[FindingDict] = []
    highest, excess = 0, 0
    for path, text in sorted(files.items()):
        try:
            blocks = list(_blocks(_Unhidden().visit(parsed(text))))
        except Exception as error:  # whatever radon raises, it has given up on the file
            found.append(unanalysable("complexity", f"radon gave up on {path} ({type(error).__name__})", file=path))
            continue
        highest = max(highest, *(block.complexity for block in blocks), 0)
        excess += sum(max(0, block.complexity - worst) for block in blocks)
        found.extend(_too_high(path, block, worst) for block in blocks if block.complexity > worst)
    return {
        "findings": capped(found, "complexity"),
        "measurements": [
            measurement("complexity.worst", highest),
            measurement("complexity.excess", excess, unit="above the limit"),
        ],
        "tools": {"radon": str(radon.__version__)},
    }


def _blocks(tree: ast.Module) -> Iterator[Block]:
    """Yield all blocks, since radon itself overlooks classes within functions, `except*` and module code."""
    yield Block("the module's own code", _outside_functions(tree), 1)
    names = _qualified(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            measured = ComplexityVisitor.from_ast(node).functions[0].complexity
            yield Block(names[node], measured + _unread_decisions(node), node.lineno)
        elif isinstance(node, ast.ClassDef):
            yield Block(f"the body of {names[node]}", _outside_functions(node), node.lineno)


class _Unhidden(ast.NodeTransformer):
    """Copies expressions outside bodies, which radon never reads, into statements of their own beside the original."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, *_statements([node.test, *([node.msg] if node.msg else [])])]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> list[ast.stmt]:
        return self._with_defaults(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> list[ast.stmt]:
        return self._with_defaults(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> list[ast.stmt]:
        self.generic_visit(node)
        return [*_statements([*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]), node]

    def _with_defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
        self.generic_visit(node)
        beside = [*node.args.defaults, *node.args.kw_defaults, node.returns]
        beside += [argument.annotation for argument in ast.walk(node.args) if isinstance(argument, ast.arg)]
        return [*_statements([*node.decorator_list, *(part for part in beside if part is not None)]), node]


def _statements(expressions: Iterable[ast.expr]) -> list[ast.stmt]:
    return [ast.copy_location(ast.Expr(expression), expression) for expression in expressions]


def _outside_functions(scope: ast.Module | ast.ClassDef) -> int:
    statements = [
        statement
        for statement in scope.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    outside = ast.Module(statements, [])
    return int(ComplexityVisitor.from_ast(outside).complexity) + _unread_decisions(outside)


def _unread_decisions(scope: ast.AST) -> int:
    """Count the decisions that radon misses: `except*`, guards, `&` or `|` between conditions, `all` or `any` of listed
    conditions, and choices by index.
    """
    decisions = sum(len(node.handlers) for node in ast.walk(scope) if isinstance(node, ast.TryStar))
    for node in _of_scope(scope):
        decisions += isinstance(node, ast.match_case) and node.guard is not None
        decisions += _is_eager_connective(node) + _listed_conditions(node)
    return decisions + _choices_by_index(scope)


def _of_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope itself, without those of its functions and classes, which are blocks of their own."""
    waiting = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
            waiting += ast.iter_child_nodes(node)


def _is_eager_connective(node: ast.AST) -> bool:
    """Return whether a node joins conditions with `&` or `|` in place of `and` or `or`."""
    match node:
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return all(_is_truth(part) or _is_eager_connective(part) for part in (left, right))
        case _:
            return False


def _listed_conditions(node: ast.AST) -> int:
    """Count the decisions in `all((a, b, c))`, which is `a and b and c`."""
    match node:
        case ast.Call(func=ast.Name(id="all" | "any"), args=[ast.Tuple(elts=parts) | ast.List(elts=parts)]):
            return max(0, len(parts) - 1)
        case _:
            return 0


def _choices_by_index(scope: ast.AST) -> int:
    """Count conditional expressions in disguise: `(a, b)[flag]`, `{True: f, False: g}[x]()`, `names[x > y]`.

    A lookup costs 1, however many entries its table has; a named table costs 1 for all its lookups in the function that
    makes it. A table at module or class level costs nothing, since that is the form that we recommend.
    """
    tables = _tables_made(scope)
    named: set[str] = set()
    choices = 0
    for node in ast.walk(scope):
        if (found := _looked_up(node)) is None:
            continue
        table, index = found
        choices += _is_truth(index) or (isinstance(table, DISPLAYS) and not _is_constant(index))
        if isinstance(table, ast.Name | ast.Attribute) and not (_is_truth(index) or _is_constant(index)):
            named |= {ast.unparse(table)} & tables
    return choices + len(named)


def _looked_up(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """Return the table and the index of a lookup, however it is spelled."""
    match node:
        case ast.Subscript(value=table, slice=index):
            return table, index
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="dict" | "list" | "tuple"), attr=name), args=[table, index, *_]
        ):
            return (table, index) if name in LOOKUPS else None
        case ast.Call(func=ast.Attribute(value=table, attr="get" | "__getitem__"), args=[index, *_]):
            return table, index
        case ast.Call(func=ast.Attribute(value=table, attr="pop" | "setdefault"), args=[index, *_]):
            return (table, index) if isinstance(table, DISPLAYS) else None
        case ast.Call(func=ast.Name(id="getitem") | ast.Attribute(attr="getitem"), args=[table, index]):
            return table, index
        case ast.Call(func=ast.Call(func=ast.Name() | ast.Attribute() as maker, args=[index]), args=[table]):
            return (table, index) if ast.unparse(maker).endswith("itemgetter") else None
        case _:
            return None


DISPLAYS = (ast.Tuple, ast.List, ast.Dict)
LOOKUPS = frozenset({"get", "__getitem__", "pop", "setdefault"})


def _tables_made(scope: ast.AST) -> set[str]:
    """Return the names that a function, or a class in it, gives to displays of two or more entries."""
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    classes = [node for node in ast.walk(scope) if isinstance(node, ast.ClassDef)]
    own = _names_of_tables(ast.walk(scope))
    return own | {f"{class_.name}.{name}" for class_ in classes for name in _names_of_tables(class_.body)}


def _names_of_tables(nodes: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value) if _is_table(value):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _is_table(value):
                names.add(name)
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if _is_table(value):
                names.add(name)
    return names


def _is_table(value: ast.expr) -> bool:
    match value:
        case ast.Tuple(elts=[_, _, *_]) | ast.List(elts=[_, _, *_]) | ast.Dict(keys=[_, _, *_]):
            return True
        case _:
            return False


def _is_truth(index: ast.expr) -> bool:
    """Return whether an index is obviously a truth value."""
    return isinstance(index, ast.Compare | ast.BoolOp) or (
        isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.Not)
    )


def _is_constant(index: ast.expr) -> bool:
    return not any(isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) for node in ast.walk(index))


def _qualified(tree: ast.Module) -> dict[ast.AST, str]:
    names: dict[ast.AST, str] = {}
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names[child] = f"{prefix}{child.name}"
                inner = f"{prefix}{child.name}."
            stack.append((child, inner))
    return names


def _too_high(path: str, block: Block, worst: int) -> FindingDict:
    return finding(
        "complexity.too-high",
        f"{block.name} has a cyclomatic complexity of {block.complexity}; the limit for full points is {worst}.",
        help="Move a branch or a loop into a function of its own, or replace branches with a table lookup.",
        file=path,
        line=block.line,
    )
