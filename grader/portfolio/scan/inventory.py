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
    """True if the code there implements or works with the skill, false if it only touches it."""


class SkillEvidence(Struct, frozen=True, kw_only=True):
    """What a scan saw of one skill."""

    strength: Annotated[int, msgspec.Meta(ge=0, le=3)]
    strong: int = 0
    """The number of lines with a strong sign."""
    weak: int = 0
    files: int = 0
    """The number of files with a strong sign."""
    places: tuple[SkillPlace, ...] = ()
    """Some of the places, strong ones first."""


class BlockComplexity(Struct, frozen=True, kw_only=True):
    """A function and its cyclomatic complexity."""

    complexity: int
    file: str
    line: int
    name: str


class Weakness(Struct, frozen=True, kw_only=True):
    """A finding by bandit."""

    severity: str
    file: str
    line: int
    message: str


class LintRule(Struct, frozen=True, kw_only=True):
    """A rule of ruff, how often it found something, and where first."""

    rule: str
    count: int
    file: str
    line: int
    message: str


class ImportCut(Struct, frozen=True, kw_only=True):
    """An import to remove so that no cycle is left in a package."""

    importer: str
    imported: str


class CodeQuality(Struct, frozen=True, kw_only=True):
    """The quality of what was read, in figures. None means that a figure was not measured."""

    functions: int = 0
    classes: int = 0
    annotated: int = 0
    """The number of functions with an annotation."""
    coroutines: int = 0
    loggers: int = 0
    prints: int = 0
    blocks: int = 0
    """The number of functions and methods that radon measured."""
    mean_complexity: float | None = None
    above: int = 0
    """The number of blocks with a complexity above 10."""
    worst: tuple[BlockComplexity, ...] = ()
    weaknesses: dict[str, int] = {}
    """The number of findings by bandit for each severity: error (high), warning (medium), note (low)."""
    weakest: tuple[Weakness, ...] = ()
    lint: int | None = None
    """The number of findings by ruff, if it is installed: likely mistakes, by rules of our own choice."""
    lint_lines: int = 0
    """The number of lines that ruff read."""
    lint_rules: tuple[LintRule, ...] = ()
    """The rules that found most."""
    tests: int = 0
    """The number of test functions."""
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
    """The number of imports to remove so that no package has a cycle."""
    breakers: tuple[ImportCut, ...] = ()
    type_errors: int | None = None
    """The number of findings by mypy --strict, which runs with --deep."""
    given_up: tuple[str, ...] = ()
    """What tools gave up on; it never counts as clean."""


class FileCounts(Struct, frozen=True, kw_only=True):
    """How much was read."""

    read: int = 0
    lines: int = 0
    by_fallback: int = 0
    """The number of files that only tree-sitter could read."""
    unread: int = 0
    left_out: int = 0


class UnreadFile(Struct, frozen=True, kw_only=True):
    """A file or folder that was not read, or only in part, and why."""

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
    """Files in which some lines were not read."""
    left_out: tuple[UnreadFile, ...] = ()
    tools: dict[str, str] = {}
    seconds: float = 0.0


def as_json(scan: Scan) -> str:
    """Return the scan as JSON, in which skills that were not seen have strength 0."""
    return msgspec.json.format(msgspec.json.encode(scan), indent=1).decode("utf-8") + "\n"
