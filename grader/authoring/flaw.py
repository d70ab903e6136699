"""A known mistake or a sample, laid out as a folder for editing and written back as a patch.

CRITERION/MISTAKE    flawed/CRITERION/MISTAKE.patch
slips/SLIP           slips/SLIP.patch
without_skill        without_skill.patch
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.flaws import LOSES, SUFFIX, described, files_at, parsed_head, patch_of, texts
from grader.challenges.samples import SLIPS, WITHOUT_SKILL
from grader.errors import UserError

HEAD = "MISTAKE.txt"
"""The file in a laid-out folder that holds the description and the `loses:` line."""
OLD = "OLD.patch"
"""The file in a laid-out folder that holds the old patch if it no longer applies."""
INVITATION = "Say here what people get wrong, in one sentence.\n"


class FlawError(UserError):
    """The mistake cannot be laid out or written back. The message says where, what and what to do."""


def lay_out(challenge: Challenge, name: str, folder: Path) -> str:
    """Write the mistake's files into a new folder; a new mistake starts as a copy of the solution. Raises FlawError.

    If the old patch no longer applies, return the reason; the folder then holds the solution and the patch.
    """
    path = _path_of(challenge, name)
    problem, head = "", INVITATION
    files: Mapping[str, str] = texts(challenge.folder / "solution")
    if path.is_file() or path.with_suffix("").is_dir():
        there = path if path.is_file() else path.with_suffix("")
        head = _head(there)
        try:
            files = {own: text for own, text in files_at(there, challenge).items() if own != LOSES}
        except ChallengeError as error:
            problem = str(error)
            files = {**files, OLD: path.read_text(encoding="utf-8")}
    _write(folder, {**files, HEAD: head})
    return problem


def write_back(challenge: Challenge, name: str, folder: Path) -> Path:
    """Write the patch from a laid-out folder, and return its path. Raises FlawError."""
    laid = texts(folder)
    description, also = parsed_head(laid.pop(HEAD, ""))
    laid.pop(OLD, None)
    solution = texts(challenge.folder / "solution")
    if laid == solution:
        raise FlawError(
            f"{folder} still contains the unchanged solution. Make the mistake, then run this command again."
        )
    if not description or description == INVITATION.strip():
        raise FlawError(
            f"{folder / HEAD} does not say what people get wrong. Add a sentence, then run this command again."
        )
    path = _path_of(challenge, name)
    _write(path.parent, {path.name: patch_of(description, also, solution, laid)})
    shutil.rmtree(path.with_suffix(""), ignore_errors=True)  # the same mistake, when it was a folder
    return path


def _path_of(challenge: Challenge, name: str) -> Path:
    """Return the path of the patch of that name, which may not exist yet."""
    criterion, _, mistake = name.partition("/")
    if name == WITHOUT_SKILL or criterion == SLIPS:
        return challenge.folder / f"{name}{SUFFIX}"
    known = [criterion.id for criterion in challenge.manifest.criteria]
    if criterion not in known:
        raise FlawError(
            f"{criterion!r} is not a criterion of {challenge.name}. "
            f"Use one of these: {', '.join(known)}; or name the mistake {SLIPS}/NAME or {WITHOUT_SKILL}."
        )
    return challenge.folder / "flawed" / criterion / f"{mistake}{SUFFIX}"


def _head(path: Path) -> str:
    description, also = described(path)
    named = f"\nloses: {', '.join(also)}\n" if also else ""
    return (f"{description}\n" if description else INVITATION) + named


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise FlawError(f"{folder}: {error.strerror}. Choose a folder that you can write to.") from None
