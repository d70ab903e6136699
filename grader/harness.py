"""Which product made a report: its version, and a digest over the code that judges."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from pathlib import Path

import sandbox
from grader.model import HarnessRef


@functools.cache
def harness() -> HarnessRef:
    """The installed version and the digest over every Python file of `grader` and `sandbox`."""
    digest = hashlib.sha256()
    for package in (Path(__file__).parent, Path(sandbox.__file__).parent):
        for path in sorted(package.rglob("*.py")):
            if "_challenges" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(package.parent).as_posix()}\0{len(content)}\0".encode())
                digest.update(content)
    try:
        version = importlib.metadata.version("senior-python-grader")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return HarnessRef(version=version, digest=f"sha256:{digest.hexdigest()}")
