"""Takes what a candidate hands in as a Submission: inert text in memory. Nothing is executed, extracted or checked out.

    open_tree(path) -> Tree -> discover(tree, catalogue) -> AnswerFolder...
                            -> take_tree(tree, found.path) -> Submission | Rejected

A bad submission becomes a `Rejected` with every reason. An `IntakeError` is the caller's or the machine's fault, and
nothing is graded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.intake.caps import CAPS, Caps
from grader.intake.discovery import AnswerFolder, discover
from grader.intake.refusal import IntakeError, Refused, Rejected
from grader.intake.snapshot import digest, rejected, snapshot
from grader.intake.sources.archive import ArchiveTree
from grader.intake.sources.folder import FolderTree
from grader.intake.sources.git import GitTree
from grader.intake.tree import EntryKind, Tree, below, kind_of
from grader.model import Submission

__all__ = [
    "CAPS",
    "AnswerFolder",
    "Caps",
    "GitTree",
    "IntakeError",
    "Rejected",
    "Tree",
    "digest",
    "discover",
    "open_tree",
    "take",
    "take_archive",
    "take_folder",
    "take_git",
    "take_tree",
]


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """Yield a folder or an archive as a tree, whichever `path` is. Raises IntakeError."""
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises on names that are too long
        with ArchiveTree(path) as tree:
            yield tree
    else:
        with FolderTree(path) as tree:
            yield tree


def take(path: Path) -> Submission | Rejected:
    """Take a folder or an archive, whichever `path` is. Raises IntakeError."""
    with open_tree(path) as tree:
        return snapshot(tree)


def take_folder(path: Path) -> Submission | Rejected:
    """Take a folder. Raises IntakeError."""
    with FolderTree(path) as tree:
        return snapshot(tree)


def take_archive(path: Path) -> Submission | Rejected:
    """Take a .zip, .tar, .tar.gz, .tgz, .tar.bz2 or .tar.xz. Raises IntakeError."""
    with ArchiveTree(path) as tree:
        return snapshot(tree)


def take_git(repository: Path, revision: str, subfolder: str = "") -> Submission | Rejected:
    """Take a revision of a git repository, or one folder of it, without checking it out. Raises IntakeError."""
    with GitTree(repository, revision) as tree:
        return take_tree(tree, subfolder.strip("/"))


def take_tree(tree: Tree, folder: str = "") -> Submission | Rejected:
    """Take one folder of an open tree, such as a challenge found in a repository. Raises IntakeError."""
    try:
        found = not folder or kind_of(tree, folder) is EntryKind.FOLDER
    except Refused as refused:
        return rejected(tree, [refused.found()])
    if not found:
        raise IntakeError(
            f"{tree.origin}: it contains no folder {folder!r}. "
            "Choose a folder that is reached without following a link."
        )
    return snapshot(below(tree, folder))
