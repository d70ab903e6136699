"""Cyclomatic complexity by radon, of every function wherever it is defined, and of code outside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import radon
from radon.visitors import ComplexityVisitor

from grader.inside.findings import AnswerDict, FindingDict, capped, finding, measurement, unanalysable
from grader.inside.gate import parsed


class Block(NamedTuple):
    """A function, or all statements outside functions of a file or a class."""

    name: str
    complexity: int
    line: int


def complexity(files: Mapping[str, str], worst: int) -> AnswerDict:
    """Measure gated Python files; a finding for each block above `worst`."""
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
    """List all blocks: radon itself looks neither into classes within functions nor at `except*` or module code."""
    yield Block("the module's own code", _outside_functions(tree), 1)
    names = _qualified(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            measured = ComplexityVisitor.from_ast(node).functions[0].complexity
            yield Block(names[node], measured + _star_handlers(node) + _choices_by_index(node), node.lineno)
        elif isinstance(node, ast.ClassDef):
            yield Block(f"the body of {names[node]}", _outside_functions(node), node.lineno)


class _Unhidden(ast.NodeTransformer):
    """Puts beside a statement the expressions in it that radon never looks into: it reads bodies alone."""

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
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        return [*_statements([*node.decorator_list, *defaults]), node]


def _statements(expressions: Iterable[ast.expr]) -> list[ast.stmt]:
    return [ast.copy_location(ast.Expr(expression), expression) for expression in expressions]


def _outside_functions(scope: ast.Module | ast.ClassDef) -> int:
    statements = [
        statement
        for statement in scope.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    outside = ast.Module(statements, [])
    return int(ComplexityVisitor.from_ast(outside).complexity) + _choices_by_index(outside)


def _star_handlers(function: ast.AST) -> int:
    return sum(len(node.handlers) for node in ast.walk(function) if isinstance(node, ast.TryStar))


def _choices_by_index(scope: ast.AST) -> int:
    """Count conditional expressions in disguise: `(a, b)[flag]`, `{True: f, False: g}[x]()`, `names[x > y]`.

    A lookup costs 1, however many entries its table has, and a table with a name 1 for all its lookups in the function
    that makes it; a table of the module's or the class's is none: it is what we advise.
    """
    tables = _tables_made(scope)
    named: set[str] = set()
    choices = 0
    for node in ast.walk(scope):
        match node:
            case (
                ast.Subscript(value=table, slice=index)
                | ast.Call(func=ast.Attribute(value=table, attr="get" | "__getitem__"), args=[index, *_])
            ):
                choices += _is_truth(index) or (isinstance(table, DISPLAYS) and not _is_constant(index))
                if isinstance(table, ast.Name) and not (_is_truth(index) or _is_constant(index)):
                    named |= {table.id} & tables
            case _:
                pass
    return choices + len(named)


DISPLAYS = (ast.Tuple, ast.List, ast.Dict)


def _tables_made(scope: ast.AST) -> set[str]:
    """Return the names that a function gives to displays of two entries and more."""
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    names: set[str] = set()
    for node in ast.walk(scope):
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
    """Return whether an index is a truth value to everybody's eyes."""
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
        f"{block.name} has a cyclomatic complexity of {block.complexity}; at most {worst} keeps these points.",
        help="Move a branch or a loop into a function of its own, or look the case up in a table.",
        file=path,
        line=block.line,
    )
