"""Where this product keeps what it can make again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

NAME = "senior-python-grader"


def cache_home() -> Path:
    """The product's folder in the user's cache directory; it need not exist."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/"):
        return Path(given) / NAME
    try:
        return Path.home() / ".cache" / NAME
    except RuntimeError:  # a user without a home, as containers have them
        return Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid()}"
