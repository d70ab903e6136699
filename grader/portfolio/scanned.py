"""What `grader scan` found in the owner's code: evidence beside a self-rating, never a rating."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from grader import inputs
from grader.portfolio.scan.strength import WORDS
from grader.portfolio.strict import FileProblem, PortfolioError, framework_skill

LARGEST = 64 << 20


class SkillTrace(msgspec.Struct, frozen=True, kw_only=True):
    """How strongly the scanned code shows one skill. Nothing else in a scan is read here."""

    strength: Annotated[int, msgspec.Meta(ge=0, le=3)]
    places: tuple[msgspec.Raw, ...] = ()

    @property
    def words(self) -> str:
        """The strength and the number of places, in words."""
        count = len(self.places)
        where = f", {count} place{'s' if count != 1 else ''}" if count else ""
        return f"{WORDS[self.strength]}{where}"


class ScanFile(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `scan.json` that is read here."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    skills: dict[str, SkillTrace]


def read_scan(path: Path, *, required: bool = False) -> dict[str, SkillTrace]:
    """Return what a scan found for each skill; empty without a file, unless it is required. Raises PortfolioError."""
    if not required and not path.exists():
        return {}
    remedy = "Choose a file that `grader scan` wrote, or remove this one"
    try:
        content = inputs.read(path, most=LARGEST)
        scan = inputs.json(content, ScanFile)
    except OSError as error:
        raise PortfolioError(FileProblem(file=str(path), got=str(error.strerror), remedy=remedy)) from None
    except msgspec.DecodeError as error:
        got = f"it is not a scan of format version 1 ({error})"
        raise PortfolioError(FileProblem(file=str(path), got=got, remedy=remedy)) from None
    return {known: trace for name, trace in scan.skills.items() if (known := framework_skill(name)) is not None}
