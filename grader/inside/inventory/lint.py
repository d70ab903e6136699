"""Stage two: what ruff finds in the code, with our own choice of rules. No configuration or `noqa` of the code counts.

ruff is a program, not a module: it reads files that are written under numbers, since a path can be hostile, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

SELECTED = ("F", "B", "ASYNC", "PERF", "PLE")
"""Pyflakes, bugbear, asynchronous code, performance, pylint's errors: likely mistakes, and no question of style."""
OPTIONS = (
    "check", "--isolated", "--no-cache", "--quiet", "--exit-zero", "--ignore-noqa", "--output-format=json-lines",
    "--target-version=py314", f"--select={','.join(SELECTED)}", "--per-file-ignores=__init__.py:F401",
    "--per-file-ignores=__init__.py:F403",
)  # fmt: skip
LIMIT = 20.0
"""Seconds after which a file that no run came to an end with is given up."""
MESSAGE = 160


class LintDict(TypedDict):
    """What ruff found in a batch, as it leaves the sandbox."""

    rules: dict[str, tuple[int, str, int, str]]
    """The number of findings of each rule, with the first one: its file, line and message."""
    lines: int
    """The number of lines of the files that ruff read to the end."""
    given_up: list[str]


def lint(files: Mapping[str, str], program: str) -> LintDict:
    """Run ruff on the files at once or, if it does not come to an end, on each alone for some seconds."""
    total: LintDict = {"rules": {}, "lines": 0, "given_up": []}
    deadline = time.monotonic() + LIMIT
    if _added(files, program, total, deadline):
        return total
    for path, text in files.items():
        if len(files) == 1 or time.monotonic() > deadline or not _added({path: text}, program, total, deadline):
            total["given_up"].append(path)
    return total


def _added(files: Mapping[str, str], program: str, total: LintDict, deadline: float) -> bool:
    """Add what one run finds; False if it does not come to a regular end."""
    with TemporaryDirectory(prefix="lint-") as folder:
        paths = {str(_laid(Path(folder), number, path, files[path])): path for number, path in enumerate(files)}
        environment = {**os.environ, "RAYON_NUM_THREADS": "1"}  # the sandbox allows few threads, and workers are many
        try:
            run = subprocess.run(
                [program, *OPTIONS, "--", folder],
                env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                timeout=max(deadline - time.monotonic(), 1.0),
            )  # fmt: skip
            found = [json.loads(line) for line in run.stdout.splitlines()]
        except (OSError, subprocess.SubprocessError, ValueError):
            return False
    unread = {paths[finding["filename"]] for finding in found if _is_unread(finding)}
    for finding in found:
        path = paths[finding["filename"]]
        if path not in unread:
            count, *first = total["rules"].get(finding["code"], (0, path, finding["location"]["row"], ""))
            file, line, message = first
            total["rules"][finding["code"]] = (count + 1, file, line, message or finding["message"][:MESSAGE])
    total["given_up"] += sorted(unread)
    total["lines"] += sum(text.count("\n") + 1 for path, text in files.items() if path not in unread)
    return True


def _is_unread(finding: dict[str, Any]) -> bool:
    """Return whether a finding is not one of a rule: what ruff cannot parse, or where it failed itself."""
    return not str(finding["code"] or "").startswith(SELECTED)


def _laid(folder: Path, number: int, path: str, text: str) -> Path:
    """Write a file where it is known by its number; ruff reads `__init__.py` in its own way."""
    target = folder.resolve() / str(number) / ("__init__.py" if path.endswith("__init__.py") else "m.py")
    target.parent.mkdir()
    target.write_text(text, encoding="utf-8", newline="")
    return target
