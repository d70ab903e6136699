"""The result of a scan, as values, and its JSON: format version 1, described in docs/reference/scan.md.

1   skills, quality, files, unread, left_out, tools
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from grader.model import Struct

FORMAT_VERSION = 1
NOTE = "Evidence, not proof: a scan reads text. No rating comes from a scan alone."


class SkillPlace(Struct, frozen=True, kw_only=True):
    """One place where a skill is seen."""

    file: str
    line: int
    what: str
    strong: bool = True
    """Whether the code there implements or works with the skill, or only touches it."""


class SkillEvidence(Struct, frozen=True, kw_only=True):
    """What is seen of one skill."""

    strength: Annotated[int, msgspec.Meta(ge=0, le=3)]
    strong: int = 0
    """Lines with a strong sign."""
    weak: int = 0
    files: int = 0
    """Files with a strong sign."""
    places: tuple[SkillPlace, ...] = ()
    """Some of the places, strong ones first."""


class BlockComplexity(Struct, frozen=True, kw_only=True):
    """A function and its cyclomatic complexity."""

    complexity: int
    file: str
    line: int
    name: str


class Weakness(Struct, frozen=True, kw_only=True):
    """A finding of bandit."""

    severity: str
    file: str
    line: int
    message: str


class ImportCut(Struct, frozen=True, kw_only=True):
    """An import that has to go for a package to have no cycle."""

    importer: str
    imported: str


class CodeQuality(Struct, frozen=True, kw_only=True):
    """The quality of what was read, in figures. None means that it was not measured."""

    functions: int = 0
    classes: int = 0
    annotated: int = 0
    """Functions with an annotation."""
    coroutines: int = 0
    loggers: int = 0
    prints: int = 0
    blocks: int = 0
    """Functions and methods that radon measured."""
    mean_complexity: float | None = None
    above: int = 0
    """Blocks with a complexity above 10."""
    worst: tuple[BlockComplexity, ...] = ()
    weaknesses: dict[str, int] = {}
    """Findings of bandit by severity: error (high), warning (medium), note (low)."""
    weakest: tuple[Weakness, ...] = ()
    tests: int = 0
    """Test functions."""
    test_files: int = 0
    test_lines: int = 0
    configured: dict[str, str] = {}
    """What the project configures (pytest, coverage, mypy, ruff ...), and in which file."""
    coverage_at_least: float | None = None
    strict_types: bool = False
    ci: tuple[str, ...] = ()
    modules: int | None = None
    imports: int | None = None
    cycles: int | None = None
    """Imports that have to go for no package to have a cycle."""
    breakers: tuple[ImportCut, ...] = ()
    type_errors: int | None = None
    """Findings of mypy --strict, with --deep."""
    given_up: tuple[str, ...] = ()
    """What a tool gave up on: never counted as clean."""


class FileCounts(Struct, frozen=True, kw_only=True):
    """How much was read."""

    read: int = 0
    lines: int = 0
    by_fallback: int = 0
    """Files that only tree-sitter could read."""
    unread: int = 0
    left_out: int = 0


class UnreadFile(Struct, frozen=True, kw_only=True):
    """A file or folder that was not read, or not whole, and why."""

    file: str
    why: str


class Scan(Struct, frozen=True, kw_only=True):
    """Everything that a scan found."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=FORMAT_VERSION)] = FORMAT_VERSION
    kind: str = "scan"
    repository: str
    note: str = NOTE
    skills: dict[str, SkillEvidence]
    quality: CodeQuality
    files: FileCounts
    unread: tuple[UnreadFile, ...] = ()
    in_part: tuple[UnreadFile, ...] = ()
    """Files of which some lines were not read."""
    left_out: tuple[UnreadFile, ...] = ()
    tools: dict[str, str] = {}
    seconds: float = 0.0


def as_json(scan: Scan) -> str:
    """Return the scan as JSON; skills that are not seen are there with strength 0."""
    return msgspec.json.format(msgspec.json.encode(scan), indent=1).decode("utf-8") + "\n"
