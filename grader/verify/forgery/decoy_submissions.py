"""Decoys: the starter with a required construct that nothing uses, and that must therefore earn nothing."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import NamedTuple

from grader.challenges.manifest import Requirement
from grader.inside.constructs.rules.rule import Rule
from grader.model import SourceFile, Submission

MOST = 3
"""The maximum number of decoys of each shape for one requirement."""


class Decoy(NamedTuple):
    """A submission's files, and where the construct is in them."""

    shape: str
    files: dict[str, str]


def decoys(requirement: Requirement, rule: Rule, starter: Submission) -> Iterator[Decoy]:
    """Yield decoys that add the rule's own valid examples to the starter.

    Each example is placed in a file that nothing imports, in a function that nothing calls, and at top level under its
    own name.
    """
    files = {file.path: file.text for file in starter.files if file.path.endswith(".py")}
    target = _file(requirement.of, starter.files)
    for source in _sources(rule)[:MOST]:
        yield Decoy("in a module that nothing imports", files | {"spare_parts.py": source})
        if target is not None:
            hidden = f"\n\ndef _never_called():\n{indent(source, '    ')}"
            yield Decoy("beside the exported name", files | {target: f"{files[target]}\n\n{source}"})
            yield Decoy("in a function that nothing calls", files | {target: files[target] + hidden})


def _sources(rule: Rule) -> list[str]:
    """Return the single-module VALID examples that need no options and work inside a function."""
    plain = [example.files["m.py"] for example in rule.VALID if set(example.files) == {"m.py"} and not example.options]
    return [source for source in plain if "import *" not in source and "from __future__" not in source]


def _file(of: str, files: tuple[SourceFile, ...]) -> str | None:
    """Return the path of the module's file for `module.Name` or `module`; None if there is no such file."""
    paths = {file.path for file in files}
    parts = of.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in paths:
                return path
    return None
