"""Submissions whose level is known before they are graded; `grader verify --only levels` checks a challenge's numbers
against them.

without_skill.patch, or a folder    works, and lacks the named skill: below Senior
slips/<slip>.patch, or a folder     somebody who has the skill slips once: Senior or above
voices/{junior,mid,senior}/         written from the brief alone, by somebody other than the suite's author

A patch changes the solution; its head says what is lacking, or where it slips. `grader flaw edit SLUG slips/NAME`
lays one out.
"""

from __future__ import annotations

from pathlib import Path

from grader.challenges.challenge import Challenge
from grader.challenges.flaws import SUFFIX, files_at
from grader.model import Level, Struct

WITHOUT_SKILL = "without_skill"
SLIPS = "slips"
VOICES = {f"voices/{name}": level for name, level in zip(("junior", "mid", "senior"), Level, strict=False)}


class Sample(Struct, frozen=True, kw_only=True):
    """A submission whose level is known."""

    name: str
    """The sample's name in the challenge, such as `slips/result_none`."""
    path: Path
    """The patch, or the folder."""


def samples(challenge: Challenge) -> tuple[Sample, ...]:
    """Return every sample that the challenge has."""
    return (*without_skill(challenge), *slips(challenge), *voices(challenge))


def without_skill(challenge: Challenge) -> tuple[Sample, ...]:
    """Return the submission that lacks the skill, if there is one."""
    return _present(challenge, WITHOUT_SKILL)


def slips(challenge: Challenge) -> tuple[Sample, ...]:
    """Return the slips, in name order."""
    paths = (challenge.folder / SLIPS).glob("[!._]*")
    names = {path.name.removesuffix(SUFFIX) for path in paths if path.is_dir() or path.name.endswith(SUFFIX)}
    return tuple(sample for name in sorted(names) for sample in _present(challenge, f"{SLIPS}/{name}"))


def voices(challenge: Challenge) -> tuple[Sample, ...]:
    """Return the voices that exist, lowest level first."""
    return tuple(sample for name in VOICES for sample in _present(challenge, name))


def laid_out(sample: Sample, challenge: Challenge) -> dict[str, str]:
    """Return the files of a sample, a text for each path. Raises ChallengeError."""
    return files_at(sample.path, challenge)


def _present(challenge: Challenge, name: str) -> tuple[Sample, ...]:
    paths = (challenge.folder / name, challenge.folder / f"{name}{SUFFIX}")
    return tuple(Sample(name=name, path=path) for path in paths if path.is_dir() or path.is_file())[:1]
