"""Regular files that a child leaves to the next one: opened with suspicion, copied, and never interpreted.

Their content is the submission's. Nobody writes to the files while they are copied: every process but the worker is
dead, or, in a new child, nothing of the submission runs yet.
"""

from __future__ import annotations

import errno
import os
import stat

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Sequence

CHUNK = 1 << 16
MISSING = "there is no such file"
WORDS = {
    errno.ENOENT: MISSING,
    errno.ELOOP: "it is a symbolic link",
    errno.EACCES: "it cannot be read",
    errno.ENXIO: "it is not a regular file",
    errno.ENOSPC: "there is no room for it",
}


class Refused(Exception):
    """The file is not kept."""


def open_files(folder: int, names: Sequence[str], most: int) -> tuple[dict[str, int], dict[str, str]]:
    """Open the named files, up to `most` bytes in total; return descriptors by name, and why other files are left."""
    opened: dict[str, int] = {}
    lacking: dict[str, str] = {}
    for name in names:
        try:
            descriptor, size = _opened(folder, name, most)
        except Refused as refusal:
            lacking[name] = str(refusal)
        else:
            opened[name] = descriptor
            most -= size
    return opened, lacking


def _opened(folder: int, name: str, most: int) -> tuple[int, int]:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise Refused(_words(error)) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        problem = "it is not a regular file"
    elif status.st_nlink != 1:
        problem = "it has more than one hard link"
    elif status.st_size > most:
        problem = f"it has {status.st_size} bytes; there is room for {most}"
    else:
        return descriptor, status.st_size
    os.close(descriptor)
    raise Refused(problem)


def write_files(folder: str, opened: dict[str, int], owner: int | None = None) -> dict[str, str]:
    """Copy the opened files to new ones and close them; return why any are missing.

    The new files belong to `owner`. A root worker becomes that user meanwhile, because it may not give files away.
    """
    lacking: dict[str, str] = {}
    if owner is not None:
        os.setegid(owner)
        os.seteuid(owner)
    for name, source in opened.items():
        try:
            _copied(source, f"{folder}/{name}")
        except OSError as error:
            lacking[name] = _words(error)
        finally:
            os.close(source)
    if owner is not None:
        os.seteuid(0)
        os.setegid(0)
    return lacking


def _copied(source: int, path: str) -> None:
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while data := os.read(source, CHUNK):
            while data:
                data = data[os.write(target, data) :]
    finally:
        os.close(target)


def _words(error: OSError) -> str:
    return WORDS.get(error.errno or 0, f"it cannot be copied: {os.strerror(error.errno or 0)}")
