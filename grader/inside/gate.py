"""The gate: what a source file must be before any parser but CPython's own may read it. About 2 ms a file.

It stops deep nesting, huge literals, foreign encodings and characters that make two parsers see two programs. What
passes is text on which every analyser agrees about where the lines are and what the names are.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator

from grader.inside.findings import Finding, finding
from grader.inside.types.directives import IGNORE

MAX_CHARACTERS = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 200
MAX_TEXT = 100_000
MAX_BITS = 16_384

COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_BREAKS = frozenset("\x85\u2028\u2029")
CONTROLS = frozenset(chr(code) for code in range(32) if chr(code) not in "\n\t") | {"\x7f"}


def normalised(text: str) -> str:
    """The text as CPython reads it: without a byte order mark, with LF line ends. Lines keep their numbers."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def refusals(path: str, text: str) -> list[Finding]:
    """Why the normalised `text` cannot be analysed; empty when it can."""
    return list(_of_characters(path, text)) or list(_of_syntax(path, text))


def _of_characters(path: str, text: str) -> Iterator[Finding]:
    if len(text) > MAX_CHARACTERS:
        yield finding(
            "source.too-large",
            f"The file has {len(text)} characters; {MAX_CHARACTERS} can be read.",
            help="Split it, and leave generated data out.",
            file=path,
        )
        return
    yield from _cookies(path, text)
    strange = (CONTROLS | BIDI | LINE_BREAKS).intersection(text)
    for character in sorted(strange):
        yield finding(
            "source.character",
            f"The file contains the character U+{ord(character):04X}, which editors and parsers show differently.",
            help=f"Remove it, or write it as an escape in a string: \\u{ord(character):04x}.",
            file=path,
            line=text.count("\n", 0, text.index(character)) + 1,
        )


def _cookies(path: str, text: str) -> Iterator[Finding]:
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
    """`ast.parse` without the warnings of the text. Raises what `ast.parse` raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _of_syntax(path: str, text: str) -> Iterator[Finding]:
    try:
        tree = parsed(text)
    except SyntaxError as error:
        yield finding(
            "source.syntax",
            f"This is not Python: {error.msg}.",
            help="Make the file run under the grader's Python; `python -m py_compile FILE` shows the same message.",
            file=path,
            line=error.lineno,
            column=error.offset or None,
        )
    except (RecursionError, MemoryError):
        yield _too_deep(path, None)
    except ValueError as error:
        yield finding("source.syntax", f"This is not Python: {error}.", help="Remove the literal.", file=path)
    else:
        yield from _of_tree(path, tree)
        if not text.isascii() or IGNORE.search(text):
            yield from _of_tokens(path, text)


def _too_deep(path: str, line: int | None) -> Finding:
    return finding(
        "source.too-deep",
        f"Expressions or blocks are nested more than {MAX_DEPTH} levels deep.",
        help="Give the parts names, or turn the nesting into data.",
        file=path,
        line=line,
    )


def _of_tree(path: str, tree: ast.Module) -> Iterator[Finding]:
    nodes = 0
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            yield finding(
                "source.too-many-nodes",
                f"The file has more than {MAX_NODES} syntax nodes.",
                help="Split it, and leave generated data out.",
                file=path,
            )
            return
        for node in level:
            if isinstance(node, ast.Constant | ast.BinOp) and (problem := _of_literal(path, node)):
                yield problem
                return
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    yield _too_deep(path, next((line for node in level if (line := getattr(node, "lineno", None))), None))


def _of_literal(path: str, node: ast.Constant | ast.BinOp) -> Finding | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        too_large = len(node.value) > MAX_TEXT
    else:
        too_large = _bits(node) > MAX_BITS
    if not too_large:
        return None
    return finding(
        "source.literal",
        "A literal, or the value of a constant expression, is too large to analyse.",
        help="Compute it at run time, or read it from where it belongs.",
        file=path,
        line=node.lineno,
        column=node.col_offset + 1,
    )


def _bits(node: ast.expr, depth: int = 0) -> int:
    """An upper bound of the size of a constant integer expression; 0 when it is none, or is too deep to be accepted."""
    if depth > MAX_DEPTH:
        return 0
    match node:
        case ast.Constant(value=int() as value):
            return value.bit_length()
        case ast.UnaryOp(operand=operand):
            return _bits(operand, depth + 1)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _bits(left, depth + 1) * _exponent(right, depth + 1)
        case ast.BinOp(left=left, op=ast.LShift(), right=right):
            bits = _bits(left, depth + 1)
            return bits and bits + _exponent(right, depth + 1)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _bits(left, depth + 1) + _bits(right, depth + 1)
        case ast.BinOp(left=left, right=right):
            return max(_bits(left, depth + 1), _bits(right, depth + 1))
        case _:
            return 0


def _exponent(node: ast.expr, depth: int) -> int:
    """The value of a constant exponent, or a bound for it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return min(node.value, MAX_BITS + 1)
    bits = _bits(node, depth)
    return bits and 1 << min(bits, 64)


def _of_tokens(path: str, text: str) -> Iterator[Finding]:
    """Names that are read as other names; and text that the tokenizer, which blanks directives, reads differently."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        yield finding("source.syntax", f"The file cannot be split into tokens: {error}.", help="Mend it.", file=path)
        return
    for token in tokens:
        name = token.string
        if token.type == tokenize.NAME and unicodedata.normalize("NFKC", name) != name:
            yield finding(
                "source.name",
                f"CPython reads the name {name!r} as {unicodedata.normalize('NFKC', name)!r}.",
                help="Write the name the way it is read.",
                file=path,
                line=token.start[0],
                column=token.start[1] + 1,
            )
            return
