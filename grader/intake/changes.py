"""What a change to a repository touches: two revisions, the challenges that each answers, and those that differ.

The configuration is that of the base as it is now. Whoever makes a change also chooses where it branched off, so the
merge base only says what an answer looked like before: a change cannot choose what it is graded for, or that it is not.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from grader.challenges.catalogue import Catalogue
from grader.intake.caps import CAPS
from grader.intake.config import FILE_NAME, Found
from grader.intake.discovery import discover
from grader.intake.refusal import IntakeError, Refused, Rejected
from grader.intake.snapshot import snapshot
from grader.intake.sources.git import GitTree
from grader.intake.sources.git_command import end, git_of
from grader.intake.tree import Entry, EntryKind, Tree, below, kind_of
from grader.model import Submission

Taken = Submission | Rejected


class Changed(NamedTuple):
    """A challenge whose answer differs between two revisions; None where a revision has no answer."""

    challenge_name: str
    before: Taken | None
    after: Taken


class Unconfigured:
    """A tree without its grader.toml."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.origin = tree.origin
        self.name = tree.name
        self.fingerprint = tree.fingerprint

    def entries(self, folder: str, *, at_most: int) -> list[Entry]:
        """The tree's names, but for the configuration."""
        found = self._tree.entries(folder, at_most=at_most)
        return found if folder else [entry for entry in found if entry.name != FILE_NAME]

    def read(self, path: str, *, limit: int) -> bytes:
        """The tree's files."""
        return self._tree.read(path, limit=limit)


def changed(repository: Path, base: str, head: str, catalogue: Catalogue, *, only: str | None) -> tuple[Changed, ...]:
    """The challenges whose answers `head` changes against its merge base with `base`. Raises IntakeError."""
    start = merge_base(repository, base, head)
    with GitTree(repository, base) as now, GitTree(repository, start) as before, GitTree(repository, head) as after:
        places = _places(now, after, catalogue, only)
        pairs = [Changed(one.challenge_name, _taken(before, one), _present(after, one)) for one in places]
    return tuple(pair for pair in pairs if _differs(pair))


def _places(base: Tree, after: Tree, catalogue: Catalogue, only: str | None) -> tuple[Found, ...]:
    """Where the base's configuration says; without one, wherever base or change has a challenge."""
    try:
        if kind_of(base, FILE_NAME) is not None:
            return discover(base, catalogue, only=only)
    except Refused as refused:
        raise IntakeError(f"{base.origin}: the base {refused.what} {refused.flaw.remedy}") from None
    found: dict[str, Found] = {}
    for tree in (base, Unconfigured(after)):
        try:
            found |= {one.challenge_name: one for one in discover(tree, catalogue, only=only)}
        except IntakeError:
            if tree is not base and not found:
                raise
    return tuple(sorted(found.values()))


def merge_base(repository: Path, one: str, other: str) -> str:
    """The commit at which two revisions parted. Raises IntakeError."""
    for revision in (one, other):
        if revision.startswith("-") or not revision.isprintable() or not revision:
            raise IntakeError(f"{repository}@{revision}: that is not the name of a revision. Name a branch or commit.")
    process = git_of(repository).start("merge-base", one, other)
    try:
        answer, _ = process.communicate(timeout=CAPS.git_seconds)
    except subprocess.TimeoutExpired:
        raise IntakeError(f"{repository}: git took too long to find where {other} left {one}.") from None
    finally:
        end(process)
    if process.returncode != 0:
        raise IntakeError(
            f"{repository}: no common history of {one} and {other} is here. Name revisions that exist, "
            "and fetch enough of them (`fetch-depth: 0` in a GitHub checkout)."
        )
    return answer.decode("ascii").strip()


def _taken(tree: Tree, found: Found) -> Taken | None:
    try:
        if found.path and kind_of(tree, found.path) is not EntryKind.FOLDER:
            return None
    except Refused:
        return None
    return snapshot(below(tree, found.path))


def _present(tree: Tree, found: Found) -> Taken:
    """A folder that the base's configuration names and the change deleted is an empty answer, not a missing one."""
    return _taken(tree, found) or Submission(origin=f"{tree.origin}/{found.path}", files=(), digest="")


def _differs(pair: Changed) -> bool:
    if isinstance(pair.before, Submission) and isinstance(pair.after, Submission):
        return pair.before.digest != pair.after.digest
    return True  # a rejected one is always worth a word
