"""The clock by which timed sessions go, and paths as a shell takes them."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path


def now() -> dt.datetime:
    """Return the time, in UTC."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))
