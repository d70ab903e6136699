"""Code that is not among the submission's statements, run from text, files or code objects."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from grader.inside.tampering import signs
from grader.inside.tampering.origins import Origins
from grader.inside.tampering.signs import SignUse

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def runs_text(tree: ast.Module, origins: Origins) -> Iterator[SignUse]:
    """Yield every place that names something that runs code from elsewhere."""
    writes_annotations = any(_writes_annotations(node, origins) for node in ast.walk(tree))
    annotations = named(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _calls(node, origins, writes_annotations=writes_annotations)
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) | ast.Subscript(ctx=ast.Load()):
                full = origins.of(node)
                if full in signs.TEXT_RUNNERS and id(node) not in annotations:
                    yield SignUse(signs.FROM_TEXT, node, f"{full}")
            case _:
                pass


def definitions_in_text(tree: ast.Module, documentation: set[int]) -> Iterator[SignUse]:
    """Yield the strings, except for documentation, that hold the definition of a function or class."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in documentation and "\n" in text.strip():
                if _defines(text):
                    yield SignUse(signs.CODE_TEXT, node, repr(text.strip()[:40]))


def named(tree: ast.Module) -> set[int]:
    """Return the ids of the nodes in annotations, where any name may denote a type."""
    return {
        id(part)
        for node in ast.walk(tree)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if isinstance(annotation, ast.AST)
        for part in ast.walk(annotation)
    }


def _defines(text: str) -> bool:
    if not any(word in text for word in ("def ", "class ", "lambda")):
        return False
    try:
        parsed = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, DEFINITIONS) for node in ast.walk(parsed))


def _calls(node: ast.Call, origins: Origins, *, writes_annotations: bool) -> Iterator[SignUse]:
    full = origins.of(node.func)
    keywords = {keyword.arg for keyword in node.keywords}
    match full:
        case _ if full in signs.RESOLVERS and origins.of(node) in signs.TEXT_RUNNERS:
            yield SignUse(signs.FROM_TEXT, node, f"{origins.of(node)}")
        case _ if full in signs.MAKERS and not _is_read_code(node):
            yield SignUse(signs.FROM_TEXT, node, f"{full}")
        case _ if full in signs.TIMERS:
            if {"globals", "setup"} & keywords or any(_is_text(argument) for argument in node.args[:2]):
                yield SignUse(signs.FROM_TEXT, node, f"{full} with text")
        case _ if full in signs.EVALUATORS and writes_annotations:
            if full == "typing.get_type_hints" or "eval_str" in keywords:
                yield SignUse(signs.FROM_TEXT, node, f"{full} with annotations written at run time")


def _is_read_code(call: ast.Call) -> bool:
    """Return whether a function is made from another function's code, which is read where that function is defined."""
    return bool(call.args) and isinstance(call.args[0], ast.Attribute) and call.args[0].attr == "__code__"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _writes_annotations(node: ast.AST, origins: Origins) -> bool:
    """Return whether a statement sets annotations other than by annotating."""
    match node:
        case ast.Attribute(attr="__annotations__", ctx=ast.Store()):
            return True
        case ast.Subscript(value=ast.Attribute(attr="__annotations__"), ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="__annotations__"), attr=method)):
            return method in signs.CHANGING
        case ast.Call(args=[_, name, *_]):
            return origins.of(node.func) == "setattr" and origins.text(name) == "__annotations__"
        case ast.Dict(keys=keys):
            return any(isinstance(key, ast.Constant) and key.value == "__annotations__" for key in keys)
        case ast.Name(id="__annotations__", ctx=ast.Store()):
            return True
        case _:
            return False
