"""Calls in their plain spelling: `getattr(subprocess, "run")(x, **{"shell": True})` -> `subprocess.run(x, shell=True)`.

bandit knows functions by their names and arguments by their spelling. The text made here means the same, on the same
lines, but spells out callees behind a name, `getattr` or a partial function, constants behind names, dicts that are
unpacked, and the arguments that callers in the file pass to a helper. A dangerous function that is passed on, as in
`map(pickle.loads, rows)`, counts as called. The text is for bandit alone; nobody runs it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from grader.inside.tampering.origins import Origins
from grader.inside.tampering.runners import named
from grader.inside.tampering.scopes import Scopes, arguments, defaults

PARTIAL = frozenset({"functools.partial", "functools.partialmethod"})
NAMING = ("hashlib.",)
"""The modules of functions whose first argument names what they do. For others, a constant only makes a finding
milder.
"""
WITNESS = "_"
"""A placeholder for an argument that comes later."""
SAME = {
    **dict.fromkeys(("asyncio.create_subprocess_shell", "asyncio.subprocess.create_subprocess_shell"), "os.system"),
    **{f"pickle._{name}": f"pickle.{name}" for name in ("load", "loads", "Unpickler")},
    **{f"_pickle.{name}": f"pickle.{name}" for name in ("load", "loads", "Unpickler")},
    "posix.system": "os.system",
}
"""Other names for functions that bandit knows."""
LOOKING = frozenset({"isinstance", "issubclass", "getattr", "hasattr", "type"})
"""Built-ins that call none of their arguments."""


class Replacement(NamedTuple):
    """Text that replaces part of one or several lines."""

    start: int
    end: int
    text: str


def in_plain_words(text: str, tree: ast.Module, dangerous: Collection[str]) -> str:
    """Return the text with calls spelled plainly wherever possible; its lines keep their numbers.

    `dangerous` names the functions that count as called wherever they are passed on.
    """
    data = text.encode()
    lines = data.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    plain = _Plain(tree, starts, dangerous)
    done = 0
    parts: list[bytes] = []
    for change in sorted(plain.changes(), key=lambda change: (change.start, -change.end)):
        if change.start < done:
            continue
        continued = b"\\\n" * data[change.start : change.end].count(b"\n")
        parts += [data[done : change.start], change.text.encode(), continued]
        done = change.end
    return b"".join([*parts, data[done:]]).decode()


class _Plain:
    def __init__(self, tree: ast.Module, starts: list[int], dangerous: Collection[str]) -> None:
        self._tree = tree
        self._dangerous = dangerous
        self._starts = starts
        self._origins = Origins(tree)
        self._scopes: Scopes = self._origins.scopes
        self._values: dict[tuple[int, str], ast.expr] = {}
        """The value of a name in a scope: from its first assignment, from a default or from a caller."""
        self._functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self._taken_apart: set[int] = set()
        """Displays whose entries are bound to names: the entries are resolved where these names are called."""
        self._learn()

    def _learn(self) -> None:
        made: list[ast.Call] = []
        for node in ast.walk(self._tree):
            match node:
                case (
                    ast.Assign(targets=[ast.Name() as target], value=value)
                    | ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value)
                ):
                    self._give(self._scopes.of(target).holder(target.id), target.id, value)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    self._functions[name] = node
                    for argument, value in defaults(node.args):
                        self._give(self._scopes.of(node.body[0]), argument, value)
                case ast.Call():
                    made.append(node)
                case (
                    ast.For(iter=ast.Tuple() | ast.List() as items)
                    | ast.Assign(targets=[ast.Tuple() | ast.List()], value=ast.Tuple() | ast.List() as items)
                ):
                    self._taken_apart.add(id(items))
                case _:
                    pass
        for call in made:
            function = self._functions.get(_last_name(call.func))
            if function is not None:
                self._learn_call(call, function)

    def _give(self, scope: object, name: str, value: ast.expr) -> None:
        self._values.setdefault((id(scope), name), value)

    def _learn_call(self, call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Record the arguments that a caller passes; they override defaults."""
        names = [argument.arg for argument in arguments(function.args)]
        if names[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
            names = names[1:]
        given = [
            *zip(names, call.args, strict=False),
            *((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg),
        ]
        inside = self._scopes.of(function.body[0])
        for name, value in given:
            full = self._origins.of(value)
            if isinstance(value, ast.Constant):
                self._values[id(inside), name] = value
            elif full is not None:
                inside.names.setdefault(name, full)

    def changes(self) -> Iterator[Replacement]:
        """Yield the replacements that spell the text plainly."""
        annotations = named(self._tree)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                yield from self._callee(node)
                yield from self._arguments(node)
            for value in self._handed_on(node) if id(node) not in annotations else ():
                full = self._name(value)
                if full in self._dangerous:
                    yield Replacement(self._start(value), self._end(value), f"{full}({WITNESS})")

    def _handed_on(self, node: ast.AST) -> list[ast.expr]:
        """Return the parts of a node that other code may call: arguments, results, entries, parts of a class."""
        match node:
            case ast.Call(func=function, args=args, keywords=keywords):
                known = self._name(function) in PARTIAL or _last_name(function) in LOOKING | self._functions.keys()
                return [] if known else [*args, *(keyword.value for keyword in keywords)]
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value) | ast.Lambda(body=value):
                return [value]
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values) | ast.Dict(values=values):
                return [] if id(node) in self._taken_apart else values
            case ast.ClassDef(decorator_list=decorators, body=body):
                return decorators + [
                    part.value
                    for part in body
                    if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None
                ]
            case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
                return decorators
            case _:
                return []

    def _callee(self, call: ast.Call) -> Iterator[Replacement]:
        full = self._name(call.func)
        if self._origins.of(call.func) == "operator.methodcaller()" and (full := self._name(call)) in self._dangerous:
            yield Replacement(self._start(call), self._end(call), f"{full}({WITNESS})")
            return
        if full in PARTIAL and call.args:
            wrapped = self._name(call.args[0])
            if wrapped is not None:
                yield Replacement(self._start(call.func), self._end(call.args[0]), f"{wrapped}({WITNESS}")
        elif full is not None and full != ast.unparse(call.func):
            yield Replacement(self._start(call.func), self._end(call.func), full)

    def _name(self, node: ast.expr) -> str | None:
        full = self._origins.of(node)
        if full is None and isinstance(node, ast.Call):
            match self._origins.of(node.func), node.args:
                case (("getattr" | "builtins.getattr"), [owner, name, *_]):
                    above, part = self._origins.of(owner), self._constant(name)
                    named = part.value if part is not None and isinstance(part.value, str) else None
                    full = f"{above}.{named}" if above and named else None
                case called, [wrapped, *_] if called in PARTIAL:
                    full = self._name(wrapped)
                case _:
                    pass
        if full is None or not all(part.isidentifier() for part in full.split(".")):
            return None
        full = full.removeprefix("builtins.")
        return SAME.get(full, full)

    def _arguments(self, call: ast.Call) -> Iterator[Replacement]:
        if (self._name(call.func) or "").startswith(NAMING):
            for value in call.args[:1]:
                yield from self._shown(value)
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield from self._shown(keyword.value)
            elif (table := self._table(keyword.value)) is not None:
                yield Replacement(self._start(keyword), self._end(keyword), table)

    def _shown(self, value: ast.expr) -> Iterator[Replacement]:
        constant = self._constant(value)
        if constant is not None and constant is not value:
            yield Replacement(self._start(value), self._end(value), repr(constant.value))

    def _constant(self, node: ast.expr) -> ast.Constant | None:
        """Return the constant that an expression is, or that a name stands for."""
        for _ in range(4):
            if isinstance(node, ast.Constant):
                return node
            if not isinstance(node, ast.Name):
                break
            found = self._values.get((id(self._scopes.of(node).holder(node.id)), node.id))
            if found is None:
                return None
            node = found
        text = self._origins.text(node)
        return None if text is None else ast.Constant(text)

    def _table(self, node: ast.expr) -> str | None:
        """Return, as text, the keyword arguments that unpacking a dict would pass; None if they are unknown."""
        if isinstance(node, ast.Name):
            node = self._values.get((id(self._scopes.of(node).holder(node.id)), node.id), node)
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = list(zip(keys, values, strict=True))
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                pairs = [(ast.Constant(keyword.arg), keyword.value) for keyword in keywords]
            case _:
                return None
        positions = []
        for key, value in pairs:
            name = self._constant(key) if key is not None else None
            if name is None or not isinstance(name.value, str) or not name.value.isidentifier():
                return None
            positions.append(f"{name.value}={ast.unparse(self._constant(value) or value)}")
        return ", ".join(positions) or None

    def _start(self, node: ast.expr | ast.keyword) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.keyword) -> int:
        return self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
