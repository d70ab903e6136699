"""Where the names of one file come from, as far as its own text tells: imports, plain assignments, constants.

Cheap on purpose: one table for the whole file, whatever the scope. It is used to point at places, never to judge.
"""

from __future__ import annotations

import ast

from grader.inside.tampering import signs

DESCRIPTOR_MAKERS = frozenset({"tempfile.mkstemp", "os.open", "os.pipe", "os.dup", "os.openpty", "pty.openpty"})
BUILT_IN = frozenset(
    {"exec", "eval", "compile", "open", "getattr", "setattr", "delattr", "object", "bytes", "bytearray"}
) | {"__import__", "__builtins__"}
"""Names that need no import to be known."""
ROUNDS = 3
"""How often assignments are followed: `a = sys; b = a; c = b`."""
DEEP = 60


class Origins:
    """The full names, numbers and texts that expressions of one file stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[str, str] = {}
        self._numbers: set[str] = set()
        self._decoded: set[str] = set()
        self.opens_descriptors = False
        """Whether the file itself makes descriptors: then it may wrap one."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._learn_import(node)
        assignments = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.For)]
        for _ in range(ROUNDS):
            for node in assignments:
                self._learn(node)
        self.opens_descriptors = any(
            self.of(node.func) in DESCRIPTOR_MAKERS for node in nodes if isinstance(node, ast.Call)
        )

    def of(self, node: ast.expr, depth: int = 0) -> str | None:
        """The full name of what an expression stands for: `sys._getframe`; None when the text does not tell."""
        if depth > DEEP:
            return None
        match node:
            case ast.Name(id=name):
                return self._names.get(name) or (name if name in BUILT_IN else None)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.of(value, depth + 1)
                return None if owner is None else f"{owner}.{attribute}"
            case ast.Call(func=ast.Name(id="getattr"), args=[owner_node, name_node, *_]):
                holder, name_text = self.of(owner_node, depth + 1), self.text(name_node)
                return None if holder is None or name_text is None else f"{holder}.{name_text}"
            case ast.Call(func=func, args=[name_node, *_]) if self.of(func, depth + 1) in signs.IMPORTERS:
                return self.text(name_node)
            case ast.Subscript(value=value, slice=key) if self.of(value, depth + 1) == "sys.modules":
                return self.text(key)
            case _:
                return None

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """A string that is a constant or a sum of constants."""
        if depth > DEEP:
            return None
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.text(left, depth + 1), self.text(right, depth + 1)
                return None if first is None or second is None else first + second
            case _:
                return None

    def is_number(self, node: ast.expr) -> bool:
        """Whether an expression is an integer that stands in the text."""
        match node:
            case ast.Constant(value=bool()):
                return False
            case ast.Constant(value=int()):
                return True
            case ast.Name(id=name):
                return name in self._numbers
            case _:
                return False

    def is_decoded(self, node: ast.expr) -> bool:
        """Whether a decoder of text or bytes has a part in an expression."""
        return any(
            (isinstance(one, ast.Name) and one.id in self._decoded)
            or (isinstance(one, ast.Call) and (self.of(one.func) in signs.DECODERS or _decodes_letters(one)))
            for one in ast.walk(node)
        )

    def _learn_import(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for one in names:
                    self._names[one.asname or one.name.partition(".")[0]] = (
                        one.name if one.asname else one.name.partition(".")[0]
                    )
            case ast.ImportFrom(names=names, level=0, module=str(module)):
                self._names.update({one.asname or one.name: f"{module}.{one.name}" for one in names})
            case ast.ImportFrom(names=names):
                self._names.update({one.asname or one.name: f".{one.name}" for one in names})

    def _learn(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.For) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._bind(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._bind(name, value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self._bind(name, value)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds)):
                if all(self.is_number(one) for one in bounds):
                    self._numbers.add(name)
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=parts) | ast.List(elts=parts)):
                if parts and all(self.is_number(one) for one in parts):
                    self._numbers.add(name)

    def _bind(self, name: str, value: ast.expr) -> None:
        if self.is_number(value):
            self._numbers.add(name)
        if self.is_decoded(value):
            self._decoded.add(name)
        full = self.of(value)
        if full is not None:
            self._names.setdefault(name, full)


def _decodes_letters(call: ast.Call) -> bool:
    """`text.decode("rot13")` and its kin."""
    match call:
        case ast.Call(func=ast.Attribute(attr="decode"), args=[ast.Constant(value=str() as codec)]):
            return codec.lower().replace("_", "").replace("-", "") in {"rot13", "base64", "hex", "zlib", "bz2"}
        case _:
            return False
