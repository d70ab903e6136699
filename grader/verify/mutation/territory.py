"""Where a mutant would be meaningless: types, documentation, error messages, declarations for the type checker.

No hidden test may depend on these, so a mutant there would only be one more "equivalent" for the author to declare.
"""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

LOGGERS = ("log", "logger", "logging", "_log", "_logger", "warnings")
"""Names whose methods take messages for people."""

TYPE_MAKERS = ("TypeVar", "TypeVarTuple", "ParamSpec", "NewType", "NamedTuple", "TypedDict")
TYPING_ONLY = ("overload", "final", "override", "runtime_checkable", "no_type_check")
DECLARATIONS = ("__all__", "__slots__", "__author__", "__version__")


NEVER = (
    cst.Annotation,
    cst.Assert,
    cst.Import,
    cst.ImportFrom,
    cst.TypeAlias,
    cst.TypeParameters,
)
"""Nodes that are never mutated: type annotations, imports and assertions."""


def foreign(node: cst.CSTNode) -> bool:
    """Return whether nothing at or below this node is to be mutated."""
    match node:
        case cst.Expr():
            return isinstance(node.value, cst.BaseString | cst.Ellipsis)
        case cst.Arg():
            return node.keyword is not None and node.keyword.value == "slots"
        case cst.If():
            return _last_name(node.test) == "TYPE_CHECKING" or m.matches(
                node.test, m.Comparison(left=m.Name("__name__"))
            )
        case cst.Assign() | cst.AnnAssign():
            return _declares(node)
        case cst.Raise():
            return _last_name(node.exc) == "NotImplementedError"
        case cst.FunctionDef() | cst.ClassDef() | cst.Decorator():
            return _only_typed(node)
        case _:
            pass
    return isinstance(node, NEVER)


def _only_typed(node: cst.FunctionDef | cst.ClassDef | cst.Decorator) -> bool:
    """Return whether a node is an overload's signature, a Protocol, or a decorator that does nothing at run time."""
    match node:
        case cst.FunctionDef():
            return "overload" in map(_decorator, node.decorators)
        case cst.ClassDef():
            return any(_last_name(base.value) == "Protocol" for base in node.bases)
        case cst.Decorator():
            return _decorator(node) in TYPING_ONLY


def wordless(node: cst.CSTNode) -> bool:
    """Return whether texts at or below this node are messages for people: in errors, exception classes or logs."""
    match node:
        case cst.Raise():
            return True
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name))):
            return name in LOGGERS
        case cst.ClassDef():
            return any(_last_name(base.value).endswith(("Error", "Exception", "Warning")) for base in node.bases)
        case _:
            pass
    return False


def _declares(node: cst.Assign | cst.AnnAssign) -> bool:
    """Return whether a node is an assignment that only tools read: `__all__`, a type alias, a type variable."""
    if isinstance(node, cst.AnnAssign):
        return node.value is None or _last_name(node.annotation.annotation) == "TypeAlias"
    named = any(isinstance(target.target, cst.Name) and target.target.value in DECLARATIONS for target in node.targets)
    return named or (isinstance(node.value, cst.Call) and _last_name(node.value.func) in TYPE_MAKERS)


def _decorator(node: cst.Decorator) -> str:
    return _last_name(node.decorator)


def _last_name(node: cst.CSTNode | None) -> str:
    """Return `overload` for `overload`, `typing.overload`, `overload(...)` and `overload[...]`."""
    match node:
        case cst.Name():
            return node.value
        case cst.Attribute():
            return node.attr.value
        case cst.Call():
            return _last_name(node.func)
        case cst.Subscript():
            return _last_name(node.value)
        case _:
            pass
    return ""
