"""Turns a cohort into tasks. A task knows the content address of its result before anything is graded."""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.assess.find import Assignment, find
from grader.challenges.catalogue import Catalogue
from grader.challenges.challenge import Challenge
from grader.errors import CannotMeasure, UserError
from grader.evidence.sandboxes import policy_for
from grader.harness import harness
from grader.intake import Rejected
from grader.intake.refusal import shown
from grader.intake.sources.archive import is_archive
from grader.model import Submission

IGNORED = ("__pycache__", "__MACOSX")
"""Folders that tools leave behind and nobody hands in on purpose."""
LONGEST = 160
"""The maximum number of bytes in a result's name: file systems allow 255, and suffixes are added."""


class CohortEntry(NamedTuple):
    """One candidate's folder, archive or repository."""

    name: str
    path: Path

    @property
    def title(self) -> str:
        """The name shown to people: printable, encodable and unique."""
        return shown(self.name.replace("\\", "\\\\"))


class Task(NamedTuple):
    """One submission of one entry, and where its result belongs."""

    entry: CohortEntry
    challenge: Challenge
    taken: Submission | Rejected
    key: str
    name: str
    """The name of the submission's files in a results folder, unique in a cohort, such as `ada--metaclass_orm`."""
    seed: int | None
    """The seed for everybody; None if each exam has a secret seed of its own."""

    @property
    def assignment(self) -> Assignment:
        """The submission to grade, identified by content alone: whoever hands in the same files gets the same
        result.
        """
        return Assignment(challenge=self.challenge, taken=replace(self.taken, notices=()))


class UnreadableEntry(NamedTuple):
    """An entry in which nothing could be graded, and the reason, with a trace if the fault is ours."""

    entry: CohortEntry
    why: str
    trace: str = ""
    is_unmeasured: bool = False
    """Whether the machine, the challenge or this product is to blame."""


def cohort(folder: Path) -> tuple[CohortEntry, ...]:
    """Return a folder's entries in name order: everything that is neither hidden nor in IGNORED, even if it cannot be
    read. Raises UserError.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise UserError(
            str(folder), str(error.strerror), "Choose a folder that contains one folder or archive per candidate"
        ) from None
    entries = tuple(
        CohortEntry(name, folder / name) for name in names if not name.startswith(".") and name not in IGNORED
    )
    if not entries:
        raise UserError(
            str(folder), "the folder contains no submissions", "Put each candidate's folder or archive into it"
        )
    return entries


def plan(
    entry: CohortEntry, catalogue: Catalogue, *, only: str | None, backend: str, seed: int | None
) -> list[Task | UnreadableEntry]:
    """Return the tasks of one entry. Unreadable input is reported, not raised: one bad entry must not stop a cohort."""
    try:
        assignments = find(_inside(entry.path), catalogue, only=only).each
    except (UserError, OSError) as error:
        return [UnreadableEntry(entry, str(error))]
    except CannotMeasure as error:
        return [UnreadableEntry(entry, str(error), is_unmeasured=True)]
    except Exception as error:  # a defect of ours that one entry has found
        return [fault(entry, error)]
    return [
        Task(
            entry,
            assignment.challenge,
            assignment.taken,
            address(assignment.taken, assignment.challenge, backend=backend, seed=seed),
            _name(entry, assignment.challenge, catalogue),
            seed,
        )
        for assignment in assignments
    ]


def fault(entry: CohortEntry, error: BaseException) -> UnreadableEntry:
    """Return an unforeseen exception as the outcome of one entry."""
    what = shown("".join(traceback.format_exception_only(error)).strip())
    trace = "".join(traceback.format_exception(error))
    return UnreadableEntry(entry, f"the grader failed: {what}", trace, is_unmeasured=True)


def address(taken: Submission | Rejected, challenge: Challenge, *, backend: str, seed: int | None) -> str:
    """Return a result's content address: a hash of everything that determines the result, except a secret seed."""
    parts = (taken.digest, challenge.digest, harness().digest, backend, repr(policy_for(challenge)), repr(seed))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def tasks_of(
    entries: Sequence[CohortEntry], catalogue: Catalogue, *, only: str | None, backend: str, seed: int | None
) -> Iterator[Task | UnreadableEntry]:
    """Yield the tasks of one entry after another, so that a large cohort is never in memory as a whole."""
    for entry in entries:
        yield from plan(entry, catalogue, only=only, backend=backend, seed=seed)


def file_name(*parts: str) -> str:
    """Join parts into a file name that every file system accepts; append a hash if a name had to be changed or cut."""
    whole = "--".join(parts)
    safe = "".join(character if character.isprintable() and character != "/" else "_" for character in whole)
    if safe == whole and len(whole.encode()) <= LONGEST:
        return whole
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:12]
    return f"{safe.encode()[:LONGEST].decode('utf-8', 'ignore')}--{digest}"


def _name(entry: CohortEntry, challenge: Challenge, catalogue: Catalogue) -> str:
    alike = sum(place.slug == challenge.slug for place in catalogue.places) > 1
    return file_name(entry.name, *([challenge.area.value] if alike else []), challenge.slug)


def _inside(path: Path) -> Path:
    """Return the path to open for an entry: its own, or that of the only thing in it if that is an archive, as in
    exports from learning platforms.
    """
    if path.is_symlink():
        raise UserError(
            shown(str(path)),
            "this is a symbolic link, which may lead anywhere",
            "Replace it with the folder or archive itself",
        )
    if path.is_file() and not is_archive(path):
        raise UserError(
            shown(str(path)),
            "this is neither a folder nor a supported archive",
            "Put the candidate's files into a folder, a .zip file or a .tar.gz file",
        )
    if not path.is_dir():
        return path
    inside = [entry for entry in path.iterdir() if not entry.name.startswith(".") and entry.name not in IGNORED]
    if len(inside) == 1 and is_archive(inside[0]) and inside[0].is_file() and not inside[0].is_symlink():
        return inside[0]
    return path
