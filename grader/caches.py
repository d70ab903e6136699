"""The folder for everything that this product can recreate."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

NAME = "senior-python-grader"


def cache_home() -> Path:
    """Return the product's folder in the user's cache directory; it need not exist."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/"):
        return Path(given) / NAME
    try:
        return Path.home() / ".cache" / NAME
    except RuntimeError:  # a user without a home, as containers have them
        return _shared_place(Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid()}")


def _shared_place(folder: Path) -> Path:
    """Create and return `folder`; if somebody else may have prepared it, return a new folder instead."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    return folder
