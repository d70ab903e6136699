"""Forged code reviews: what can be written without reading the change, from other changes with their keys. Pure.

    everywhere       remarks on every line, of one kind or of all kinds in turn
    copied           what was right in another change, at the same lines
    alike            functions that resemble one with a known defect, names aside, are said to have the same defect
    usual            functions are said to have what a function like them had most often

The last two see through drawn names, comments and the order of functions: functions are compared by their tokens, in
which names are left out.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.evidence.documents.remarks import (
    MOST_LINES,
    MOST_REMARKS,
    CodeReview,
    PlantedDefect,
    ReviewKey,
    ReviewRemark,
)

KEPT = frozenset({*keyword.kwlist, "BETWEEN", "NOT", "DESC", "ASC", "LIKE", "JOIN", "DISTINCT", "LIMIT", "OFFSET"})
WORD = re.compile(r"\w+|[^\w\s]+")
SAME_ROLE = 0.6


class KnownChange(NamedTuple):
    """A change whose key is known."""

    files: Mapping[str, str]
    key: ReviewKey


class _Function(NamedTuple):
    file: str
    first: int
    last: int
    tokens: Counter[str]


class _Labelled(NamedTuple):
    function: _Function
    defect: PlantedDefect | None


def everywhere(key: ReviewKey, kinds: Sequence[str], *, start: int = 1) -> CodeReview:
    """Return a review that has a remark on as many lines as it may, with these kinds in turn."""
    places = [
        (name, first, min(count, first + MOST_LINES - 1))
        for name, count in key.files.items()
        for first in range(start, count + 1, MOST_LINES)
    ]
    remarks = [
        _remark(name, first, last, kinds[number % len(kinds)])
        for number, (name, first, last) in enumerate(places[:MOST_REMARKS])
    ]
    return _review(key, remarks)


def copied(known: ReviewKey, key: ReviewKey) -> CodeReview:
    """Return the right review of another change, under this one's number."""
    remarks = [
        _remark(defect.file, defect.first, min(defect.last, defect.first + MOST_LINES - 1), defect.kinds[0], defect)
        for defect in known.planted
        if defect.last <= key.files.get(defect.file, 0)
    ]
    return _review(key, remarks)


def alike(known: Sequence[KnownChange], files: Mapping[str, str], key: ReviewKey, *, least: float) -> CodeReview:
    """Return a review of functions that are most like a known one that had a defect, and at least so much, up to 1."""
    labelled = [*_labelled(known)]
    ranked: list[tuple[float, ReviewRemark]] = []
    for function in _functions(files):
        near = sorted(
            ((_likeness(function, example.function), example) for example in labelled), key=lambda pair: -pair[0]
        )
        likeness, nearest = near[0]
        if nearest.defect is not None and likeness >= least:
            ranked.append((likeness, _mapped(function, nearest)))
    ranked.sort(key=lambda pair: -pair[0])
    return _review(key, [remark for _, remark in ranked[:MOST_REMARKS]])


def usual(known: Sequence[KnownChange], files: Mapping[str, str], key: ReviewKey, *, most: int) -> CodeReview:
    """Return a review of the functions whose like had defects most often, each with the most frequent kind."""
    labelled = [*_labelled(known)]
    ranked: list[tuple[float, ReviewRemark]] = []
    for function in _functions(files):
        role = [example for example in labelled if _likeness(function, example.function) >= SAME_ROLE]
        had = [example for example in role if example.defect is not None]
        if not had:
            continue
        kinds = Counter(example.defect.kinds[0] for example in had if example.defect is not None)
        kind, times = kinds.most_common(1)[0]
        first = next(example for example in had if example.defect is not None and example.defect.kinds[0] == kind)
        ranked.append((times / len(role), _mapped(function, first)))
    ranked.sort(key=lambda pair: -pair[0])
    return _review(key, [remark for _, remark in ranked[: min(most, MOST_REMARKS)]])


def _labelled(known: Sequence[KnownChange]) -> Iterator[_Labelled]:
    for change in known:
        for function in _functions(change.files):
            inside = (
                defect
                for defect in change.key.planted
                if defect.file == function.file and function.first <= defect.first and defect.last <= function.last
            )
            yield _Labelled(function, next(inside, None))


def _mapped(function: _Function, known: _Labelled) -> ReviewRemark:
    """Return a remark at the lines of a function that correspond to those of the known defect."""
    defect = known.defect
    assert defect is not None, "only functions with a defect are copied"
    first = min(function.last, function.first + defect.first - known.function.first)
    last = min(function.last, first + min(MOST_LINES - 1, defect.last - defect.first))
    return _remark(function.file, first, last, defect.kinds[0], defect)


def _functions(files: Mapping[str, str]) -> Iterator[_Function]:
    for name, text in files.items():
        lines = text.splitlines(keepends=True)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                body = "".join(lines[node.lineno - 1 : node.end_lineno])
                yield _Function(name, node.lineno, node.end_lineno, Counter(_pairs(body)))


def _pairs(text: str) -> Iterator[str]:
    """Yield each pair of neighbouring tokens, without names and comments."""
    before = ""
    for token in _tokens(text):
        yield f"{before} {token}"
        before = token


def _tokens(text: str) -> Iterator[str]:
    indent = re.match(r" *", text)
    plain = "\n".join(line.removeprefix(indent[0] if indent else "") for line in text.splitlines())
    for token in tokenize.generate_tokens(io.StringIO(plain).readline):
        if token.type == tokenize.STRING:
            yield from (word if word in KEPT or not word[0].isalnum() else "w" for word in WORD.findall(token.string))
        elif token.type == tokenize.NAME:
            yield token.string if token.string in KEPT else "n"
        elif token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
            yield token.string.strip() or tokenize.tok_name[token.type]


def _likeness(one: _Function, other: _Function) -> float:
    """Return the share of the pairs that two functions have in common, from 0 to 1."""
    both = (one.tokens & other.tokens).total()
    return 2 * both / max(1, one.tokens.total() + other.tokens.total())


def _remark(file: str, first: int, last: int, kind: str, like: PlantedDefect | None = None) -> ReviewRemark:
    return ReviewRemark(
        file=file,
        lines=(first, last),
        kind=kind,
        severity=like.severity if like is not None else "major",
        what="it goes wrong",
        remedy="repair it",
    )


def _review(key: ReviewKey, remarks: Sequence[ReviewRemark]) -> CodeReview:
    return CodeReview(format_version=1, change=key.change, verdict=key.verdict, remark=tuple(remarks))
