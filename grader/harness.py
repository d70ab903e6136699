"""Identifies the product that made a report: its version, and a digest of the code that judges."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

import sandbox
from grader.model import HarnessRef

JUDGING_NOTHING = {
    "__init__.py",
    "_challenges",
    "api.py",
    "authoring",
    "batch",
    "cli",
    "interview",
    "portfolio",
    "reference",
    "report",
    "store",
    "verify",
    "watch",
}
"""Parts of `grader` that no mark depends on: they choose what is graded, and show or store the results."""


@functools.cache
def harness() -> HarnessRef:
    """Return the installed version and the digest of all Python files in `grader` and `sandbox` that a mark depends
    on.
    """
    grader = Path(__file__).parent
    judging = [path for path in grader.rglob("*.py") if path.relative_to(grader).parts[0] not in JUDGING_NOTHING]
    digest = digest_of([*judging, *Path(sandbox.__file__).parent.rglob("*.py")])
    try:
        version = importlib.metadata.version("senior-python-grader")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return HarnessRef(version=version, digest=f"sha256:{digest}")


def digest_of(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the names and contents of files somewhere below one folder, in name order."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
