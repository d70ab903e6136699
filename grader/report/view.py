"""How to show a report: who reads it, how wide it may be, whether it may have colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """The readers that a report can be shown to."""

    CANDIDATE = "candidate"
    """Promises and hints. No hidden test, no drawn input."""
    REVIEWER = "reviewer"
    """Everything that was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a renderer may know besides the report. `width` and `colour` matter only to a terminal."""

    audience: Audience = Audience.CANDIDATE
    width: int = 80
    colour: bool = False
    quiet: bool = False
    """In a terminal: score, rubric, and what comes first; not what was lost."""
    only: tuple[str, ...] = ()
    """In a terminal: ids of the criteria whose losses are shown; all if empty."""
    candidate: str = ""
    """Who handed it in, for the title of a page among others."""
    up: str = ""
    """The address of the page that links to this one."""
    base: str = ""
    """The folder that file names are relative to: where the repository is checked out."""
