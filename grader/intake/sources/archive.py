"""An archive as a tree. Nothing is extracted to disk: a name is only a name, and contents stay in memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from grader.intake.caps import CAPS, SKIPPED_FOLDERS, Caps
from grader.intake.refusal import IntakeError, Refusal, Refused, shown
from grader.intake.sources.member import Member
from grader.intake.sources.tarred import bunzipped, gunzipped, plain, tar_members, unxzed
from grader.intake.sources.zipped import zip_members
from grader.intake.tree import EntryKind, OpenTree, Tree, TreeEntry, below, joined, wrapper

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
            members = _Members(self.origin, self.name, self._open(self._content, self._caps), self._caps)
            return below(members, wrapper(members))
        except Refused as refused:
            return refused


class _Members:
    """An archive exactly as it is packed. A name that leads out of it appears at the root, so that it is refused
    there.
    """

    fingerprint = ""

    def __init__(self, origin: str, name: str, members: Iterable[Member], caps: Caps) -> None:
        self.origin = origin
        self.name = name
        self._entries: dict[str, list[TreeEntry]] = {"": []}
        self._members: dict[str, Member] = {}
        self._caps = caps
        declared = names = 0
        for member in members:
            names += len(member.name)
            _refuse_long_name(member.name, names, caps)
            parts = [part for part in member.name.removesuffix("/").split("/") if part != "."]
            if not SKIPPED_FOLDERS.intersection(parts):
                self._add(parts, member)
                declared += member.declared
        if declared > caps.unpacked_bytes:
            raise Refused(
                Refusal.BOMB,
                f"declares an unpacked size of {declared} bytes; at most {caps.unpacked_bytes} are allowed.",
            )

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        return self._entries.get(folder, [])[:at_most]

    def read(self, path: str, *, limit: int) -> bytes:
        member = self._members[path]
        content = member.read(limit) if member.declared <= limit else b""
        if max(len(content), member.declared) > limit:
            raise Refused(Refusal.TOO_LARGE, f"has more than {limit} bytes.")
        if len(content) != member.declared:
            raise Refused(Refusal.ARCHIVE, "is shorter than the archive says.")
        return content

    def _add(self, parts: list[str], member: Member) -> None:
        if not parts:
            return
        if {"", ".."}.intersection(parts):
            self._entries[""].append(TreeEntry(member.name, member.kind))
            return
        for end in range(1, len(parts)):
            self._add_folder("/".join(parts[: end - 1]), parts[end - 1])
        above, name = "/".join(parts[:-1]), parts[-1]
        if member.kind is EntryKind.FOLDER:
            self._add_folder(above, name)
        else:
            self._entries[above].append(TreeEntry(name, member.kind))
            self._members.setdefault(joined(above, name), member)

    def _add_folder(self, above: str, name: str) -> None:
        path = joined(above, name)
        if path not in self._entries:
            if len(self._entries) > self._caps.folders:
                raise Refused(Refusal.BOMB, f"has more than {self._caps.folders} folders.")
            self._entries[path] = []
            self._entries[above].append(TreeEntry(name, EntryKind.FOLDER))


def _refuse_long_name(name: str, names: int, caps: Caps) -> None:
    """Refuse a path before it is processed, since every folder above it would be stored with a path of its own."""
    if len(name) > caps.member_bytes or name.count("/") >= caps.member_parts:
        what = f"a member's path has more than {caps.member_bytes} characters or {caps.member_parts} parts"
        raise Refused(Refusal.BOMB, f"is not an ordinary archive: {what} ({shown(name, most=60)}).")
    if names > caps.names_bytes:
        raise Refused(Refusal.BOMB, f"has members whose paths add up to more than {caps.names_bytes} characters.")


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
