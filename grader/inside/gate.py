"""The gate: the conditions that a source file must meet before any parser but CPython's own may read it.

It takes about 2 ms per file, and stops deep nesting, huge literals, foreign encodings, and characters that make two
parsers see two programs. On text that passes, all analysers agree where the lines are and what the names are.
"""

from __future__ import annotations

import ast
import io
import math
import operator
import re
import sys
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from grader.inside.findings import FindingDict, finding
from grader.inside.types.directives import IGNORE

MAX_CHARACTERS = 256 * 1024
MAX_NODES = 50_000  # every analyser walks all of them
MAX_DEPTH = 200  # LibCST and mypy overflow the stack on nesting that CPython still parses
MAX_TEXT = 100_000
MAX_BITS = 16_384  # mypy folds constants: `7 ** 10 ** 8` would never end

COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_BREAKS = frozenset("\x85\u2028\u2029")
CONTROLS = frozenset(chr(code) for code in range(32) if chr(code) not in "\n\t") | {"\x7f"}


def normalised(text: str) -> str:
    """Return the text as CPython reads it: without a byte order mark, and with LF line endings. Lines keep their
    numbers.
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


class Examined(NamedTuple):
    """The gate's result for one file."""

    tree: ast.Module | None
    """None if the text is not Python."""
    refusals: list[FindingDict]
    """The reasons why no analyser may read the file; empty if all may."""
    remarks: list[FindingDict]
    """Findings that do not stop the analysis."""


def examined(path: str, text: str) -> Examined:
    """Parse normalised text, and collect its problems."""
    refused = list(_of_characters(path, text))
    try:
        tree = parsed(text)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        return Examined(None, refused or [_of_error(path, text, error)], [])
    refused = refused or list(_of_tree(path, tree))
    remarks: list[FindingDict] = []
    if not refused and (not text.isascii() or IGNORE.search(text)):
        refused, remarks = _of_tokens(path, text)
    return Examined(tree, refused, remarks)


def refusals(path: str, text: str) -> list[FindingDict]:
    """Return the reasons why normalised text cannot be analysed; an empty list if it can."""
    return examined(path, text).refusals


def _of_characters(path: str, text: str) -> Iterator[FindingDict]:
    if len(text) > MAX_CHARACTERS:
        yield finding(
            "source.too-large",
            f"The file has {len(text)} characters; at most {MAX_CHARACTERS} are accepted.",
            help="Split the file, and leave out generated data.",
            file=path,
        )
        return
    yield from _cookies(path, text)
    strange = (CONTROLS | BIDI | LINE_BREAKS).intersection(text)
    for character in sorted(strange):
        yield finding(
            "source.character",
            f"The file contains the character U+{ord(character):04X}, which editors and parsers treat differently.",
            help=f"Remove the character, or write it as an escape in a string: \\u{ord(character):04x}.",
            file=path,
            line=text.count("\n", 0, text.index(character)) + 1,
        )


def _cookies(path: str, text: str) -> Iterator[FindingDict]:
    for number, line in enumerate(text.split("\n", 2)[:2], start=1):
        cookie = COOKIE.match(line)
        if cookie and cookie[1].lower().replace("_", "-") not in {"utf-8", "utf8"}:
            yield finding(
                "source.encoding",
                f"The file declares the encoding {cookie[1]!r}; only UTF-8 is read.",
                help="Save the file as UTF-8 and remove the coding comment.",
                file=path,
                line=number,
            )


