"""The journal: dated notes of what was learned and what to try, one file each, beside each skill's trend.

    format_version = 1
    date = 2026-11-30
    kind = "skill"                 # or monthly, annual
    skill = "Metaclasses"          # for kind "skill" only
    learned = "__set_name__ runs before __init_subclass__."
    to_try = "A second metaclass, and the conflict between the two."

Versions of the format: 1, the first.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from grader.model import Struct
from grader.portfolio.folder import PortfolioFolder, add_numbered, file_word
from grader.portfolio.strict import (
    FileProblem,
    PortfolioError,
    framework_skill,
    meant_skill,
    parsed_toml,
    problem_at,
    quoted,
    read_text,
)

Text = Annotated[str, msgspec.Meta(max_length=10_000)]


class EntryOccasion(StrEnum):
    """The occasions for an entry."""

    SKILL = "skill"
    MONTHLY = "monthly"
    ANNUAL = "annual"


class JournalEntry(Struct, frozen=True, kw_only=True):
    """The content of one file in `journal/`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    date: dt.date
    """The day on which it was written."""
    kind: EntryOccasion = EntryOccasion.SKILL
    """What it is about: a skill, or one of the regular reviews."""
    skill: str = ""
    """A skill of the framework; only for the kind `skill`."""
    learned: Text = ""
    """What was learned or achieved."""
    to_try: Text = ""
    """What to try next."""

    @property
    def words(self) -> str:
        """The note in one sentence, without its date."""
        said = [f"learned: {self.learned}"] if self.learned else []
        return "; ".join([*said, f"to try: {self.to_try}"] if self.to_try else said)


class Journal(NamedTuple):
    """The entries that could be read, oldest first, and what is wrong with the other files."""

    entries: tuple[JournalEntry, ...]
    problems: tuple[FileProblem, ...]

    def about(self, skill: str) -> tuple[JournalEntry, ...]:
        """Return the notes on a skill, oldest first."""
        return tuple(entry for entry in self.entries if entry.skill == skill)

    def last(self, occasion: EntryOccasion) -> JournalEntry | None:
        """Return the last entry about a regular review."""
        return next((entry for entry in reversed(self.entries) if entry.kind is occasion), None)


def read_journal(folder: PortfolioFolder) -> Journal:
    """Read every entry. Raises PortfolioError if the folder cannot be listed."""
    entries: list[JournalEntry] = []
    problems: list[FileProblem] = []
    for path in folder.listed(folder.journal, ".toml"):
        try:
            entries.append(read_entry(path))
        except PortfolioError as error:
            problems.append(error.problem)
    return Journal(tuple(sorted(entries, key=lambda entry: entry.date)), tuple(problems))


def read_entry(path: Path) -> JournalEntry:
    """Read one entry. Raises PortfolioError."""
    text = read_text(path)
    entry = parsed_toml(text, path, JournalEntry)
    if entry.kind is not EntryOccasion.SKILL:
        if entry.skill:
            raise problem_at(
                path, text, ("skill",), f"an entry of kind {entry.kind.value} cannot have a skill", "Remove the line"
            )
    elif framework_skill(entry.skill) != entry.skill:
        raise problem_at(
            path, text, ("skill",), f"the framework has no skill {entry.skill!r}", meant_skill(entry.skill)
        )
    if not (entry.learned.strip() or entry.to_try.strip()):
        raise problem_at(path, text, ("learned",), "the entry is empty", "Write `learned`, `to_try` or both")
    return entry


def write_entry(folder: PortfolioFolder, entry: JournalEntry) -> Path:
    """Add an entry in a file of its own. Raises PortfolioError."""
    lines = ["format_version = 1", f"date = {entry.date.isoformat()}", f"kind = {quoted(entry.kind.value)}"]
    lines += [f"skill = {quoted(entry.skill)}"] if entry.skill else []
    lines += [f"learned = {quoted(entry.learned)}"] if entry.learned else []
    lines += [f"to_try = {quoted(entry.to_try)}"] if entry.to_try else []
    stem = f"{entry.date.isoformat()}-{file_word(entry.skill or entry.kind.value)}"
    folder.create()
    return add_numbered(folder.journal, stem, ".toml", "\n".join(lines) + "\n")
