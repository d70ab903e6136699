"""The primed mypy cache: made once for each combination of mypy, Python and runtime packages, and copied for every
check.

It is made inside a sandbox, from a file of imports that we wrote, so that its paths are those that a check sees.
Without the cache, everything works, but more slowly.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from grader.caches import cache_home
from grader.evidence.analysers.sandbox import OUR_CODE, PROVIDED, AnalyserSandbox
from grader.model import Struct
from sandbox.outcome import SandboxUnusable
from sandbox.policy import ANALYSE, MIB, Mount
from sandbox.session import Backend

INSIDE = PurePosixPath("/cache")
NAME = re.compile(r"[A-Za-z0-9_-][\w.-]*(/[A-Za-z0-9_-][\w.-]*)*")
LARGEST = 64 * MIB
PATIENT = replace(
    ANALYSE,
    name="prime",
    deadlines=replace(ANALYSE.deadlines, first_call=60.0, call=60.0, child=60.0),
    limits=replace(ANALYSE.limits, cpu_seconds=60),
    caps=replace(ANALYSE.caps, answer=32 * MIB),
)


class Primed(Struct, frozen=True):
    """The files of a cache, compressed."""

    files: dict[str, bytes]


def primed(backend: Backend, packages: Sequence[str]) -> Mount | None:
    """Return the cache as a mount at INSIDE, making it now if need be; None if it can be neither found nor made."""
    folder = cache_home() / f"mypy-{_key(packages)}"
    if not folder.is_dir():
        with suppress(OSError, SandboxUnusable, zlib.error):
            _make(folder, backend, packages)
    return Mount(folder, INSIDE) if folder.is_dir() else None


def _key(packages: Sequence[str]) -> str:
    named = [f"{name}=={version(name.partition('[')[0])}" for name in sorted(packages)]
    words = [version("mypy"), sys.version, *named]
    texts = [(OUR_CODE / "types" / name).read_bytes() for name in ("build.py", "typecheck.py", "priming.py")]
    return hashlib.sha256(b"\0".join([*(word.encode() for word in words), *texts])).hexdigest()[:16]


def _make(folder: Path, backend: Backend, packages: Sequence[str]) -> None:
    with AnalyserSandbox(backend, tools=("mypy",), packages=packages, policy=PATIENT) as sandbox:
        settings = {"packages": str(PROVIDED) if sandbox.provided else None}
        primed, _ = sandbox.ask("prime", {}, {**settings, "provided": list(sandbox.provided)}, Primed)
    if not isinstance(primed, Primed):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="priming-", dir=folder.parent))
    try:
        for name, content in primed.files.items():
            if NAME.fullmatch(name):
                target = building / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(zlib.decompressobj().decompress(content, LARGEST))
        building.chmod(0o755)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
