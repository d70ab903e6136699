"""The folder in which a grading lays out a submission. Whatever a killed grader left behind is removed by the next
grading.

<temporary folder>/grader-XXXXXXXX.workspace/    lock    held as long as the grading lives; the kernel releases it
                                                 work/   the files that the grading writes
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX, SUFFIX = "grader-", ".workspace"
LOCK = "lock"


@contextmanager
def workspace() -> Iterator[Path]:
    """Yield an empty folder that is removed afterwards or, after a SIGKILL, by the next grading."""
    remove_stale()
    try:
        made, held = _make()
    except BaseException:
        remove_stale()  # an interrupt between making a folder and knowing its name leaves what a killed grader leaves
        raise
    with made as name:
        folder = Path(name)
        folder.chmod(0o700)
        try:
            work = folder / "work"
            work.mkdir(mode=0o755)
            yield work
        finally:
            os.close(held)


def remove_stale() -> None:
    """Remove the folders of gradings that are no longer running. Losing a race to another process does no harm."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):
            _remove_if_free(folder)


def _remove_if_free(folder: Path) -> None:
    if folder.lstat().st_uid != os.geteuid():
        return
    try:
        found = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        folder.rmdir()  # its grader was killed before it had a lock, or will see that it has to make another one
        return
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(found)


def _make() -> tuple[tempfile.TemporaryDirectory[str], int]:
    """Create a folder and its lock; try again if another grader took the folder for an abandoned one and removed it
    first.
    """
    while True:
        made = tempfile.TemporaryDirectory(prefix=PREFIX, suffix=SUFFIX, ignore_cleanup_errors=True)
        held = _lock(Path(made.name) / LOCK)
        if held is not None:
            return made, held
        made.cleanup()


def _lock(file: Path) -> int | None:
    """Create a lock file and hold its lock; return None if somebody removed the file in the meantime."""
    try:
        made = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(made, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(made), file.lstat()):
            return made
    except FileNotFoundError:
        pass
    except BaseException:
        os.close(made)
        raise
    os.close(made)
    return None
