"""A cohort -> tasks. A task knows the content address of its result before anything is graded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.challenges.catalogue import Catalogue, CatalogueError
from grader.challenges.challenge import Challenge, ChallengeError
from grader.evidence.sandboxes import policy_for
from grader.harness import harness
from grader.intake import IntakeError, Rejected, open_tree, take_tree
from grader.intake.discovery import discover
from grader.model import Submission

IGNORED = (".git", "__pycache__", "node_modules", "venv")


class Entry(NamedTuple):
    """One candidate's folder, archive or repository."""

    name: str
    path: Path


class Task(NamedTuple):
    """One submission of one entry, and where its result belongs."""

    entry: Entry
    challenge: Challenge
    taken: Submission | Rejected
    key: str

    @property
    def name(self) -> str:
        """Unique in a cohort: `ada--metaclass_orm`."""
        return f"{self.entry.name}--{self.challenge.slug}"


class Unreadable(NamedTuple):
    """An entry in which nothing could be found to grade, and why."""

    entry: Entry
    why: str


def cohort(folder: Path) -> tuple[Entry, ...]:
    """The entries of a folder in name order: every folder and archive that is not hidden."""
    entries = []
    for path in sorted(folder.iterdir()):
        is_archive = path.is_file() and path.name.lower().endswith((".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz"))
        if (path.is_dir() or is_archive) and not path.name.startswith(".") and path.name not in IGNORED:
            entries.append(Entry(path.name, path))
    return tuple(entries)


def plan(
    entry: Entry, catalogue: Catalogue, *, only: str | None, backend: str, seed: int | None
) -> list[Task | Unreadable]:
    """The tasks of one entry. What cannot be read is said, not raised: one bad entry stops no cohort."""
    try:
        with open_tree(entry.path) as tree:
            places = discover(tree, catalogue, only=only)
            found = [(catalogue.find(place.challenge_name), take_tree(tree, place.path)) for place in places]
    except (IntakeError, CatalogueError, ChallengeError, OSError) as error:
        return [Unreadable(entry, str(error))]
    return [
        Task(entry, challenge, taken, address(taken, challenge, backend=backend, seed=seed))
        for challenge, taken in found
    ]


def address(taken: Submission | Rejected, challenge: Challenge, *, backend: str, seed: int | None) -> str:
    """The content address of a result: everything that decides it but the secret seed drawn for it."""
    content = taken.digest if isinstance(taken, Submission) else repr(taken.reasons)
    parts = (content, challenge.digest, harness().digest, backend, repr(policy_for(challenge)), repr(seed))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def tasks_of(
    entries: tuple[Entry, ...], catalogue: Catalogue, *, only: str | None, backend: str, seed: int | None
) -> Iterator[Task | Unreadable]:
    """Plan entry after entry, so that a large cohort is never in memory as a whole."""
    for entry in entries:
        yield from plan(entry, catalogue, only=only, backend=backend, seed=seed)
