"""Stage one: every file of a batch, parsed and walked once: what it shows, or why it could not be read."""

from __future__ import annotations

import functools
import re
from typing import TypedDict

from grader.inside.findings import shortened
from grader.inside.inventory.facts import FactsDict
from grader.inside.inventory.skill_rule import SignContext
from grader.inside.inventory.skills import SKILLS
from grader.inside.inventory.source_text import SourceText, read, reasons_for_speed
from grader.inside.inventory.walk import Dispatch, Place, TooManyNodesError, Walked, dispatch, walked

TEST_PATH = re.compile(
    r"(^|/)(tests?|test_suite|bench|benchmarks?|perf|asv_bench)/"
    r"|(^|/)(test_[^/]*|[^/]*_tests?|conftest|benchmarks?|bench_[^/]*)\.py$"
)
TYPED = "Type Hints"
SPEED = "Optimization"


class FileDict(TypedDict):
    """What one file shows, as it leaves the sandbox."""

    lines: int
    is_test: bool
    by: str
    """The parser that read it; empty if none could."""
    why: str
    """Why it could not be read, or only in part."""
    left_out: list[tuple[int, int]]
    places: dict[str, list[Place]]
    counts: dict[str, tuple[int, int]]
    facts: FactsDict | None


def listed(files: dict[str, str]) -> dict[str, FileDict]:
    """Read and walk the files."""
    return {path: _file(path, text) for path, text in files.items()}


def is_test(path: str) -> bool:
    """Return whether a path is that of a test or benchmark."""
    return TEST_PATH.search(path) is not None


@functools.cache
def _dispatch(*, tests: bool) -> Dispatch:
    return dispatch(SKILLS.values(), tests=tests)


def _file(path: str, text: str) -> FileDict:
    source = read(text)
    tests = is_test(path)
    lines = source.text.count("\n") + (not source.text.endswith("\n") and bool(source.text))
    unread: FileDict = {
        "lines": lines,
        "is_test": tests,
        "by": "",
        "why": shortened(source.why, 200),
        "left_out": [],
        "places": {},
        "counts": {},
        "facts": None,
    }
    if source.tree is None:
        return unread
    try:
        shown = walked(source.tree, SignContext(path, is_test=tests), _dispatch(tests=tests))
    except (TooManyNodesError, RecursionError, MemoryError) as error:
        return {**unread, "why": f"it is too large to analyse ({type(error).__name__})"}
    _add(shown, source, tests=tests)
    return {
        **unread,
        "by": source.by,
        "left_out": source.blanked.left_out if source.blanked else [],
        "places": shown.places,
        "counts": shown.counts,
        "facts": shown.facts.as_plain(),
    }


def _add(shown: Walked, source: SourceText, *, tests: bool) -> None:
    """Add the signs that the tree does not contain: those in comments and in blanked syntax."""
    if tests:
        return
    typed = source.blanked.typed if source.blanked else []
    for skill, lines, what in (
        (TYPED, typed, "type parameters"),
        (SPEED, [*reasons_for_speed(source.text)], "comment about speed"),
    ):
        if lines:
            strong, weak = shown.counts.get(skill, (0, 0))
            shown.counts[skill] = (strong + len(lines), weak)
            shown.places[skill] = [*((line, what, True) for line in lines[:6]), *shown.places.get(skill, [])]
