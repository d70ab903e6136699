"""The only way in which this product writes files: as a whole or not at all, flushed to disk, with the mode that users
expect.

An existing file keeps its mode, and a link stays a link to the file that is written. A new file gets the mode that the
umask leaves. Anything that is not a regular file (a pipe, /dev/stdout) is written to directly.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

STAGED = ".part"
"""The ending of the names of files that are being written. A file that keeps this ending was left by a killed
process."""
NEW = 0o666
"""The mode of a new file, before the umask."""
SECRET = 0o600


def write(path: Path, content: str | bytes, *, mode: int = NEW, durable: bool = True) -> None:
    """Write a temporary file beside `path`, flush it to disk and rename it, so that readers see the old file or the new
    one. Raises OSError.

    A file that is not `durable` may be lost in a power cut, which is acceptable for a cache.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    path = path.resolve() if path.is_symlink() else path
    known = _mode(path)
    if known is not None and not stat.S_ISREG(known):
        path.write_bytes(data)
        return
    staged = path.with_name(f".{secrets.token_hex(8)}{STAGED}")
    try:
        descriptor = os.open(staged, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            if known is not None:
                os.fchmod(descriptor, stat.S_IMODE(known) if mode == NEW else mode)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(descriptor)
        staged.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            staged.unlink()
        raise
    if durable:
        _settle(path.parent)


def write_once(path: Path, content: bytes) -> bool:
    """Write a file that does not exist yet, and return True; if it exists, return False and write nothing. Raises
    OSError.
    """
    staged = path.with_name(f".{secrets.token_hex(8)}{STAGED}")
    write(staged, content)
    try:
        os.link(staged, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        staged.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            staged.unlink()
    _settle(path.parent)
    return True


def write_first_free(folder: Path, names: Iterable[str], content: bytes) -> Path:
    """Write a new file under the first of these names that is free, of which there must be one. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return next(folder / name for name in names if write_once(folder / name, content))


def remove_staged(folder: Path) -> None:
    """Remove the half-written files that killed processes left in or below a folder. Nobody else may be writing
    there.
    """
    for path in folder.rglob(f".*{STAGED}"):
        with contextlib.suppress(OSError):
            path.unlink()


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _settle(folder: Path) -> None:
    """Flush a folder's entries to disk, too, if the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
