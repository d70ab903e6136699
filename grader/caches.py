"""The folder for anything that this product can make again."""

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
    """Return a folder where everybody may create one: our own, or else a new one that nobody can have prepared."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    return folder
