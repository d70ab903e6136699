"""How often the integrity analyser points at code that tampers with nothing: real libraries.

    python -m benchmarks.integrity [--show ID] [PACKAGE ...]

None of these libraries attacks a grader, so each finding is a false alarm. Their tests are left out. Libraries are a
hard measure: frameworks reach behind the code for a living, which answers to an assessment do not.
"""

from __future__ import annotations

import argparse
import ast
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.inside import gate
from grader.inside.findings import FindingDict
from grader.inside.tampering.answer import unread
from grader.inside.tampering.scan import flagged

PACKAGES = [
    "_pytest",
    "aiometer",
    "aiostream",
    "anyio",
    "attr",
    "backoff",
    "black",
    "boltons",
    "cachetools",
    "certifi",
    "click",
    "dask",
    "django",
    "docker",
    "dateutil",
    "fsspec",
    "grimp",
    "hatchling",
    "hypothesis",
    "httpx",
    "idna",
    "importlib_metadata",
    "isort",
    "jinja2",
    "jsonschema",
    "junitparser",
    "mando",
    "markdown_it",
    "marshmallow",
    "more_itertools",
    "msgspec",
    "packaging",
    "pathspec",
    "pluggy",
    "pydantic",
    "pyparsing",
    "radon",
    "requests",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "tenacity",
    "toolz",
    "tqdm",
    "trio",
    "werkzeug",
    "wtforms",
]
HARNESSES = {"_pytest", "hypothesis", "pluggy"}
"""Test frameworks: what they do to the code under test is what a reviewer should be shown."""


class Read(NamedTuple):
    """One file: how long it is, and what was found."""

    package: str
    lines: int
    found: list[FindingDict]
    costing: list[str]
    """Places that would cost points in an answer: names bound at run time, code from text, others' things taken."""


def read(packages: list[str]) -> Iterator[Read]:
    """Yield every module of the packages that are installed."""
    root = Path(sysconfig.get_path("purelib"))
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root)
            if {"tests", "test", "testing"} & set(name.parts):
                continue
            text = gate.normalised(path.read_text(encoding="utf-8"))
            try:
                tree = ast.parse(text)
            except SyntaxError:
                continue
            places = unread({name.as_posix(): tree})
            costing = [f"{name}:{getattr(place.node, 'lineno', 1)}: {place.id}: {place.shown}" for place in places]
            yield Read(package, text.count("\n"), list(flagged(name.as_posix(), tree)), costing)


def table(files: list[Read]) -> str:
    """Return findings by rule, and what they come to."""
    rows = ["| rule | findings | files | per 1000 lines |", "| --- | ---: | ---: | ---: |"]
    lines = sum(file.lines for file in files)
    findings = Counter(finding["id"] for file in files for finding in file.found)
    flagged_by = Counter(name for file in files for name in {finding["id"] for finding in file.found})
    for name, count in findings.most_common():
        rows.append(f"| `{name}` | {count} | {flagged_by[name]} | {1000 * count / lines:.3f} |")
    rows.append(
        f"| all | {findings.total()} | {sum(bool(file.found) for file in files)} | "
        f"{1000 * findings.total() / lines:.3f} |"
    )
    return "\n".join(rows)


def summary(files: list[Read], name: str) -> str:
    """Return the share of files that a reviewer would be sent to."""
    lines = sum(file.lines for file in files)
    any_, warned = (
        sum(any(finding["severity"] in severities for finding in file.found) for file in files)
        for severities in ({"note", "warning"}, {"warning"})
    )
    costing = sum(bool(file.costing) for file in files)
    return (
        f"{name}: {len(files)} files, {lines} lines; {any_} files with a finding ({100 * any_ / len(files):.1f} %), "
        f"{warned} with a warning ({100 * warned / len(files):.1f} %), "
        f"{costing} with a place that would cost points ({100 * costing / len(files):.1f} %)"
    )


def main() -> None:
    """Read the libraries and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--show", metavar="ID", help="print every finding of this id")
    given = parser.parse_args()
    files = list(read(given.packages))
    if not files:
        sys.exit(f"none of these packages is installed: {', '.join(given.packages)}")
    print(table(files), end="\n\n")
    print(summary(files, "all"))
    ordinary = [file for file in files if file.package not in HARNESSES]
    if ordinary and len(ordinary) < len(files):
        print(summary(ordinary, "without test frameworks"))
    kinds = Counter(kind for file in files for kind in {place.split(": ")[1] for place in file.costing})
    print(", ".join(f"{kind}: {count} files" for kind, count in sorted(kinds.items())))
    for file in files:
        if given.show:
            print("".join(f"{place}\n" for place in file.costing if given.show in place), end="")
        for finding in file.found:
            if given.show and finding["id"].endswith(given.show):
                print(f"{finding['file']}:{finding['line']}: {finding['message']}")


if __name__ == "__main__":
    main()
