"""How a project's own files configure tests, coverage, types, style and continuous integration."""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import TypedDict

from grader.inside.findings import shortened

LONGEST = 200_000
"""The most characters of a file that are looked at."""
CI = re.compile(r"(^|/)(\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|azure-pipelines\.yml)$")
COVERAGE_FILES = frozenset({".coveragerc", "codecov.yml", ".codecov.yml"})
FAIL_UNDER = re.compile(r"(?:fail_under\s*=\s*|--cov-fail-under[= ])(\d+(?:\.\d+)?)")
DECLARED = (
    ("pytest", re.compile(r"^\[tool\.pytest|^\[pytest\]|^\[tool:pytest\]", re.MULTILINE)),
    ("coverage", re.compile(r"^\[tool\.coverage|^\[coverage:|^\[run\]|--cov\b|pytest-cov", re.MULTILINE)),
    ("mypy", re.compile(r"^\[tool\.mypy\]|^\[mypy\]", re.MULTILINE)),
    ("pyright", re.compile(r"^\[tool\.(based)?pyright\]", re.MULTILINE)),
    ("ruff", re.compile(r"^\[tool\.ruff|ruff-pre-commit", re.MULTILINE)),
    ("flake8", re.compile(r"^\[flake8\]", re.MULTILINE)),
    ("black", re.compile(r"^\[tool\.black\]|psf/black", re.MULTILINE)),
    ("tox", re.compile(r"^\[tox\]|^\[testenv|^\[tool\.tox", re.MULTILINE)),
)
STRICT = re.compile(
    r"^\s*(strict\s*=\s*[tT]rue|disallow_untyped_defs\s*=\s*[tT]rue|typeCheckingMode\s*=\s*.strict)", re.MULTILINE
)


class ProjectDict(TypedDict):
    """What a project's files declare, as it leaves the sandbox."""

    declared: dict[str, str]
    """Each tool, with the file that configures it."""
    fail_under: float | None
    strict_types: bool
    ci: list[str]
    unread: list[tuple[str, str]]
    """Files that are not valid in the format that their names imply, and why."""


def project(files: dict[str, str]) -> ProjectDict:
    """Read what the files declare."""
    told: ProjectDict = {"declared": {}, "fail_under": None, "strict_types": False, "ci": [], "unread": []}
    for path, whole in sorted(files.items(), key=lambda item: (item[0].count("/"), item[0])):
        text = whole[:LONGEST]
        if CI.search(path):
            told["ci"].append(path)
        told["unread"] += [(path, shortened(why, 200)) for why in _problems(path, text)]
        for tool in _tools(path, text):
            told["declared"].setdefault(tool, path)
        told["strict_types"] = told["strict_types"] or STRICT.search(text) is not None
        if told["fail_under"] is None and (bound := FAIL_UNDER.search(text)):
            told["fail_under"] = min(float(bound[1]), 100.0)
    return told


def _tools(path: str, text: str) -> Iterator[str]:
    name = posixpath.basename(path)
    if name in COVERAGE_FILES:
        yield "coverage"
    if name == "noxfile.py":
        yield "nox"
    if name == ".pre-commit-config.yaml":
        yield "pre-commit"
    yield from (tool for tool, sign in DECLARED if sign.search(text))


def _problems(path: str, text: str) -> Iterator[str]:
    """Yield why a file is not valid in the format that its name implies."""
    try:
        if path.endswith(".toml"):
            tomllib.loads(text)
        elif path.endswith((".cfg", ".ini", ".coveragerc")):
            configparser.ConfigParser(interpolation=None, strict=False).read_string(text)
    except (ValueError, configparser.Error, RecursionError) as error:
        yield str(error).partition("\n")[0]
