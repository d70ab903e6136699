"""Settings for showing a report: who reads it, how wide it may be, and whether it may have colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """The readers that a report can be shown to."""

    CANDIDATE = "candidate"
    """Promises and hints, but no hidden tests and no drawn inputs."""
    REVIEWER = "reviewer"
    """Everything that was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The settings of a renderer. `width` and `colour` matter only to a terminal."""

    audience: Audience = Audience.CANDIDATE
    width: int = 80
    colour: bool = False
    quiet: bool = False
    """In a terminal: show only the score, shared causes and the rubric, not the losses."""
    only: tuple[str, ...] = ()
    """In a terminal: the ids of the criteria whose losses are shown; empty for all criteria."""
    candidate: str = ""
    """The name of whoever handed in the submission, for the title of a page that is one of several."""
    up: str = ""
    """The address of the page that links to this one."""
    up_title: str = "The whole cohort"
    """What that page is called."""
    base: str = ""
    """The folder that file names are relative to: where the repository is checked out."""
