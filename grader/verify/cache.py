"""Results of checks and of suite runs, cached by content, so that nothing unchanged is verified twice."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import TypeVar

import msgspec

from grader.caches import cache_home
from grader.harness import digest_of, harness
from grader.model import Struct
from grader.store import files

JUDGES = ("bandit", "hypothesis", "libcst", "mypy", "pytest", "radon")
"""Distributions whose versions are part of a result's key."""

FORMAT = 2
"""The version of the stored format. 1: only checks. 2: also runs of a suite."""

Stored = TypeVar("Stored", bound=Struct)


class Cache:
    """A folder with one file per result. With `refresh`, existing results are not used but replaced."""

    def __init__(self, folder: Path, *, refresh: bool = False) -> None:
        self._folder, self._refresh = folder, refresh
        checks = digest_of(Path(__file__).parent.rglob("*.py"))
        self._world = (FORMAT, harness().digest, checks, platform.python_version(), *map(_version, JUDGES))

    def get(self, key: tuple[object, ...], kind: type[Stored]) -> Stored | None:
        """Return the stored result, or None. An unreadable file counts as missing."""
        if self._refresh:
            return None
        try:
            return msgspec.json.decode(self._path(key).read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, key: tuple[object, ...], result: Struct) -> None:
        """Store a result as a whole or not at all. An unwritable cache is not an error."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            files.write(self._path(key), msgspec.json.encode(result), durable=False)
        except OSError:
            return

    def _path(self, key: tuple[object, ...]) -> Path:
        return self._folder / f"{hashlib.sha256(repr((self._world, key)).encode()).hexdigest()}.json"


def default_folder() -> Path:
    """Return the default folder, in the user's cache directory."""
    return cache_home() / "verify"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
