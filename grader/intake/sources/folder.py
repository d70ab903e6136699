"""A folder on disk as a tree that a swap during the walk cannot fool.

Every name is opened relative to the descriptor of the folder above it and never through a link; what was opened is
checked again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from grader.intake.refusal import IntakeError, Refusal, Refused, shown
from grader.intake.tree import EntryKind, OpenTree, TreeEntry

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class FolderTree(OpenTree):
    """A folder. Its own path may lead through links, since the user named it; nothing below it may."""

    fingerprint = ""

    def __init__(self, path: Path) -> None:
        self.origin = shown(str(path), most=4096)
        self.name = path.resolve().name
        try:
            self._root = os.open(path, _FOLDER)
        except OSError as error:
            raise IntakeError(_unusable(self.origin, error)) from None

    def close(self) -> None:
        """Close the folder."""
        os.close(self._root)

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names in a folder, in no particular order."""
        with self._opened(folder) as descriptor, self._named(folder), os.scandir(descriptor) as found:
            return [TreeEntry(entry.name, _kind(entry)) for entry in islice(found, at_most)]

    def read(self, path: str, *, limit: int) -> bytes:
        folder, _, name = path.rpartition("/")
        with self._opened(folder) as above, self._named(path):
            descriptor = os.open(name, _FILE, dir_fd=above)
            try:
                return _read(descriptor, limit)
            finally:
                os.close(descriptor)

    @contextmanager
    def _opened(self, folder: str) -> Iterator[int]:
        with self._named(folder):
            descriptor = self._descend(folder)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _descend(self, folder: str) -> int:
        # "." and not dup(): two descriptors of one open folder would share their place in it.
        descriptor = os.open(".", _FOLDER, dir_fd=self._root)
        for part in folder.split("/") if folder else ():
            above = descriptor
            try:
                descriptor = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
            finally:
                os.close(above)
        return descriptor

    @contextmanager
    def _named(self, path: str) -> Iterator[None]:
        """Raise Refused if a call fails because a listed name is now gone or a link, and IntakeError for any other
        failure.
        """
        try:
            yield
        except OSError as error:
            match error.errno:
                case errno.ELOOP:
                    raise Refused(Refusal.SYMLINK, "is a link.") from None
                case errno.ENOENT | errno.ENOTDIR | errno.ENXIO:
                    raise Refused(Refusal.CHANGED, "changed while it was being read.") from None
                case _:
                    raise IntakeError(_unusable(f"{self.origin}/{shown(path)}", error)) from None


def _kind(entry: os.DirEntry[str]) -> EntryKind:
    if entry.is_symlink():
        return EntryKind.LINK
    if entry.is_dir(follow_symlinks=False):
        return EntryKind.FOLDER
    return EntryKind.FILE if entry.is_file(follow_symlinks=False) else EntryKind.SPECIAL


def _read(descriptor: int, limit: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise Refused(Refusal.SPECIAL_FILE, "is not a regular file.")
    content = bytearray()
    while len(content) <= limit and (chunk := os.read(descriptor, limit + 1 - len(content))):
        content += chunk
    if len(content) > limit:
        raise Refused(Refusal.TOO_LARGE, f"has more than {limit} bytes.")
    return bytes(content)


def _unusable(where: str, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return f"{where}: there is no such file or folder. Check the path."
        case errno.EACCES | errno.EPERM:
            return f"{where}: the grader may not read it. Give the user who runs the grader permission to read it."
        case errno.ENOTDIR:
            return f"{where}: it is not a folder. Use the folder that contains the submission."
        case _:
            return f"{where}: it cannot be read ({os.strerror(error.errno or 0)}). Copy it elsewhere and use the copy."
