"""The parts of a submission that reading does not show: names that are bound at run time, code from text, and what is
taken from others, neither given nor imported.

One list serves all purposes: security deducts points for these parts, reviewers see them, and criteria that rest on
reading earn nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.inside.findings import AnswerDict, FindingDict, capped, finding
from grader.inside.imports import module_name
from grader.inside.tampering.origins import Origins
from grader.inside.tampering.reaching import reaches
from grader.inside.tampering.rebinding import defined_names, rebindings, under_main
from grader.inside.tampering.runners import runs_text

REBOUND = "answer.rebound"
FROM_TEXT = "answer.code-from-text"
REACHED = "answer.reaches-others"
MESSAGES = {
    REBOUND: "A name is bound at run time ({}), so the code that was read is not the code that runs: constructs, "
    "types and complexity earn nothing.",
    FROM_TEXT: "The submission runs code that is not among its statements ({}), so its types and complexity earn "
    "nothing.",
    REACHED: "The submission takes what it was neither given nor has imported ({}), so it does more than its text "
    "says: constructs, types and complexity earn nothing.",
}
HELP = {
    REBOUND: "Bind every name with a plain statement: `def`, `class`, `import` or an assignment at the top of a "
    "module.",
    FROM_TEXT: "Write the code as statements. Instead of running text, use `getattr`, a dict of functions or a "
    "closure.",
    REACHED: "Work with what the code is given and imports. Frames of callers, lists of all objects and modules that "
    "others have imported are no part of a brief.",
}


class Unread(NamedTuple):
    """A place where code runs that was not read, or takes what its text does not show."""

    id: str
    path: str
    node: ast.AST
    shown: str


def unread(trees: Mapping[str, ast.Module]) -> Iterator[Unread]:
    """Yield every place in the answer's files where unread code runs, or where others' things are taken."""
    defined = {module_name(path): defined_names(tree) for path, tree in trees.items()}
    for path, tree in sorted(trees.items()):
        origins = Origins(tree)
        idle = under_main(tree)
        for bound in rebindings(tree, origins, module_name(path), defined):
            if bound.certain and id(bound.node) not in idle:
                yield Unread(REBOUND, path, bound.node, bound.shown)
        for use in runs_text(tree, origins):
            if id(use.node) not in idle:
                yield Unread(FROM_TEXT, path, use.node, use.shown)
        for use in reaches(tree, origins):
            if id(use.node) not in idle:
                yield Unread(REACHED, path, use.node, use.shown)


def answer(trees: Mapping[str, ast.Module]) -> AnswerDict:
    """Return the places where unread code runs as findings, at most one per id and line."""
    found: dict[tuple[str, str, int], FindingDict] = {}
    for place in unread(trees):
        line = getattr(place.node, "lineno", 1)
        found.setdefault(
            (place.path, place.id, line),
            finding(
                place.id,
                MESSAGES[place.id].format(place.shown),
                help=HELP[place.id],
                file=place.path,
                line=line,
                column=getattr(place.node, "col_offset", 0) + 1,
            ),
        )
    return {"findings": capped(list(found.values()), "answer"), "tools": {}}
