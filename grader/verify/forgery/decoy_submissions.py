"""Decoys: the starter, with a required construct beside it that nothing uses, and that must earn nothing."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import NamedTuple

from grader.challenges.manifest import Requirement
from grader.inside.constructs.rules.rule import Rule
from grader.model import SourceFile, Submission

MOST = 3
"""Decoys of each shape for one requirement."""


class Decoy(NamedTuple):
    """A submission's files, and where the construct is in them."""

    shape: str
    files: dict[str, str]


def decoys(requirement: Requirement, rule: Rule, starter: Submission) -> Iterator[Decoy]:
    """Yield the rule's own valid examples, placed beside the starter.

    In a file that nobody imports, in a function that nobody calls, and at top level under the example's own name.
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
    """Return the VALID examples of one module that need no options of their own and work inside a function."""
    plain = [example.files["m.py"] for example in rule.VALID if set(example.files) == {"m.py"} and not example.options]
    return [source for source in plain if "import *" not in source and "from __future__" not in source]


def _file(of: str, files: tuple[SourceFile, ...]) -> str | None:
    """Return the file of `module.Name`, or of a module."""
    paths = {file.path for file in files}
    parts = of.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in paths:
                return path
    return None
