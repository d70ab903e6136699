"""An archive as a tree. Nothing is extracted to disk: a name is only a name, and contents stay in memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from grader.intake.caps import CAPS, Caps
from grader.intake.refusal import IntakeError, Refusal, Refused, shown
from grader.intake.sources.member import Member, MemberTree
from grader.intake.sources.tarred import bunzipped, gunzipped, plain, tar_members, unxzed
from grader.intake.sources.zipped import zip_members
from grader.intake.tree import OpenTree, Tree, TreeEntry, below, wrapper

_OPENERS: dict[str, Callable[[bytes, Caps], Iterator[Member]]] = {
    ".zip": zip_members,
    ".tar": lambda content, caps: tar_members(content, plain, caps),
    ".tar.gz": lambda content, caps: tar_members(content, gunzipped, caps),
    ".tgz": lambda content, caps: tar_members(content, gunzipped, caps),
    ".tar.bz2": lambda content, caps: tar_members(content, bunzipped, caps),
    ".tar.xz": lambda content, caps: tar_members(content, unxzed, caps),
}


class ArchiveTree(OpenTree):
    """An archive without the one folder that may wrap everything. It is unpacked on first use."""

    def __init__(self, path: Path, *, caps: Caps = CAPS) -> None:
        self.origin = shown(str(path), most=4096)
        suffix = suffix_of(path)
        self.name = path.name[: -len(suffix)]
        self._caps = caps
        self._open = _OPENERS[suffix]
        self._content = _content(path, caps.archive_bytes + 1)

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the archive file itself: an archive that cannot be unpacked has no other identifier."""
        return hashlib.sha256(self._content).hexdigest()

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names in a folder, in the archive's order; a name that is listed twice is returned twice."""
        return self._tree.entries(folder, at_most=at_most)

    def read(self, path: str, *, limit: int) -> bytes:
        return self._tree.read(path, limit=limit)

    @property
    def _tree(self) -> Tree:
        if isinstance(self._unpacked, Refused):
            raise Refused(self._unpacked.refusal, self._unpacked.what)
        return self._unpacked

    @cached_property
    def _unpacked(self) -> Tree | Refused:
        """The tree, or why there is none: even an archive that is refused only after much work is unpacked only
        once.
        """
        if len(self._content) > self._caps.archive_bytes:
            return Refused(Refusal.BOMB, f"is an archive of more than {self._caps.archive_bytes} bytes.")
        try:
            members = MemberTree(self.origin, self.name, self._open(self._content, self._caps), self._caps)
            return below(members, wrapper(members))
        except Refused as refused:
            return refused


def is_archive(path: Path) -> bool:
    """Return whether a path has the suffix of an archive that can be read."""
    return path.name.lower().endswith(tuple(_OPENERS))


def suffix_of(path: Path) -> str:
    """Return the archive's suffix. Raises IntakeError for an unknown one."""
    for suffix in _OPENERS:
        if path.name.lower().endswith(suffix):
            return suffix
    raise IntakeError(
        f"{path}: it is neither a folder nor an archive. "
        f"Use a folder or a file of one of these types: {', '.join(_OPENERS)}."
    )


def _content(path: Path, at_most: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return _read(path, descriptor, at_most)
        finally:
            os.close(descriptor)
    except OSError as error:
        remedy = "Check the path and your permission to read it."
        raise IntakeError(f"{path}: it cannot be read ({error.strerror}). {remedy}") from None


def _read(path: Path, descriptor: int, at_most: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise IntakeError(f"{path}: it is not a regular file. Use an archive that has been saved to disk.")
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(at_most)
