"""A source of submissions as a tree that can be listed and read, whatever holds it.

    FolderTree   a folder on disk
    ArchiveTree  a zip or tar, never extracted
    GitTree      a revision, never checked out

A source offers only `entries` and `read`; every rule about its content is elsewhere, once for all sources. Both methods
raise Refused if the submission is to blame, and IntakeError if the caller or the machine is.
"""

from __future__ import annotations

from enum import Enum
from types import TracebackType
from typing import Protocol, Self

from grader.intake.caps import SKIPPED_FOLDERS
from grader.intake.refusal import shown
from grader.model import Struct

_MANY = 100_000
"""The maximum number of entries of one folder that are searched for a name."""


class EntryKind(Enum):
    """The kinds of thing that a name in a folder can refer to."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SUBMODULE = "submodule"
    SPECIAL = "special"


class TreeEntry(Struct, frozen=True, order=True):
    """One name in a folder, exactly as the source gives it, so it may be hostile."""

    name: str
    kind: EntryKind


class Tree(Protocol):
    """The interface of every source. Paths are relative to its root, with `/` between the parts; the root itself is the
    empty path.
    """

    @property
    def origin(self) -> str:
        """The name that the user gave, to show to people."""

    @property
    def name(self) -> str:
        """The last part of what the user named, without an archive's suffix."""

    @property
    def fingerprint(self) -> str:
        """An identifier of the whole source, if it is known without reading everything; else the empty string."""

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names in a folder, at most `at_most` of them."""

    def read(self, path: str, *, limit: int) -> bytes:
        """Return the whole content of a regular file of at most `limit` bytes."""


class OpenTree:
    """A tree that holds something open until its `with` block ends."""

    def close(self) -> None:
        """Release what is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Below:
    """A folder of a tree, as a tree of its own."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._folder = folder

    @property
    def origin(self) -> str:
        """The outer tree's origin and the folder."""
        return joined(self._tree.origin, shown(self._folder))

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self._folder.rpartition("/")[2]

    @property
    def fingerprint(self) -> str:
        """The outer tree's fingerprint, which may change although this folder does not."""
        return self._tree.fingerprint

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names as the outer tree gives them."""
        return self._tree.entries(joined(self._folder, folder), at_most=at_most)

    def read(self, path: str, *, limit: int) -> bytes:
        """Return the content as the outer tree gives it."""
        return self._tree.read(joined(self._folder, path), limit=limit)


def below(tree: Tree, folder: str) -> Tree:
    """Return `folder` of `tree` as a tree; the tree itself for the empty path."""
    return Below(tree, folder) if folder else tree


def joined(folder: str, name: str) -> str:
    """Return `folder/name`, where either may be the root."""
    return f"{folder}/{name}" if folder and name else folder or name


def kind_of(tree: Tree, path: str) -> EntryKind | None:
    """Return the kind of `path` in a tree, reached without following a link; None if it is not there."""
    folder, _, name = path.rpartition("/")
    if folder and kind_of(tree, folder) is not EntryKind.FOLDER:
        return None
    kinds = (entry.kind for entry in tree.entries(folder, at_most=_MANY) if entry.name == name)
    return next(kinds, None)


def is_skipped(entry: TreeEntry) -> bool:
    """Return whether an entry, judged by its name alone, belongs to a tool and is never handed in on purpose."""
    return entry.name in SKIPPED_FOLDERS or entry.name.endswith(".egg-info")


def wrapper(tree: Tree) -> str:
    """Return the one folder at the root that holds everything else, as in many archives; else the empty path.

    A Python package is not a wrapper: its name is part of the answer.
    """
    entries = tree.entries("", at_most=100)
    seen = [entry for entry in entries if not is_skipped(entry) and not _is_litter(entry.name)]
    if len(seen) != 1 or seen[0].kind is not EntryKind.FOLDER or seen[0].name in {"", ".", ".."}:
        return ""
    inside = tree.entries(seen[0].name, at_most=1000)
    return "" if any(entry.name == "__init__.py" for entry in inside) else seen[0].name


def _is_litter(name: str) -> bool:
    """Return whether a name is something that file managers leave behind."""
    return name.startswith((".", "._")) or name in {"desktop.ini", "Thumbs.db"}
