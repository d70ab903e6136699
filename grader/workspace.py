"""The folder that a grading lays a submission out in. What a killed grader left is removed by the next.

<temporary folder>/grader-XXXXXXXX/     lock    held for as long as the grading lives; the kernel lets go of it
                                        work/   what the grading writes
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "grader-"
LOCK = "lock"


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder that is gone afterwards, and after a SIGKILL with the next grading."""
    remove_stale()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # a sandbox that runs as another user passes through
        held = _lock(folder)
        try:
            work = folder / "work"
            work.mkdir(mode=0o755)
            yield work
        finally:
            os.close(held)


def remove_stale() -> None:
    """Remove the folders of gradings that live no longer. Whoever is slower loses nothing."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):
            _remove_if_free(lock)


def _remove_if_free(lock: Path) -> None:
    if lock.lstat().st_uid != os.geteuid() or lock.parent.lstat().st_uid != os.geteuid():
        return
    found = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    finally:
        os.close(found)


def _lock(folder: Path) -> int:
    """Hold the lock before it can be seen under its name."""
    made = os.open(folder / "locking", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(made, fcntl.LOCK_EX)
        (folder / "locking").rename(folder / LOCK)
    except BaseException:
        os.close(made)
        raise
    return made