def parsed(text: str) -> ast.Module:
    """Call `ast.parse`, ignoring warnings about the text. Raises whatever `ast.parse` raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _of_error(path: str, text: str, error: Exception) -> FindingDict:
    if isinstance(error, RecursionError | MemoryError):
        return _too_deep(path, None)
    if not isinstance(error, SyntaxError):
        return finding("source.syntax", f"This is not Python: {error}.", help="Remove the literal.", file=path)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    needed = _needed(text, error)
    return finding(
        "source.syntax",
        f"This is Python {needed} syntax; the grader runs Python {running}."
        if needed
        else f"This is not Python {running}: {error.msg}.",
        help=f"Use the syntax of Python {running}."
        if needed
        else f"Make the file run under Python {running}; `python -m py_compile FILE` shows the same message.",
        file=path,
        line=error.lineno,
        column=error.offset or None,
    )


LATER = (
    ((3, 12), re.compile(r"\s*type\s+\w+\s*(\[.*\])?\s*=")),
    ((3, 12), re.compile(r"\s*(async\s+)?(def|class)\s+\w+\s*\[")),
    ((3, 12), re.compile(r".*\b[fF][rR]?(?P<quote>[\"'])[^\"'{]*\{[^}\"']*(?P=quote)[^}]*\}.*(?P=quote)")),
    ((3, 14), re.compile(r".*\b[tT][rR]?[\"']")),
    ((3, 14), re.compile(r"\s*except\*?\s+[\w.]+\s*(,\s*[\w.]+\s*)+:")),
)
"""Lines that only a later Python can read: `type X = ...`, `def f[T]`, quotes in an f-string, `t""`, `except A, B:`."""


def _needed(text: str, error: SyntaxError) -> str | None:
    """Return the later Python version whose syntax the erroneous line uses; None if there is none."""
    lines = text.split("\n")
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    for version, pattern in LATER:
        if version > sys.version_info[:2] and pattern.match(line[:1000]):
            return f"{version[0]}.{version[1]}"
    return None


def _too_deep(path: str, line: int | None) -> FindingDict:
    return finding(
        "source.too-deep",
        f"Expressions or blocks are nested more than {MAX_DEPTH} levels deep.",
        help="Move the inner parts into variables or functions of their own, or replace the nesting with data.",
        file=path,
        line=line,
    )


def _of_tree(path: str, tree: ast.Module) -> Iterator[FindingDict]:
    nodes = 0
    parts: set[int] = set()
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            yield finding(
                "source.too-many-nodes",
                f"The file has more than {MAX_NODES} syntax nodes.",
                help="Split the file, and leave out generated data.",
                file=path,
            )
            return
        for node in level:
            if isinstance(node, ast.BinOp | ast.UnaryOp):
                parts.update(map(id, ast.iter_child_nodes(node)))
            if isinstance(node, ast.BinOp) and id(node) in parts:
                continue
            if isinstance(node, ast.Constant | ast.BinOp) and (problem := _of_literal(path, node)):
                yield problem
                return
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    yield _too_deep(path, next((line for node in level if (line := getattr(node, "lineno", None))), None))


def _of_literal(path: str, node: ast.expr) -> FindingDict | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        too_large = len(node.value) > MAX_TEXT
    else:
        try:
            _value(node)
            too_large = False
        except TooLargeError:
            too_large = True
    if not too_large:
        return None
    return finding(
        "source.literal",
        "A literal, or the value of a constant expression, is too large to analyse.",
        help="Compute the value at run time, or use a smaller value.",
        file=path,
        line=node.lineno,
        column=node.col_offset + 1,
    )


class TooLargeError(Exception):
    """A constant has more than MAX_BITS bits."""


Number = int | float | None
"""The value of a constant expression; None if it is not a number, or not computed from constants alone."""


def _value(node: ast.expr, depth: int = 0) -> Number:
    """Compute a constant expression. Raises TooLargeError if a value has more than MAX_BITS bits."""
    if depth > MAX_DEPTH:
        return None
    match node:
        case ast.Constant(value=int() | float() as value):
            return _measured(value)
        case ast.UnaryOp(op=kind, operand=operand):
            return _of_unary(kind, _value(operand, depth + 1))
        case ast.BinOp(left=left, op=kind, right=right):
            return _of_binary(kind, _value(left, depth + 1), _value(right, depth + 1))
        case _:
            return None


def _measured(value: float) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise TooLargeError
    return value


def _of_unary(kind: ast.unaryop, operand: Number) -> Number:
    match kind, operand:
        case ast.USub(), int() | float():
            return -operand
        case ast.UAdd(), int() | float():
            return +operand
        case ast.Invert(), int():
            return ~operand
        case _:
            return None


OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


def _of_binary(kind: ast.operator, left: Number, right: Number) -> Number:
    if left is None or right is None or type(kind) not in OPERATORS:
        return None
    if isinstance(left, int) and isinstance(right, int) and _may_explode(kind, left, right):
        raise TooLargeError
    try:
        value = OPERATORS[type(kind)](left, right)
    except (ArithmeticError, TypeError, ValueError):  # Python would raise it, too, if it came by
        return None
    return _measured(value) if isinstance(value, int | float) else None


def _may_explode(kind: ast.operator, base: int, amount: int) -> bool:
    """Return whether a power or a shift has more than MAX_BITS bits, without computing it."""
    if isinstance(kind, ast.LShift):
        return base != 0 and base.bit_length() + amount > MAX_BITS
    return isinstance(kind, ast.Pow) and abs(base) > 1 and math.log2(abs(base)) * amount > MAX_BITS


def _of_tokens(path: str, text: str) -> tuple[list[FindingDict], list[FindingDict]]:
    """Refuse text that `tokenize`, with which directives are blanked, cannot read; note a name that CPython reads as
    another.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        message = f"The file cannot be split into tokens: {error}."
        return [finding("source.syntax", message, help="Correct the file's syntax.", file=path)], []
    for token in tokens:
        name = token.string
        if token.type == tokenize.NAME and unicodedata.normalize("NFKC", name) != name:
            remark = finding(
                "source.name",
                f"CPython reads the name {name!r} as {unicodedata.normalize('NFKC', name)!r}.",
                help="Write the name as CPython reads it.",
                severity="note",
                file=path,
                line=token.start[0],
                column=token.start[1] + 1,
            )
            return [], [remark]
    return [], []
