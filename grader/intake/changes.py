"""The challenges whose answers a change to a repository touches, found by comparing two revisions.

The configuration is the base's current one. Whoever makes a change also chooses where it branched off, so the merge
base only shows what an answer looked like before: a change can choose neither what it is graded for nor to go ungraded.
An answer in the base is graded where the base has it; if the change has one elsewhere, that one is graded as well.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.challenges.catalogue import Catalogue
from grader.intake.caps import CAPS
from grader.intake.config import FILE_NAME, AnswerFolder
from grader.intake.discovery import nothing_found, remarks, search
from grader.intake.refusal import IntakeError, Refused, Rejected, Remark, shown
from grader.intake.snapshot import digest, snapshot
from grader.intake.sources.git import GitTree
from grader.intake.sources.git_command import enclosing, end, git_of
from grader.intake.tree import EntryKind, Tree, TreeEntry, below, joined, kind_of
from grader.model import Finding, Submission

Taken = Submission | Rejected


class Changed(NamedTuple):
    """A challenge whose answer differs between two revisions, with None where a revision has no answer."""

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

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names in a folder, except that of the tree's configuration."""
        found = self._tree.entries(folder, at_most=at_most)
        return found if folder else [entry for entry in found if entry.name != FILE_NAME]

    def read(self, path: str, *, limit: int) -> bytes:
        return self._tree.read(path, limit=limit)


class _Answer(NamedTuple):
    """The place of an answer, and the notices about that place."""

    found: AnswerFolder
    notices: tuple[Finding, ...] = ()


def changed(path: Path, base: str, head: str, catalogue: Catalogue, *, only: str | None) -> tuple[Changed, ...]:
    """Return the challenges whose answers `head` changes since its merge base with `base`. Raises IntakeError."""
    repository, inner = enclosing(path)
    start = merge_base(repository, base, head)
    with GitTree(repository, base) as now, GitTree(repository, start) as before, GitTree(repository, head) as after:
        answers = _answers(now, after, catalogue, only, inner)
        pairs = [
            Changed(answer.found.challenge_name, _taken(before, answer.found), _present(after, answer, catalogue))
            for answer in answers
        ]
    return tuple(pair for pair in pairs if _differs(pair))


def _answers(base: Tree, after: Tree, catalogue: Catalogue, only: str | None, inner: str) -> list[_Answer]:
    """Return the answers that the base's configuration names or, without one, those that the base has and those that
    the change adds.
    """
    try:
        for configured in dict.fromkeys((inner, "")):
            if kind_of(base, joined(configured, FILE_NAME)) is not None:
                claims = [
                    folder for folder in _searched(base, configured, catalogue, only) if _is_below(folder.path, inner)
                ]
                return [_Answer(folder) for folder in claims or _in_doubt(base, catalogue, only, inner)]
    except Refused as refused:
        raise IntakeError(f"{base.origin}: the base {refused.what} {refused.refusal.remedy}") from None
    ours = {folder.challenge_name: folder for folder in _searched(base, inner, catalogue, only)}
    theirs = {folder.challenge_name: folder for folder in _searched(Unconfigured(after), inner, catalogue, only)}
    if not ours and not theirs:
        return [_Answer(folder) for folder in _in_doubt(after, catalogue, only, inner)]
    answers = []
    for name in sorted({*ours, *theirs}):
        places = list(dict.fromkeys(side[name] for side in (ours, theirs) if name in side))
        notices = (_moved(*places),) if len(places) > 1 else ()
        answers += [_Answer(folder, notices) for folder in places]
    return answers


def _searched(tree: Tree, inner: str, catalogue: Catalogue, only: str | None) -> list[AnswerFolder]:
    """Search a folder that the revision may lack; returned paths are relative to the revision's root."""
    try:
        if inner and kind_of(tree, inner) is not EntryKind.FOLDER:
            return []
    except Refused:
        return []
    found = search(below(tree, inner), catalogue, only=only)
    return [AnswerFolder(place.challenge_name, joined(inner, place.path)) for place in found]


def _in_doubt(tree: Tree, catalogue: Catalogue, only: str | None, inner: str) -> list[AnswerFolder]:
    """Take the folder as the answer to the named challenge. Raises IntakeError if no challenge is named."""
    if only is None:
        raise nothing_found(below(tree, inner), catalogue)
    return [AnswerFolder(catalogue.place(only).name, inner)]


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _moved(base: AnswerFolder, change: AnswerFolder) -> Finding:
    where, there = (shown(claim.path) or "the repository itself" for claim in (base, change))
    return Remark.MOVED.noted(
        f"The base answers {base.challenge_name} in {where}, and this change answers it in {there}: both are graded."
    )


def merge_base(repository: Path, one: str, other: str) -> str:
    """Return the commit at which two revisions diverged. Raises IntakeError."""
    for revision in (one, other):
        if revision.startswith("-") or not revision.isprintable() or not revision:
            raise IntakeError(f"{repository}@{revision}: this is not the name of a revision. Use a branch or a commit.")
    process = git_of(repository).start("merge-base", one, other)
    try:
        answer, _ = process.communicate(timeout=CAPS.git_seconds)
    except subprocess.TimeoutExpired:
        raise IntakeError(
            f"{repository}: git took too long to find where {other} branched off from {one}. Use a new, full clone."
        ) from None
    finally:
        end(process)
    if process.returncode != 0:
        raise IntakeError(
            f"{repository}: {one} and {other} have no common history here. Check that both exist, "
            "and fetch enough of their history (`fetch-depth: 0` in a GitHub checkout)."
        )
    return answer.decode("ascii").strip()


def _taken(tree: Tree, found: AnswerFolder) -> Taken | None:
    try:
        if found.path and kind_of(tree, found.path) is not EntryKind.FOLDER:
            return None
    except Refused:
        return None
    return replace(snapshot(below(tree, found.path)), root=tree.origin)


def _present(tree: Tree, answer: _Answer, catalogue: Catalogue) -> Taken:
    """Return the answer after the change: an empty one, not a missing one, if the change deleted the base's folder."""
    taken = _taken(tree, answer.found) or Submission(
        origin=f"{tree.origin}/{answer.found.path}", files=(), digest=digest(()), root=tree.origin
    )
    missing = remarks(tree, answer.found, catalogue)
    return replace(taken, notices=(*answer.notices, *missing, *taken.notices))


def _differs(pair: Changed) -> bool:
    if isinstance(pair.before, Submission) and isinstance(pair.after, Submission):
        return pair.before.digest != pair.after.digest
    return True  # a rejected one is always worth a word
