"""Adds to a brief what the manifest and this machine determine: levels, bounds, versions. Public, as Markdown.

brief         as the author wrote it
## Levels     percent and gates
## Terms      time, Python, packages, types, complexity, what follows working code
## Contract   every use that has to type-check, where there is no `grader show`
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

from grader.challenges.challenge import Challenge
from grader.challenges.following import followed
from grader.challenges.gates import gates, takes
from grader.challenges.manifest import Criterion
from grader.model import Kind

FOLLOWS = (
    "Constructs, types, complexity and security follow working code: "
    "they earn their own share times the smaller of 1 and twice the share that the hidden tests earn."
)
ANYS = (
    "Expressions of type `Any` count as untyped: up to a fifth of all expressions costs nothing, three fifths cost all "
    "of these points."
)
SILENCED = (
    "`# type: ignore` and other comments that silence a checker are not honoured, and nothing but imports and names of "
    "types may appear under `if TYPE_CHECKING:`."
)
TAKES = (
    "Your code works with what it is given and imports. Where it looks into its callers' frames or lists all objects "
    "(`gc.get_objects`), its process ends and the promise at hand is broken. Either of these, and a search through all "
    "imported modules, loses all points for constructs, types and complexity."
)
CONTRACT = (
    "These uses must type-check. Saved as `contract.py` beside your own files, they neither earn nor cost points."
)


def whole_brief(challenge: Challenge, *, contract: bool = False) -> str:
    """Return the brief with its terms; `contract` adds every use of the API that has to type-check."""
    parts = [challenge.brief.rstrip(), terms(challenge)]
    if contract and challenge.contract is not None:
        uses = challenge.contract.read_text(encoding="utf-8").rstrip()
        parts.append(f"## Contract\n\n{CONTRACT}\n\n```python\n{uses}\n```")
    return "\n\n".join(parts) + "\n"


def terms(challenge: Challenge) -> str:
    """Return levels and terms as Markdown."""
    manifest = challenge.manifest
    rows = [
        f"| {gate.level.value} {gate.level.title} | {cell(takes(gate, manifest.criteria))} |"
        for gate in gates(manifest)
    ]
    levels = ["## Levels", "", "| level | takes |", "| --- | --- |", *rows, ""] if challenge.is_whole else []
    return "\n".join([*levels, "## Terms", "", *(f"- {term}" for term in _terms(challenge))])


def cell(text: str) -> str:
    """Return the text on one line, escaped for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _saved_contract(challenge: Challenge) -> str:
    """Return how a candidate gets contract.py; nobody can ask for that of a variant."""
    if challenge.stage:
        return "save the contract below as `contract.py`"
    return f"run `grader show {challenge.slug} --contract > contract.py`"


def _terms(challenge: Challenge) -> Iterator[str]:
    manifest = challenge.manifest
    if manifest.minutes and not challenge.stage:
        yield f"An experienced person takes up to {manifest.minutes} minutes. Time is not measured."
    if not challenge.python_modules:
        yield f"Only these count: {', '.join(f'`{name}`' for name in manifest.modules)}. Nothing that you write is run."
        for criterion in manifest.criteria:
            yield from _of_criterion(criterion, challenge)
        return
    packages = f" and {', '.join(manifest.runtime.packages)}" if manifest.runtime.packages else " only"
    yield f"Your code runs on Python {platform.python_version()} with the standard library{packages}."
    tested = any(criterion.kind is Kind.TESTS for criterion in manifest.criteria)
    yield (
        "Only these count: the files that pytest collects, each `conftest.py`, and what they import; "
        if tested
        else f"Only these count: {', '.join(f'`{name}`' for name in manifest.modules)} and what they import; "
    ) + "data files do not count, nor does anything whose name is put together at run time."
    if not tested:
        yield TAKES
    for criterion in manifest.criteria:
        yield from _of_criterion(criterion, challenge)
    if any(criterion.kind.by_text for criterion in manifest.criteria) and any(
        criterion.kind.by_tests for criterion in manifest.criteria
    ):
        yield FOLLOWS


def _of_criterion(criterion: Criterion, challenge: Challenge) -> Iterator[str]:
    if criterion.follows:
        names = ", ".join(leading.title for leading in followed(criterion, challenge.manifest.criteria))
        yield f"{criterion.title} earns its share times the smaller of 1 and twice the share earned in {names}."
    match criterion.kind:
        case Kind.TYPES:
            yield (
                f"Types are checked by mypy {version('mypy')}, `--strict --warn-unreachable`; each error costs a fifth "
                f"of these points. {ANYS} {SILENCED}"
            )
            if challenge.contract is not None:
                files = " ".join(challenge.manifest.modules)
                yield (
                    f"To check types yourself, {_saved_contract(challenge)}, then "
                    f"`mypy --strict --warn-unreachable {files} contract.py`. Where the contract says "
                    "`# type: ignore[...]`, mypy must report an error."
                )
        case Kind.COMPLEXITY:
            yield (
                f"No function may have a cyclomatic complexity above {criterion.worst}. "
                "Exceeding this bound costs these points in proportion: twice the bound costs all of them."
            )
        case Kind.SECURITY:
            yield "Each error of the security linter costs a fifth of these points, and each warning a tenth."
        case _:
            pass
