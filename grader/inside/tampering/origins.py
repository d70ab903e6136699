"""The origins of the names in one file, as far as its own text shows them: imports, plain assignments, constants.

This is deliberately cheap, because it only serves to point at places. Scopes are respected; the order of statements is
not.
"""

from __future__ import annotations

import ast

from grader.inside.tampering import signs
from grader.inside.tampering.scopes import NameScope, Scopes, defaults

DESCRIPTOR_MAKERS = frozenset({"tempfile.mkstemp", "os.open", "os.pipe", "os.dup", "os.openpty", "pty.openpty"})
BUILT_IN = frozenset(
    {"exec", "eval", "compile", "open", "getattr", "setattr", "delattr", "object", "bytes", "bytearray", "dict"}
) | {"__import__", "__builtins__", "globals", "locals", "vars"}
"""Names that are known without an import."""
NAMESPACE = "globals()"
"""The full name of a module's table of names, however the table is reached."""
OWN_MODULE = "(a module)"
"""The full name of a module of the submission, if it is taken from the table of imported modules."""
ROUNDS = 3
"""The number of times that assignments are followed: `a = sys; b = a; c = b`."""
DEEP = 60


class Origins:
    """The full names, numbers and texts that expressions of one file stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes = Scopes(tree)
        self.opens_descriptors = False
        """Whether the file itself opens descriptors, in which case it may wrap one."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._learn_import(node)
        assignments = [
            node
            for node in nodes
            if isinstance(
                node,
                ast.Assign
                | ast.AnnAssign
                | ast.NamedExpr
                | ast.For
                | ast.FunctionDef
                | ast.AsyncFunctionDef
                | ast.Lambda
                | ast.ClassDef,
            )
        ]
        for _ in range(ROUNDS):
            for node in assignments:
                self._learn(node)
        self.opens_descriptors = any(
            self.of(node.func) in DESCRIPTOR_MAKERS for node in nodes if isinstance(node, ast.Call)
        )

    def of(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the full name of an expression's value, such as `sys._getframe`; None if the text does not show it."""
        if depth > DEEP:
            return None
        match node:
            case ast.Name(id=name):
                holder = self.scopes.of(node).holder(name)
                return holder.names.get(name) if holder is not None else name if name in BUILT_IN else None
            case ast.Attribute(value=value, attr=attribute):
                return self._attribute(self.of(value, depth + 1), attribute)
            case ast.Call():
                return self._called(node, depth)
            case ast.Subscript(value=value, slice=key):
                return self._item(self.of(value, depth + 1), self.text(key))
            case ast.NamedExpr(value=value):
                return self.of(value, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self.of(one, depth + 1) or self.of(other, depth + 1)
            case _:
                return None

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the string that an expression gives, if it is a constant or a sum of constants; else None."""
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
        """Return whether an expression is an integer literal, or a name known to hold integers."""
        match node:
            case ast.Constant(value=bool()):
                return False
            case ast.Constant(value=int()):
                return True
            case ast.Name(id=name):
                holder = self.scopes.of(node).holder(name)
                return holder is not None and name in holder.numbers
            case _:
                return False

    def is_decoded(self, node: ast.expr) -> bool:
        """Return whether an expression calls a decoder, such as base64.b64decode, or uses the result of one."""
        return any(
            self._holds_decoded(part)
            if isinstance(part, ast.Name)
            else isinstance(part, ast.Call) and (self.of(part.func) in signs.DECODERS or _decodes_letters(part))
            for part in ast.walk(node)
        )

    def _holds_decoded(self, node: ast.Name) -> bool:
        holder = self.scopes.of(node).holder(node.id)
        return holder is not None and node.id in holder.decoded

    @staticmethod
    def _attribute(owner: str | None, attribute: str) -> str | None:
        if attribute in {"f_globals", "__globals__"}:
            return NAMESPACE
        match owner:
            case None:
                return None
            case "__builtins__":
                return f"builtins.{attribute}"
            case _:
                return NAMESPACE if owner == OWN_MODULE and attribute == "__dict__" else f"{owner}.{attribute}"

    def _called(self, node: ast.Call, depth: int) -> str | None:
        callee = self.of(node.func, depth + 1)
        match callee, node.args:
            case (("getattr" | "builtins.getattr"), [owner, name, *_]):
                text = self.text(name)
                return None if text is None else self._attribute(self.of(owner, depth + 1), text)
            case (("inspect.getattr_static" | "operator.attrgetter()" | "operator.methodcaller()"), [owner, *rest]):
                given = rest[0] if callee == "inspect.getattr_static" and rest else _first(node.func)
                text = None if given is None else self.text(given)
                return None if text is None else self._attribute(self.of(owner), text)
            case (("pkgutil.resolve_name" | "pydoc.locate"), [name, *_]):
                text = self.text(name)
                return None if text is None else text.replace(":", ".")
            case (("operator.attrgetter" | "operator.methodcaller"), [_, *_]):
                return f"{callee}()"
            case _, [name, *_] if callee in signs.IMPORTERS:
                return OWN_MODULE if isinstance(name, ast.Name) and name.id == "__name__" else self.text(name)
            case (("globals" | "locals" | "vars" | "builtins.globals" | "builtins.vars"), []):
                return NAMESPACE
            case (("vars" | "builtins.vars"), [owner]):
                return self._attribute(self.of(owner, depth + 1), "__dict__")
            case _:
                return f"{callee}()" if callee in signs.RUNNER_CLASSES else None

    @staticmethod
    def _item(owner: str | None, key: str | None) -> str | None:
        match owner:
            case "sys.modules":
                return OWN_MODULE if key is None else key
            case "__builtins__" | "builtins.__dict__":
                return None if key is None else f"builtins.{key}"
            case "globals()" if key == "__builtins__":
                return key
            case str() if key is not None and owner.endswith(".__dict__"):
                return f"{owner.removesuffix('.__dict__')}.{key}"
            case _:
                return None

    def _learn_import(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.partition(".")[0]
                    self._name(node, alias.asname or top, alias.name if alias.asname else top)
            case ast.ImportFrom(names=names, level=level, module=module):
                base = "" if level else f"{module}"
                for alias in names:
                    self._name(node, alias.asname or alias.name, f"{base}.{alias.name}")
            case _:
                pass

    def _name(self, node: ast.AST, name: str, full: str) -> None:
        self._holder(node, name).names[name] = full

    def _holder(self, node: ast.AST, name: str) -> NameScope:
        scope = self.scopes.of(node)
        return scope.holder(name) or scope

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
            case ast.NamedExpr(target=target, value=value):
                self._bind(target, value)
            case ast.For(target=ast.Name() as target, iter=items):
                self._learn_loop(target, items)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._learn_defaults(node)
            case ast.ClassDef(name=name, bases=bases):
                for full in map(self.of, bases):
                    if full is not None and full in signs.RUNNER_CLASSES:
                        self._name(node, name, full)
            case _:
                pass

    def _learn_loop(self, target: ast.Name, items: ast.expr) -> None:
        match items:
            case ast.Call(func=ast.Name(id="range"), args=parts):
                pass
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if parts:
                for part in parts:
                    self._bind(target, part)
            case _:
                return
        if all(self.is_number(part) for part in parts):
            self._holder(target, target.id).numbers.add(target.id)

    def _learn_defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        body = node.body if isinstance(node, ast.Lambda) else node.body[0]
        inside = self.scopes.of(body)
        for name, value in defaults(node.args):
            full = self.of(value)
            if full is not None:
                inside.names.setdefault(name, full)
            if self.is_number(value):
                inside.numbers.add(name)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            if len(target.elts) == len(value.elts):
                for part, part_value in zip(target.elts, value.elts, strict=True):
                    self._bind(part, part_value)
            return
        if not isinstance(target, ast.Name):
            return
        holder = self._holder(target, target.id)
        if self.is_number(value):
            holder.numbers.add(target.id)
        if self.is_decoded(value):
            holder.decoded.add(target.id)
        full = self.of(value)
        if full is not None:
            holder.names.setdefault(target.id, full)


def _first(node: ast.expr) -> ast.expr | None:
    """Return the first argument of a call; None if there is none."""
    return node.args[0] if isinstance(node, ast.Call) and node.args else None


def _decodes_letters(call: ast.Call) -> bool:
    """Return whether a call is `text.decode("rot13")` or the like."""
    match call:
        case ast.Call(func=ast.Attribute(attr="decode"), args=[ast.Constant(value=str() as codec)]):
            return codec.lower().replace("_", "").replace("-", "") in {"rot13", "base64", "hex", "zlib", "bz2"}
        case _:
            return False
