"""From what a candidate hands in to a Submission: inert text in memory. Nothing is executed, extracted or checked out.

    open_tree(path) -> Tree -> discover(tree, catalogue) -> Found...
                            -> take_tree(tree, found.path) -> Submission | Rejected

A bad submission is a `Rejected` with every reason. `IntakeError` is the caller's or the machine's: nothing is graded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.intake.caps import CAPS, Caps
from grader.intake.folder import FolderTree
from grader.intake.refusal import IntakeError, Rejected
from grader.intake.repository import Found, discover
from grader.intake.snapshot import digest, snapshot
from grader.intake.tree import Tree, below
from grader.model import Submission

__all__ = [
    "CAPS",
    "Caps",
    "Found",
    "IntakeError",
    "Rejected",
    "Tree",
    "digest",
    "discover",
    "open_tree",
    "take",
    "take_folder",
    "take_tree",
]


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """A folder or an archive as a tree, whichever `path` is. Raises IntakeError."""
    with FolderTree(path) as tree:
        yield tree


def take(path: Path) -> Submission | Rejected:
    """Take a folder or an archive, whichever `path` is. Raises IntakeError."""
    return take_folder(path)


def take_folder(path: Path) -> Submission | Rejected:
    """Take a folder. Raises IntakeError."""
    with FolderTree(path) as tree:
        return snapshot(tree)


def take_tree(tree: Tree, folder: str = "") -> Submission | Rejected:
    """Take one folder of an open tree, such as a challenge found in a repository. Raises IntakeError."""
    return snapshot(below(tree, folder))
